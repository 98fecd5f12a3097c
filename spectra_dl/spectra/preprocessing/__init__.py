"""Ordered cleaning steps, fitted on training rows and stored in the model file."""
