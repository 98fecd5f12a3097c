"""Sections and predictions of them, as tests need them."""
