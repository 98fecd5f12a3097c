"""The noise of a spectrum, and stretches of points."""

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray, median

BoolArray = NDArray[np.bool_]

#: Median size of second differences of independent noise of standard deviation 1.
MEDIAN_BEND = 0.6745 * 6.0**0.5


def noise_scale(bend: FloatArray) -> FloatArray:
    """Return the standard deviation of the noise along the last axis of ``bend``, second differences of spectra.

    Second differences hardly see bands of 5 points and more, and the median not the steep ones that are left.
    """
    scale: FloatArray = median(np.abs(bend)) / MEDIAN_BEND
    return scale


def average_reach(n_points: int) -> int:
    """Return how many points on each side the moving average takes whose remainder says which way bands point: a twelfth in all."""
    return max(n_points // 24, 2)


def stretches(mask: BoolArray) -> list[tuple[int, int]]:
    """Return first position and end (behind the last) of each stretch of True.

    >>> stretches(np.array([True, False, True, True]))
    [(0, 1), (2, 4)]
    """
    edges = np.flatnonzero(np.diff(np.concatenate(([0], mask.view(np.int8), [0]))))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


def longest_run(mask: BoolArray) -> int:
    """Return the length of the longest stretch of True."""
    return max((end - first for first, end in stretches(mask)), default=0)
