"""Types of arrays that every room uses."""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IndexArray = NDArray[np.intp]
TextArray = NDArray[np.object_]
Texts = Sequence[str] | NDArray[np.object_] | NDArray[np.str_]


def text_array(values: Iterable[object]) -> TextArray:
    """Return ``values`` as a one-dimensional object array of str, so that no id is ever a number."""
    return np.array([str(value) for value in values], dtype=object)
