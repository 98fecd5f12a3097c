"""The rows an ensemble is trained on, whatever they are, with class and patient of each."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import TextArray
from spectra_dl.evaluation.rows import Rows


@dataclass(frozen=True, eq=False)
class TrainingData:
    """Rows with the class and patient of each.

    Attributes
    ----------
    rows
        See `Rows`.
    label, patient
        ``(n,)`` text.
    target
        ``(n,)`` int64, the class's number.
    n_classes
        How many classes there are.
    """

    rows: Rows
    label: TextArray
    patient: TextArray
    target: NDArray[np.int64]
    n_classes: int
