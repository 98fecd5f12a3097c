"""Simulated studies of several kinds of signal, the best patient AUC of each known."""
