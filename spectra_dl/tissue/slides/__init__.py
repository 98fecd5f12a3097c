"""Whole slides cut into images: annotations, and the tiles that lie inside them or on tissue."""
