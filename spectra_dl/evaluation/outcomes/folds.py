"""Folds of patients with a number each: every fold has low and high ones."""

from collections.abc import Sequence

import numpy as np

from spectra_dl.arrays import FloatArray, IndexArray, Texts, text_array
from spectra_dl.errors import DataError, UsageError
from spectra_dl.evaluation.folds.splits import Fold, assign_folds, folds_from

FEWEST_IN_FOLD = 3  # a rank correlation of two is 1 or -1
_INNER_FOLDS = 4


def outcome_folds(
    value: FloatArray, of_row: IndexArray, *, folds: int = 5, repeats: int = 1, seed: int = 0
) -> list[Fold]:
    """Divide rows by patient: neighbours in the order of the numbers go to different folds.

    Parameters
    ----------
    value
        ``(m,)`` each patient's number.
    of_row
        ``(n,)`` number of each row's patient.
    folds
        How many parts.
    repeats
        How many independent divisions.
    seed
        Of the divisions.

    Raises
    ------
    UsageError
        ``folds`` or ``repeats`` out of range.
    DataError
        A fold would have fewer than three patients.

    Examples
    --------
    >>> value, of_row = np.array([5.0, 1.0, 4.0, 2.0, 6.0, 3.0]), np.arange(6)
    >>> [sum(value[fold.test] <= 2) for fold in outcome_folds(value, of_row, folds=2)]  # one of 1 and 2 in each
    [np.int64(1), np.int64(1)]
    """
    if folds < 2 or repeats < 1:
        raise UsageError(f"folds={folds}, repeats={repeats}: at least 2 folds and 1 repeat are needed")
    if len(value) < FEWEST_IN_FOLD * folds:
        raise DataError(
            f"too few patients for {folds} folds: {len(value)}, and each fold needs {FEWEST_IN_FOLD}; take fewer folds or more patients"
        )
    rank = np.empty(len(value), dtype=np.intp)
    rank[np.argsort(value, kind="stable")] = np.arange(len(value))
    return [
        fold
        for repeat in range(repeats)
        for fold in folds_from(assign_folds(rank // folds, folds, (seed, repeat))[of_row], repeat, folds)
    ]


def inner_outcome_folds(
    target: FloatArray, groups: Texts | Sequence[str], seed: int, *, most: int = _INNER_FOLDS
) -> list[Fold]:
    """Divide training rows by patient, for what is chosen inside a fold: fewer folds with few patients, none with fewer than four.

    Parameters
    ----------
    target
        ``(n,)`` number of each row.
    groups
        ``(n,)`` patients.
    seed
        Of the division.
    most
        Folds, where there are two patients for each.
    """
    _, first, of_row = np.unique(text_array(groups), return_index=True, return_inverse=True)
    value = np.asarray(target, dtype=np.float64)[first]
    folds = min(most, len(value) // 2)
    if folds < 2:
        return []
    rank = np.argsort(np.argsort(value, kind="stable"))
    return folds_from(assign_folds(rank // folds, folds, (seed, 0))[of_row], 0, folds)
