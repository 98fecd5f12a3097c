"""Commands on studies of several blocks."""
