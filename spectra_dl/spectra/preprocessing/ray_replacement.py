"""Replace rays, whatever finds them, by the straight line between their neighbours."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray

BoolArray = NDArray[np.bool_]

# Rays side by side hide each other: the outer ones go first, the inner ones in the next pass.
_PASSES = 4


def replaced_rays(
    intensity: FloatArray, find: Callable[[FloatArray], BoolArray]
) -> tuple[FloatArray, BoolArray]:
    """Return spectra without the rays that are found in them, and which points were replaced.

    Parameters
    ----------
    intensity
        ``(n, p)`` float64, finite; not changed.
    find
        Returns where spectra ``(k, p)`` hold a ray, as a mask of their shape.

    Returns
    -------
    tuple
        The spectra, and which points were replaced, both ``(n, p)``.
    """
    cleaned = intensity.copy()
    replaced = np.zeros(intensity.shape, dtype=np.bool_)
    rows = np.arange(len(intensity))
    for _ in range(_PASSES):
        rays = find(cleaned[rows] if len(rows) < len(cleaned) else cleaned)
        hit = rays.any(axis=1)
        rows, rays = rows[hit], rays[hit]
        if not rows.size:
            break
        for row, mask in zip(rows, rays, strict=True):
            replaced[row] |= mask
            stays = ~replaced[row]
            cleaned[row, replaced[row]] = np.interp(
                np.flatnonzero(replaced[row]), np.flatnonzero(stays), intensity[row, stays]
            )
    return cleaned, replaced
