"""A fixed tile whose features are stored in a model, so that a changed encoder is noticed."""

from collections.abc import Sequence

import numpy as np

from spectra_dl.imaging.image import Pixels

_TOLERANCE = 1e-4


def reference_tile(side: int) -> Pixels:
    """Return a tile ``(side, side, 3)`` with stripes and dots in the colours of haematoxylin and eosin, computed from whole numbers only."""
    row, column = np.mgrid[:side, :side]
    nucleus = (row * 7 + column * 13) % 29 < 9
    fibre = (row // 8 + column // 3) % 2 == 0
    tile = np.where(fibre[..., None], (226, 160, 196), (240, 214, 230))
    return np.where(nucleus[..., None], (96, 62, 140), tile).astype(np.uint8)


def same_features(first: Sequence[float], second: Sequence[float]) -> bool:
    """Compare the features that two encoders give of the reference tile.

    Parameters
    ----------
    first, second
        Each encoder's features, of any length.

    Returns
    -------
    bool
        Whether they have one length and agree within 1e-4, relative or absolute.
    """
    return len(first) == len(second) and bool(np.allclose(first, second, rtol=_TOLERANCE, atol=_TOLERANCE))
