"""Models of images in scikit-learn's shape, on features of frozen encoders."""
