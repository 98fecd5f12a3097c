"""From a classifier's distances to probabilities, by a curve that never reverses what the classifier says."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, clone
from sklearn.linear_model import LogisticRegression

from spectra_dl.arrays import FloatArray, IndexArray
from spectra_dl.evaluation.folds.splits import Fold


def rising_curve(distance: FloatArray, label: NDArray[Any]) -> LogisticRegression:
    """Return the logistic curve (Platt 1999) of distances in which none makes its own class less likely.

    Where few patients would have a class the less likely the larger its own distance, this distance is left out: the curve would
    reverse what the classifier says of new patients.

    Parameters
    ----------
    distance
        ``(n, 1)`` of the second of two classes, or ``(n, c)`` of each, from classifiers that never saw the patient.
    label
        ``(n,)`` classes.
    """
    kept = np.ones(distance.shape[1], dtype=bool)
    while True:
        # A column of zeros gets a slope of exactly zero.
        curve = LogisticRegression(C=1e3, max_iter=1000).fit(np.where(kept, distance, 0.0), label)
        falling = np.diag(curve.coef_) < 0
        if not falling.any():
            return curve
        kept &= ~falling


def left_out_distances(
    estimator: BaseEstimator, take: Callable[[IndexArray], Any], label: NDArray[Any], folds: Sequence[Fold]
) -> FloatArray:
    """Return distances ``(n, 1)`` or ``(n, c)`` of rows by copies of a classifier that were fitted on the other folds.

    Parameters
    ----------
    estimator
        With ``decision_function``, unfitted.
    take
        Returns rows by their numbers.
    label
        ``(n,)`` classes, two or more.
    folds
        Of the rows, each tested once.
    """
    n_classes = len(np.unique(label))
    distance = np.empty((len(label), 1 if n_classes == 2 else n_classes))
    for fold in folds:
        inner = clone(estimator).fit(take(fold.train), label[fold.train])
        distance[fold.test] = distance_columns(inner.decision_function(take(fold.test)))
    return distance


def distance_columns(distance: FloatArray) -> FloatArray:
    """Return distances as ``(n, 1)`` for two classes, ``(n, c)`` for more."""
    return distance.reshape(len(distance), -1)
