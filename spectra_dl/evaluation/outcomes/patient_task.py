"""What every evaluation of what came of patients shares: whose the rows are, the folds and the resampled patients."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, TypeVar

import numpy as np

from spectra_dl.arrays import FloatArray, IndexArray, Texts
from spectra_dl.errors import DataError
from spectra_dl.evaluation.folds.splits import Fold, whole_and_undivided
from spectra_dl.evaluation.outcomes.settings import PatientSettings
from spectra_dl.evaluation.outcomes.values import RowsOfPatients

Settings = TypeVar("Settings", bound=PatientSettings)


@dataclass(frozen=True, eq=False)
class PatientTask:
    """What came of patients, and how models of it are evaluated.

    Attributes
    ----------
    outcomes
        Whose each row is, and what came of each patient.
    folds
        By patient.
    multiplicity
        ``(r, m)`` resampled patients.
    settings
        With the number of folds and repeats there are.
    """

    outcomes: RowsOfPatients
    folds: tuple[Fold, ...]
    multiplicity: FloatArray
    settings: PatientSettings

    @cached_property
    def fold_of_patient(self) -> IndexArray:
        """``(repeats, m)`` which fold tests each patient."""
        number = np.zeros((self.settings.repeats, len(self.outcomes.names)), dtype=np.intp)
        for fold in self.folds:
            number[fold.repeat, self.outcomes.of_row[fold.test]] = fold.number
        return number

    def groups(self, rows: IndexArray) -> Texts:
        """Return the rows' patients."""
        return self.outcomes.patient_of_row[rows]


def check_folds(folds: Sequence[Fold], of_row: IndexArray) -> None:
    """Refuse folds that test a row twice or never, or have a patient on both sides.

    Parameters
    ----------
    folds
        From elsewhere.
    of_row
        ``(n,)`` number of each row's patient.

    Raises
    ------
    DataError
        They do.
    """
    if not whole_and_undivided(folds, of_row):
        raise DataError(
            "the given folds don't test each row once per repeat, or have a patient on both sides; take the folds.csv of another run on these data"
        )


def counted_in(settings: Settings, folds: Sequence[Fold]) -> Settings:
    """Return settings with as many folds and repeats as there are.

    Parameters
    ----------
    settings
        As asked for.
    folds
        At least one.
    """
    return replace(
        settings, folds=1 + max(fold.number for fold in folds), repeats=1 + max(fold.repeat for fold in folds)
    )


def row_names(n_rows: int) -> tuple[str, ...]:
    """Return a name for each row, in order: each is a patient where a split leaks."""
    return tuple(f"{row:012d}" for row in range(n_rows))


def finite_per_row(name: str, fitted: Any, rows: Any, count: int, what: str) -> FloatArray:
    """Return ``(n,)`` what a model predicts of rows.

    Parameters
    ----------
    name, fitted
        The model.
    rows
        What it is asked about.
    count
        How many they are.
    what
        What it is to predict, in a word.

    Raises
    ------
    DataError
        It gives no finite number for each row.
    """
    predicted = np.asarray(fitted.predict(rows), dtype=np.float64).reshape(-1)
    if predicted.shape != (count,) or not np.all(np.isfinite(predicted)):
        raise DataError(f"{name}: predict gave no finite {what} for each row; mend the model")
    return predicted
