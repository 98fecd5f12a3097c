"""The ROC curve, exact and short."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray


@dataclass(frozen=True, eq=False)
class RocCurve:
    """What a threshold can reach.

    Attributes
    ----------
    name
        The class that is looked for.
    false_positive_rate, sensitivity
        ``(k,)`` from (0, 0) to (1, 1); straight lines join them.
    """

    name: str
    false_positive_rate: FloatArray
    sensitivity: FloatArray


def roc_curve(name: str, is_positive: NDArray[np.bool_], score: FloatArray) -> RocCurve:
    """Return the curve's corners only: points on a straight line between others are left out, and nothing is lost.

    Equal scores are one step, so the area below the curve is the AUC with ties counting half. NaN without both classes.

    Parameters
    ----------
    name
        The class's.
    is_positive, score
        ``(m,)``: whether the patient is of the class, and its score.

    Examples
    --------
    >>> curve = roc_curve("sick", np.array([True, True, False]), np.array([0.9, 0.8, 0.1]))
    >>> curve.false_positive_rate.tolist(), curve.sensitivity.tolist()
    ([0.0, 0.0, 1.0], [0.0, 1.0, 1.0])
    """
    _, step = np.unique(-score, return_inverse=True)
    counts = np.zeros((int(step.max()) + 2, 2), dtype=np.int64)
    np.add.at(counts, (step + 1, np.asarray(is_positive, dtype=np.intp)), 1)
    corners = np.cumsum(counts, axis=0)  # (steps + 1, 2): false and true positives
    before, after = np.diff(corners[:-1], axis=0), np.diff(corners[1:], axis=0)
    turns = before[:, 0] * after[:, 1] != before[:, 1] * after[:, 0]  # in whole numbers, so exact
    corners = corners[np.concatenate([[True], turns, [True]])]
    total = corners[-1]
    share = np.divide(corners, total, out=np.full(corners.shape, np.nan), where=total > 0)
    return RocCurve(name, share[:, 0], share[:, 1])
