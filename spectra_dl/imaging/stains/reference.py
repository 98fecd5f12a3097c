"""What every normalisation of stains shares: optical densities, and the reference stain that tiles are brought to."""

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray
from spectra_dl.imaging.image import Pixels

#: (3, 2): haematoxylin and eosin as optical densities of red, green and blue
Stains: TypeAlias = NDArray[np.float64]

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


def normalised_by(
    tile: Pixels,
    stains_of: Callable[[FloatArray], Stains | None],
    amounts_of: Callable[[FloatArray, Stains], FloatArray],
) -> Pixels:
    """Return a tile as it would look in the reference stain.

    Parameters
    ----------
    tile
        ``(height, width, 3)`` uint8, red, green and blue.
    stains_of
        Finds the stains of pixels ``(k, 3)`` that are no glass; None where there is one only.
    amounts_of
        Finds how much ``(n, 2)`` of the stains is in pixels ``(n, 3)``.

    Returns
    -------
    Pixels
        Of the same shape. A tile whose stains can't be found is returned as it is: less than 2 % of it is stained, or it has one colour only.
    """
    density = densities(tile)
    stained = stained_pixels(density)
    stains = None if stained is None else stains_of(stained)
    return tile if stains is None else _in_reference(tile, amounts_of(density, stains))


def _in_reference(tile: Pixels, amount: FloatArray) -> Pixels:
    """Return a tile put together again in the reference stain from amounts ``(n, 2)``, as it is where a stain is nowhere."""
    strongest = np.percentile(amount, _STRONGEST, axis=0)
    if (strongest <= 0).any():
        return tile
    light = _WHITE * np.exp(-(amount * (_REFERENCE_AMOUNT / strongest)) @ _REFERENCE.T)
    pixels: Pixels = np.clip(light, 0, 255).astype(np.uint8).reshape(tile.shape)
    return pixels
