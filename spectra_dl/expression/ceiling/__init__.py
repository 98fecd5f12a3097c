"""The noise ceiling: the correlation that a perfect model of the rates would reach."""

from spectra_dl.expression.ceiling.noise_ceiling import noise_ceiling

__all__ = ["noise_ceiling"]
