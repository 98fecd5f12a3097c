"""A study of images of tissue whose classes are known."""
