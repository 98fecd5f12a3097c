"""A fixed image whose features a model remembers, so that an encoder that changed is noticed."""

from collections.abc import Sequence

import numpy as np

from spectra_dl.imaging.image import Pixels

_TOLERANCE = 1e-4


def calibration_tile(side: int) -> Pixels:
    """Return a tile ``(side, side, 3)`` with stripes and dots in the colours of haematoxylin and eosin, made of whole numbers only."""
    row, column = np.mgrid[:side, :side]
    nucleus = (row * 7 + column * 13) % 29 < 9
    fibre = (row // 8 + column // 3) % 2 == 0
    tile = np.where(fibre[..., None], (226, 160, 196), (240, 214, 230))
    return np.where(nucleus[..., None], (96, 62, 140), tile).astype(np.uint8)


def same_features(one: Sequence[float], other: Sequence[float]) -> bool:
    """Say whether two encoders agree on the calibration tile, up to rounding."""
    return len(one) == len(other) and bool(np.allclose(one, other, rtol=_TOLERANCE, atol=_TOLERANCE))
