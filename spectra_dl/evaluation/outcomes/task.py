"""What every model of a number shares: whose the rows are, the folds and the resampled patients."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from spectra_dl.arrays import FloatArray
from spectra_dl.errors import DataError
from spectra_dl.evaluation.folds.job import FoldOutcome
from spectra_dl.evaluation.folds.splits import Fold
from spectra_dl.evaluation.intervals import draw_patients
from spectra_dl.evaluation.outcomes.folds import FEWEST_IN_FOLD, outcome_folds
from spectra_dl.evaluation.outcomes.metrics import Predicted
from spectra_dl.evaluation.outcomes.patient_task import (
    PatientTask,
    check_folds,
    counted_in,
    finite_per_row,
    row_names,
)
from spectra_dl.evaluation.outcomes.results import OutcomeSettings
from spectra_dl.evaluation.outcomes.values import Outcomes
from spectra_dl.evaluation.rows import RowSubset


@dataclass(frozen=True)
class LearnedOfNumber:
    """What a fold's training patients say besides the model.

    Attributes
    ----------
    training_rmse
        Error on the training patients themselves.
    training_mean
        Mean number of the training patients.
    """

    training_rmse: float
    training_mean: float


@dataclass(frozen=True, eq=False)
class OutcomeTask(PatientTask):
    """The numbers of patients, and how models of them are evaluated.

    Attributes
    ----------
    outcomes
        Whose each row is, and each patient's number.
    """

    outcomes: Outcomes
    settings: OutcomeSettings
    record_types = (LearnedOfNumber,)

    def target(self, fold: Fold) -> FloatArray:
        """Return the training rows' numbers."""
        return self.outcomes.value_of_row[fold.train]

    def predict(self, name: str, fitted: Any, rows: Any, fold: Fold) -> FloatArray:
        """Return ``(k, 1)`` predicted numbers of the test rows.

        Parameters
        ----------
        name, fitted
            The model.
        rows
            The fold's test rows.
        fold
            The fold.
        """
        return finite_per_row(name, fitted, rows, len(fold.test), "number")[:, None]

    def learn(self, name: str, fitted: Any, rows: RowSubset, fold: Fold) -> LearnedOfNumber:
        """Return the training error and the training mean.

        Parameters
        ----------
        name, fitted
            The model.
        rows
            The fold's training rows.
        fold
            The fold.
        """
        known = finite_per_row(name, fitted, rows.values, len(fold.train), "number")
        trained, of_row = np.unique(self.outcomes.of_row[fold.train], return_inverse=True)
        mean, truth = np.bincount(of_row, known) / np.bincount(of_row), self.outcomes.value[trained]
        return LearnedOfNumber(float(np.sqrt(np.mean((mean - truth) ** 2))), float(truth.mean()))

    def predictions(self, outcomes: Sequence[FoldOutcome[LearnedOfNumber]]) -> list[Predicted]:
        """Return what a model said of patients it had not seen, repeat by repeat.

        Parameters
        ----------
        outcomes
            Of one model in every fold.
        """
        per_row = np.full((self.settings.repeats, len(self.outcomes.of_row)), np.nan)
        mean = np.full(per_row.shape, np.nan)
        for outcome in outcomes:
            fold = outcome.fold
            per_row[fold.repeat, fold.test] = outcome.predicted[:, 0]
            mean[fold.repeat, fold.test] = outcome.learned.training_mean
        return [
            Predicted(self.outcomes.value, self.outcomes.mean_of(values), self.outcomes.mean_of(known), fold)
            for values, known, fold in zip(per_row, mean, self.fold_of_patient, strict=True)
        ]


def prepare_outcomes(
    n_rows: int, outcomes: Outcomes, settings: OutcomeSettings, folds: Sequence[Fold] | None
) -> OutcomeTask:
    """Check rows and folds, and draw what is not given.

    Parameters
    ----------
    n_rows
        How many rows there are.
    outcomes
        Whose each is, and the numbers.
    settings
        How models are evaluated.
    folds
        Of another run; drawn anew if None.

    Raises
    ------
    DataError
        Other numbers of rows and ids, too few patients, or folds that can't be used.
    """
    if n_rows != len(outcomes.of_row):
        raise DataError(f"{n_rows} rows for {len(outcomes.of_row)} numbers; give one of each per row")
    if folds is None:
        folds = outcome_folds(
            outcomes.value,
            outcomes.of_row,
            folds=settings.folds,
            repeats=settings.repeats,
            seed=settings.seed,
        )
    _check_folds(folds, outcomes)
    settings = counted_in(settings, folds)
    drawn = draw_patients(len(outcomes.names), resamples=settings.resamples, seed=settings.seed)
    return OutcomeTask(outcomes, tuple(folds), drawn, settings)


def rows_as_patients(task: OutcomeTask) -> OutcomeTask:
    """Return the leaky counterpart of a task: rows are divided whoever's they are."""
    value = task.outcomes.value_of_row
    rows = Outcomes(row_names(len(value)), np.arange(len(value)), value)
    settings = replace(task.settings, repeats=1)
    folds = outcome_folds(rows.value, rows.of_row, folds=settings.folds, seed=settings.seed)
    return OutcomeTask(rows, tuple(folds), np.ones((1, len(value))), settings)


def _check_folds(folds: Sequence[Fold], outcomes: Outcomes) -> None:
    """Refuse folds from elsewhere that are none by patient, or test too few patients."""
    owner = outcomes.of_row
    check_folds(folds, owner)
    if fewest := [fold for fold in folds if np.unique(owner[fold.test]).size < FEWEST_IN_FOLD]:
        raise DataError(
            f"fold {fewest[0].number + 1} of the given split tests fewer than {FEWEST_IN_FOLD} patients, which have no rank correlation; take fewer folds"
        )
