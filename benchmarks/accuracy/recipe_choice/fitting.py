"""A recipe fitted to rows: what it says of them unseen, and of other rows, with the seconds of each."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from spectra_dl.arrays import FloatArray, Texts
from spectra_dl.evaluation.estimator import Estimator, class_probability, fit_copy, unseen_probability
from spectra_dl.evaluation.folds.splits import Fold, patient_folds
from spectra_dl.spectra.table import SpectraTable

SEED = 0
_REFIT_FOLDS = 5
_ROWS = 2000  # scored at a time: MiniRocket holds ten thousand numbers for each


@dataclass(frozen=True, eq=False)
class Fitted:
    """A fitted recipe.

    Attributes
    ----------
    model
        The estimator.
    unseen
        ``(n, 2)`` what it says of its training rows without their patients; None if a class has too few.
    seconds
        CPU seconds of the fit, and of the unseen probabilities beyond it.
    """

    model: Estimator
    unseen: FloatArray | None
    seconds: tuple[float, float]


@dataclass(frozen=True, eq=False)
class Training:
    """What recipes are fitted on.

    Attributes
    ----------
    table
        Labelled spectra.
    patient
        ``(n,)`` whose they are, for inner folds.
    classes
        The positive one second.
    inner
        "own" for the out-of-fold probabilities that an estimator offers, or refits on three folds where it offers none; "refit"
        fits every recipe on the same five folds, which costs five fits and compares like with like.
    folds
        Inner folds to refit on in either case, where ids of patients alone don't make them.
    """

    table: SpectraTable
    patient: Texts
    classes: Sequence[str]
    inner: str
    folds: tuple[Fold, ...] = ()


def fitted_recipe(name: str, estimator: Estimator, training: Training) -> Fitted:
    """Fit a recipe, and ask it of its training patients as if it had not seen them."""
    table, classes = training.table, training.classes
    label = np.asarray(table.label, dtype=str)
    patient = np.asarray(training.patient, dtype=str)
    start = time.process_time()
    model = fit_copy(estimator, table, label, patient)
    between = time.process_time()
    if training.inner == "own" and not training.folds:
        unseen = unseen_probability(name, model, table, label, patient, classes=classes, seed=SEED)
    else:
        unseen = np.empty((len(table), len(classes)))
        for fold in training.folds or patient_folds(patient, label, folds=_REFIT_FOLDS, seed=SEED):
            part = fit_copy(estimator, table[fold.train], label[fold.train], patient[fold.train])
            unseen[fold.test] = probability(name, part, table[fold.test], classes)
    return Fitted(model, unseen, (between - start, time.process_time() - between))


def probability(name: str, model: Estimator, table: SpectraTable, classes: Sequence[str]) -> FloatArray:
    """Return ``(n, 2)`` probabilities of a table's spectra."""
    parts = [
        class_probability(
            name, model, table.select(np.arange(start, min(start + _ROWS, len(table)))), classes
        )
        for start in range(0, len(table), _ROWS)
    ]
    return np.concatenate(parts)
