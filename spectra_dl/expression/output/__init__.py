"""Predicted expression as files of other programs."""
