"""A section of tissue on the page: what was read of it, and maps of its genes."""
