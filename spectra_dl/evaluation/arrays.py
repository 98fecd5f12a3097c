"""The arrays this room speaks of."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IndexArray = NDArray[np.intp]
Texts = Sequence[str] | NDArray[np.object_] | NDArray[np.str_]
