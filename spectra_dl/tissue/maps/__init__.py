"""Slides of predicted images: maps, and objects for QuPath."""
