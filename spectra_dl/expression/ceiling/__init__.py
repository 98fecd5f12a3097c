"""How well any model could predict these counts, were its rates perfect."""

from spectra_dl.expression.ceiling.noise_ceiling import noise_ceiling

__all__ = ["noise_ceiling"]
