"""Memory that whole groups of lanes may be loaded from."""

import numpy as np

from spectra_dl.arrays import FloatArray
from spectra_dl.spectra.compiler.simd import LANES


def aligned_empty(length: int) -> FloatArray:
    """Return room for numbers that starts where a whole group of lanes may be loaded at once; what stands in it is undefined.

    Parameters
    ----------
    length
        How many.
    """
    raw = np.empty(length + LANES)
    start = -raw.ctypes.data // raw.itemsize % LANES
    return raw[start : start + length]


def aligned_zeros(length: int) -> FloatArray:
    """Return zeros that start where a whole group of lanes may be loaded at once.

    Parameters
    ----------
    length
        How many.
    """
    zeros = aligned_empty(length)
    zeros.fill(0.0)
    return zeros
