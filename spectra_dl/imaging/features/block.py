"""What each stretch of a table of features is."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Features = NDArray[np.float32]


@dataclass(frozen=True)
class FeatureBlock:
    """What one encoder says of tiles of one size.

    Attributes
    ----------
    encoder
        Its name.
    size_um
        The tile's side; NaN where it is not known.
    width
        How many numbers.
    calibration
        What the encoder says of the calibration tile; empty where it is not known.
    """

    encoder: str
    size_um: float
    width: int
    calibration: tuple[float, ...] = ()
