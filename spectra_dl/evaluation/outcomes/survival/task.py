"""What every model of the time to an event shares: whose the rows are, the folds, the grid of times and the resampled patients."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from spectra_dl.arrays import FloatArray, IndexArray
from spectra_dl.errors import DataError, UsageError
from spectra_dl.evaluation.folds.job import FoldOutcome
from spectra_dl.evaluation.folds.splits import Fold
from spectra_dl.evaluation.intervals import draw_patients
from spectra_dl.evaluation.outcomes.folds import outcome_folds
from spectra_dl.evaluation.outcomes.patient_task import (
    PatientTask,
    check_folds,
    counted_in,
    finite_per_row,
    row_names,
)
from spectra_dl.evaluation.outcomes.survival.metrics import PredictedRisk, concordance
from spectra_dl.evaluation.outcomes.survival.pooled_cox import time_order
from spectra_dl.evaluation.outcomes.survival.results import SurvivalSettings
from spectra_dl.evaluation.outcomes.survival.values import Survival
from spectra_dl.evaluation.rows import RowSubset

_LATEST_AT_RISK = 0.1  # share of patients still under observation at the last time of the grid
_GRID = 25
_SURE = 1e-9  # probabilities are kept so far from 0 and 1


@dataclass(frozen=True)
class LearnedOfRisk:
    """What a fold's training patients say besides the model.

    Attributes
    ----------
    c_index
        Harrell's C on the training patients themselves.
    median_risk
        Of the training patients.
    """

    c_index: float
    median_risk: float


@dataclass(frozen=True, eq=False)
class SurvivalTask(PatientTask):
    """What came of patients, and how models of it are evaluated.

    Attributes
    ----------
    grid
        ``(g,)`` ascending times at which probabilities are asked for; the horizon is one of them.
    horizon
        Where probabilities are compared with what came.
    """

    outcomes: Survival
    settings: SurvivalSettings
    grid: FloatArray
    horizon: float
    record_types = (LearnedOfRisk,)

    def target(self, fold: Fold) -> FloatArray:
        """Return ``(n, 2)`` time and event of the training rows."""
        return self.outcomes.target[fold.train]

    def predict(self, name: str, fitted: Any, rows: Any, fold: Fold) -> FloatArray:
        """Return ``(k, 1 + g)`` risks of the test rows and their log cumulative hazards at the grid's times.

        Parameters
        ----------
        name, fitted
            The model.
        rows
            The fold's test rows.
        fold
            The fold.
        """
        risk = finite_per_row(name, fitted, rows, len(fold.test), "risk")
        without = np.asarray(fitted.predict_survival(rows, self.grid), dtype=np.float64)
        possible = without.shape == (len(fold.test), len(self.grid)) and np.all(
            (without >= 0) & (without <= 1)
        )
        if not possible:
            raise DataError(
                f"{name}: predict_survival gave no probability for each row and time; mend the model"
            )
        # A patient's curve is that of the mean log hazard of its rows, for a Cox regression that of its mean features.
        hazard = np.log(-np.log(np.clip(without, _SURE, 1.0 - _SURE)))
        return np.concatenate([risk[:, None], hazard], axis=1)

    def learn(self, name: str, fitted: Any, rows: RowSubset, fold: Fold) -> LearnedOfRisk:
        """Return the C-index on training patients and their median risk.

        Parameters
        ----------
        name, fitted
            The model.
        rows
            The fold's training rows.
        fold
            The fold.
        """
        per_row = finite_per_row(name, fitted, rows.values, len(fold.train), "risk")
        trained, of_row = np.unique(self.outcomes.of_row[fold.train], return_inverse=True)
        risk = np.bincount(of_row, per_row) / np.bincount(of_row)
        time, event = self.outcomes.time[trained], self.outcomes.event[trained]
        known = PredictedRisk(
            time, event, risk, np.zeros((len(risk), 0)), self.grid, np.zeros(len(risk), np.intp)
        )
        return LearnedOfRisk(float(concordance(known, np.ones((1, len(risk))))[0]), float(np.median(risk)))

    def predictions(self, outcomes: Sequence[FoldOutcome[LearnedOfRisk]]) -> list[PredictedRisk]:
        """Return what a model said of patients it had not seen, repeat by repeat.

        Parameters
        ----------
        outcomes
            Of one model in every fold.
        """
        per_row = np.full((self.settings.repeats, len(self.outcomes.of_row), 1 + len(self.grid)), np.nan)
        for outcome in outcomes:
            per_row[outcome.fold.repeat, outcome.fold.test] = outcome.predicted
        return [
            self._predicted(np.stack([self.outcomes.mean_of(column) for column in rows.T], axis=1), fold)
            for rows, fold in zip(per_row, self.fold_of_patient, strict=True)
        ]

    def higher(self, outcomes: Sequence[FoldOutcome[LearnedOfRisk]]) -> Any:
        """Return ``(m,)`` who is above the median risk of the training patients, in the first repeat.

        Parameters
        ----------
        outcomes
            Of one model in every fold.
        """
        above = np.zeros(len(self.outcomes.of_row))
        for outcome in outcomes:
            if outcome.fold.repeat == 0:
                above[outcome.fold.test] = outcome.predicted[:, 0] - outcome.learned.median_risk
        return self.outcomes.mean_of(above) > 0

    def _predicted(self, of_patient: FloatArray, fold: IndexArray) -> PredictedRisk:
        survival = np.exp(-np.exp(of_patient[:, 1:]))
        one = self.outcomes
        return PredictedRisk(one.time, one.event, of_patient[:, 0], survival, self.grid, fold)


def prepare_survival(
    n_rows: int, survival: Survival, settings: SurvivalSettings, folds: Sequence[Fold] | None
) -> SurvivalTask:
    """Check rows and folds, and draw what is not given.

    Parameters
    ----------
    n_rows
        How many rows there are.
    survival
        Whose each is, and what came.
    settings
        How models are evaluated.
    folds
        Of another run; drawn anew if None.

    Raises
    ------
    DataError
        Other numbers of rows and ids, too few patients or events, or folds that can't be used.
    UsageError
        The horizon lies outside the time of events.
    """
    if n_rows != len(survival.of_row):
        raise DataError(f"{n_rows} rows for {len(survival.of_row)} times; give one of each per row")
    folds = _drawn(survival, settings) if folds is None else folds
    check_folds(folds, survival.of_row)
    for fold in folds:
        if not survival.event[survival.of_row[fold.test]].any():
            raise DataError(
                f"fold {fold.number + 1} of the split tests no patient with an event, so nobody in it is known to come before anybody; take fewer folds"
            )
    settings = counted_in(settings, folds)
    grid, horizon = _times(survival, settings)
    drawn = draw_patients(len(survival.names), resamples=settings.resamples, seed=settings.seed)
    return SurvivalTask(survival, tuple(folds), drawn, settings, grid, horizon)


def survival_rows_as_patients(task: SurvivalTask) -> SurvivalTask:
    """Return the leaky counterpart of a task: rows are divided whoever's they are."""
    time, event = task.outcomes.target.T
    rows = Survival(row_names(len(time)), np.arange(len(time)), time, event > 0)
    settings = replace(task.settings, repeats=1)
    folds = tuple(_drawn(rows, settings))
    return SurvivalTask(rows, folds, np.ones((1, len(time))), settings, task.grid, task.horizon)


