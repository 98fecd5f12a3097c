"""Fusions that predict a number or the time to an event, as a model file holds them."""
