"""Memory that whole groups of lanes may be loaded from."""

import numpy as np

from spectra_dl.arrays import FloatArray
from spectra_dl.spectra.compiler.simd import LANES


def aligned_zeros(length: int) -> FloatArray:
    """Return zeros that start where a whole group of lanes may be loaded at once.

    Parameters
    ----------
    length
        How many.
    """
    raw = np.zeros(length + LANES)
    start = -raw.ctypes.data // raw.itemsize % LANES
    return raw[start : start + length]