def _drawn(survival: Survival, settings: SurvivalSettings) -> list[Fold]:
    order = time_order(survival.time, survival.event)
    return outcome_folds(
        order, survival.of_row, folds=settings.folds, repeats=settings.repeats, seed=settings.seed
    )


def _times(survival: Survival, settings: SurvivalSettings) -> tuple[FloatArray, float]:
    """Return the grid, from the first event to the last that a tenth of the patients were still observed for, and the horizon in it."""
    events = np.unique(survival.time[survival.event])
    observed = (survival.time[:, None] >= events).mean(axis=0)
    reached = events[observed >= _LATEST_AT_RISK]
    first, last = (
        (float(reached[0]), float(reached[-1])) if len(reached) > 1 else (float(events[0]), float(events[-1]))
    )
    if not first < last:
        raise DataError(
            f"all events came at the same time ({first:g}): nobody is known to come before anybody; a class says as much: name it with --label"
        )
    chosen = settings.horizon
    if chosen is not None and not first <= chosen <= last:
        raise UsageError(
            f"horizon={chosen:g} lies outside {first:g} to {last:g}, from the first event to the last that a tenth of the patients were still observed for"
        )
    within = survival.time[survival.event & (survival.time <= last)]
    horizon = float(np.median(within)) if chosen is None else chosen
    return np.unique([*np.linspace(first, last, _GRID), horizon]), horizon
