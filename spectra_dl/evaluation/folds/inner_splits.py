"""Folds within the training rows of a fold, by patient, for what a model learns about itself."""

from collections.abc import Sequence

from spectra_dl.arrays import Texts
from spectra_dl.errors import DataError
from spectra_dl.evaluation.folds.splits import Fold, spectrum_folds
from spectra_dl.evaluation.folds.splits import inner_folds as folds_by_patient

_FOLDS = 3


def inner_folds(label: Texts, groups: Sequence[str] | None, seed: int) -> list[Fold]:
    """Divide training rows by patient into three folds, or two where a class has but two patients.

    Parameters
    ----------
    label
        ``(n,)`` classes.
    groups
        ``(n,)`` patients; each row is its own if None.
    seed
        Of the division.

    Raises
    ------
    DataError
        A class has fewer than two patients.
    """
    if groups is None:
        return spectrum_folds(label, folds=_FOLDS, seed=seed)
    if folds := folds_by_patient(groups, label, seed=seed):
        return folds
    raise DataError(
        "a class has only one training patient, and calibrated probabilities need two; "
        "leave this model out or bring more patients"
    )
