"""Predictions in the formats of other programs, each file whole or not there."""
