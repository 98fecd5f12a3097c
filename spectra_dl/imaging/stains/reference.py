"""What every normalisation of stains shares: optical densities, and the reference stain that tiles are brought to."""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray
from spectra_dl.imaging.image import Pixels

Stains: TypeAlias = NDArray[
    np.float64
]  # (3, 2): haematoxylin and eosin as optical densities of red, green and blue

_WHITE, _LEAST_DENSITY, _LEAST_SHARE, _STRONGEST = 240.0, 0.15, 0.02, 99.0
# The stains, and their strongest amounts, of the slides that the normalised images of Macenko et al. 2009 are brought to.
_REFERENCE = np.array([[0.5626, 0.2159], [0.7201, 0.8012], [0.4062, 0.5581]])
_REFERENCE_AMOUNT = np.array([1.9705, 1.0308])


def densities(tile: Pixels) -> FloatArray:
    """Return the optical densities ``(n, 3)`` of all pixels of a tile ``(h, w, 3)``."""
    density: FloatArray = -np.log((tile.reshape(-1, 3).astype(np.float64) + 1.0) / _WHITE)
    return density


def stained_pixels(density: FloatArray) -> FloatArray | None:
    """Return the densities ``(k, 3)`` of pixels that are no glass; None where less than 2 % of ``(n, 3)`` are."""
    stained = density[(density >= _LEAST_DENSITY).all(axis=1)]
    return stained if len(stained) >= max(3, _LEAST_SHARE * len(density)) else None


def in_reference(tile: Pixels, amount: FloatArray) -> Pixels:
    """Return a tile put together again in the reference stain, as it is where a stain is nowhere.

    Parameters
    ----------
    tile
        ``(h, w, 3)`` uint8.
    amount
        ``(h w, 2)`` of haematoxylin and eosin in each pixel.
    """
    strongest = np.percentile(amount, _STRONGEST, axis=0)
    if (strongest <= 0).any():
        return tile
    light = _WHITE * np.exp(-(amount * (_REFERENCE_AMOUNT / strongest)) @ _REFERENCE.T)
    pixels: Pixels = np.clip(light, 0, 255).astype(np.uint8).reshape(tile.shape)
    return pixels
