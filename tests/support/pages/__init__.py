"""Reports and their pages, for tests of what a reader sees."""
