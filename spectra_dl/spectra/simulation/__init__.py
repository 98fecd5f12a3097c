"""A simulated serum study whose best possible AUC is known."""

from spectra_dl.deprecation import moved_names

__getattr__ = moved_names(__name__)
