"""SpatialData folders: an image, the shapes of spots or cells on it, and a table of their counts."""
