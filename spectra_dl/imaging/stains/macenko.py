"""Stain normalisation after Macenko: each tile as if one laboratory had stained it.

Macenko et al. 2009, doi 10.1109/ISBI.2009.5193250. Nothing is fitted on other tiles, so nothing crosses from one patient to another.
"""

import numpy as np

from spectra_dl.arrays import FloatArray
from spectra_dl.imaging.image import Pixels
from spectra_dl.imaging.stains.reference import Stains, normalised_by

_PERCENTILE, _LEAST_ANGLE = 1.0, np.deg2rad(2.0)


def normalised(tile: Pixels) -> Pixels:
    """Return a tile as it would look in the reference stain; see `spectra_dl.imaging.stains.reference.normalised_by`.

    Examples
    --------
    >>> import numpy as np
    >>> glass = np.full((8, 8, 3), 243, dtype=np.uint8)
    >>> bool((normalised(glass) == glass).all())
    True
    """
    return normalised_by(tile, macenko_stains, _amounts)


def _amounts(density: FloatArray, stains: Stains) -> FloatArray:
    amounts: FloatArray = density @ np.linalg.pinv(stains).T
    return amounts


def macenko_stains(stained: FloatArray) -> Stains | None:
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
