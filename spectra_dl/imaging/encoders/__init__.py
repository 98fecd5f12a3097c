"""Encoders, which turn tiles into features."""
