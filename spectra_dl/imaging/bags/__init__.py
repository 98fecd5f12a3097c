"""Bags of images, and networks that pool each to one answer, whatever is asked of it."""
