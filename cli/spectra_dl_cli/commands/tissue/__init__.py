"""Commands on images of tissue with classes."""
