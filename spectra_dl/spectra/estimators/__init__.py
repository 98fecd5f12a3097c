"""Models of spectra in scikit-learn's shape."""
