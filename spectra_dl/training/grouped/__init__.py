"""Several networks of one architecture trained as one, each on rows of its own: the same steps in larger and fewer operations."""
