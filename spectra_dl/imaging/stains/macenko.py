"""Stain normalisation after Macenko: each tile as if one laboratory had stained it.

Macenko et al. 2009, doi 10.1109/ISBI.2009.5193250. Nothing is fitted on other tiles, so nothing crosses from one patient to another.
"""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from spectra_dl.imaging.image import Pixels

Stains: TypeAlias = NDArray[np.float64]

_WHITE, _LEAST_DENSITY, _PERCENTILE = 240.0, 0.15, 1.0
_LEAST_SHARE, _LEAST_ANGLE = 0.02, np.deg2rad(2.0)
# Haematoxylin and eosin as optical densities of red, green and blue, and their strongest amounts, in the slides that the authors' normalised
# images are brought to.
_REFERENCE = np.array([[0.5626, 0.2159], [0.7201, 0.8012], [0.4062, 0.5581]])
_REFERENCE_AMOUNT = np.array([1.9705, 1.0308])


def normalised(tile: Pixels) -> Pixels:
    """Return a tile as it would look in the reference stain.

    Parameters
    ----------
    tile
        ``(height, width, 3)`` uint8, red, green and blue.

    Returns
    -------
    Pixels
        Of the same shape. A tile whose stains can't be found is returned as it is: less than 2 % of it is stained, or it has one colour only.

    Examples
    --------
    >>> import numpy as np
    >>> glass = np.full((8, 8, 3), 243, dtype=np.uint8)
    >>> bool((normalised(glass) == glass).all())
    True
    """
    density = -np.log((tile.reshape(-1, 3).astype(np.float64) + 1.0) / _WHITE)
    stained = density[(density >= _LEAST_DENSITY).all(axis=1)]
    if len(stained) < max(3, _LEAST_SHARE * len(density)):
        return tile
    stains = _stains(stained)
    if stains is None:
        return tile
    amount = density @ np.linalg.pinv(stains).T
    strongest = np.percentile(amount, 100 - _PERCENTILE, axis=0)
    if (strongest <= 0).any():
        return tile
    light = _WHITE * np.exp(-(amount * (_REFERENCE_AMOUNT / strongest)) @ _REFERENCE.T)
    pixels: Pixels = np.clip(light, 0, 255).astype(np.uint8).reshape(tile.shape)
    return pixels


def _stains(stained: NDArray[np.float64]) -> Stains | None:
    """Return ``(3, 2)`` the optical densities of haematoxylin and eosin; None where a tile has one stain only.

    Parameters
    ----------
    stained
        ``(k, 3)`` optical densities of pixels that are no glass.
    """
    plane = np.linalg.eigh(np.cov(stained.T))[1][:, 1:]
    inside = stained @ plane
    # Angles count from the mean, since an eigenvector's sign is arbitrary and angles from an axis may wrap around.
    middle = np.arctan2(*inside.mean(axis=0)[::-1])
    angle = (np.arctan2(*inside.T[::-1]) - middle + np.pi) % (2 * np.pi) - np.pi
    low, high = np.percentile(angle, [_PERCENTILE, 100 - _PERCENTILE])
    if high - low < _LEAST_ANGLE:
        return None
    ends: Stains = plane @ np.array(
        [np.cos(middle + np.array([low, high])), np.sin(middle + np.array([low, high]))]
    )
    return ends if ends[0, 0] > ends[0, 1] else ends[:, ::-1]
