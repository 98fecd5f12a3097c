"""A cheap model for checks that fit hundreds of times: ridge regression on binned shapes of the rows."""

import numpy as np

from spectra_dl.arrays import FloatArray, IndexArray
from spectra_dl.evaluation.patients import Patients

_MOST_BINS = 100
_PENALTY = 0.01  # per training row; the columns are standardised


def binned_shape(rows: FloatArray) -> FloatArray:
    """Return each row as at most 100 means of neighbouring columns, ``(n, k)``, less their mean and divided by their spread."""
    parts = np.array_split(rows, min(_MOST_BINS, rows.shape[1]), axis=1)
    means = np.stack([part.mean(axis=1) for part in parts], axis=1)
    centred = means - means.mean(axis=1, keepdims=True)
    spread = centred.std(axis=1, keepdims=True)
    shape: FloatArray = centred / np.where(spread > 0, spread, 1.0)
    return shape


def ridge_scores(
    features: FloatArray,
    target: FloatArray,
    train: IndexArray,
    test: IndexArray,
    weight: FloatArray | None = None,
) -> FloatArray:
    """Return what a ridge regression fitted on ``train`` says of ``test``.

    Parameters
    ----------
    features
        ``(n, k)``; standardised by the training rows.
    target
        ``(n, t)``: all targets are fitted at once.
    weight
        ``(n,)`` of the rows; equal if None.

    Returns
    -------
    scores
        ``(len(test), t)``.
    """
    weights = np.ones(len(train)) if weight is None else weight[train] * len(train) / weight[train].sum()
    centre = np.average(features[train], axis=0, weights=weights)
    spread = features[train].std(axis=0)
    standard = (features - centre) / np.where(spread > 0, spread, np.inf)
    middle = np.average(target[train], axis=0, weights=weights)
    weighted = standard[train].T * weights  # (k, train)
    gram = weighted @ standard[train] + _PENALTY * len(train) * np.eye(features.shape[1])
    slope = np.linalg.solve(gram, weighted @ (target[train] - middle))
    scores: FloatArray = standard[test] @ slope + middle
    return scores


def patient_means(values: FloatArray, patients: Patients) -> FloatArray:
    """Return each patient's mean of ``(n, k)`` values, ``(m, k)``.

    Parameters
    ----------
    values
        ``(n, k)``.
    patients
        Whose each row is.
    """
    sums = np.stack([np.bincount(patients.of_row, column) for column in values.T], axis=1)
    means: FloatArray = sums / patients.rows_of_patient[:, None]
    return means
