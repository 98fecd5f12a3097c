"""Blocks of columns in a table of features."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Features = NDArray[np.float32]


@dataclass(frozen=True)
class FeatureBlock:
    """The columns that one encoder gives for tiles of one size.

    Attributes
    ----------
    encoder
        Its name.
    size_um
        The tile's side in µm; NaN where it is not known.
    width
        The number of features.
    reference_features
        The encoder's features of the reference tile, ``width`` of them; empty where they are not known.
    """

    encoder: str
    size_um: float
    width: int
    reference_features: tuple[float, ...] = ()
