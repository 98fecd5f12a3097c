"""Leaky estimates, the figures of flawed protocols: shown so that nobody is deceived by them, and never as results."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from spectra_dl.arrays import FloatArray
from spectra_dl.evaluation.entries import ModelEntry
from spectra_dl.evaluation.folds.engine import fold_jobs
from spectra_dl.evaluation.folds.job import FoldJob, FoldOutcome
from spectra_dl.evaluation.folds.splits import Fold, assign_folds, folds_from
from spectra_dl.evaluation.profiles.metrics import no_order_is_none, pearson_per_column
from spectra_dl.evaluation.profiles.results import ChosenTargets, TargetChooser
from spectra_dl.evaluation.profiles.scoring import values_of_units
from spectra_dl.evaluation.profiles.task import HeldOutSection, ProfileTask
from spectra_dl.evaluation.profiles.units import known_mean
from spectra_dl.evaluation.rows import Rows

_LEAKY_FOLDS = 5


@dataclass(frozen=True, eq=False)
class LeakyProfileTask(ProfileTask):
    """The same targets in every fold, chosen on all rows, test rows among them.

    Attributes
    ----------
    chosen
        The targets.
    """

    chosen: ChosenTargets

    def targets_of(self, fold: Fold) -> ChosenTargets:
        """Return the targets of all rows."""
        return self.chosen


@dataclass(frozen=True, eq=False)
class LeakySplit:
    """A split by row, and who is fitted in it.

    Attributes
    ----------
    models
        Names.
    task
        What is predicted there.
    """

    models: tuple[str, ...]
    task: LeakyProfileTask

    def estimates(self, outcomes: Mapping[str, Sequence[FoldOutcome[None]]]) -> dict[str, float]:
        """Return each model's `leaky_split_estimate`."""
        return {name: leaky_split_estimate(of_model, self.task) for name, of_model in outcomes.items()}


def leaky_task(targets: TargetChooser, task: ProfileTask) -> LeakyProfileTask:
    """Return a task whose targets are chosen on all rows.

    Parameters
    ----------
    targets
        Chooses the panel.
    task
        Whose sections the rows are of.
    """
    attributes = {attribute.name: getattr(task, attribute.name) for attribute in fields(ProfileTask)}
    return LeakyProfileTask(**attributes, chosen=targets.fit(np.arange(len(task.section))))


def leaky_split_jobs(entry: ModelEntry[Any], rows: Rows, task: LeakyProfileTask) -> list[FoldJob[None]]:
    """Return a model's jobs in a split by row: panel and model know rows next to each test row.

    Parameters
    ----------
    entry
        The model.
    rows
        What it takes.
    task
        From `leaky_task`.
    """
    n_rows = len(task.section)
    folds = min(_LEAKY_FOLDS, n_rows)
    part = np.empty(n_rows, dtype=np.intp)
    part[task.order] = assign_folds(np.zeros(n_rows, dtype=np.intp), folds, (task.settings.seed, 0))
    return fold_jobs(entry, rows, task, folds_from(part, 0, folds), title=f"{entry.name}: leaky split,")


def leaky_split_estimate(outcomes: Sequence[FoldOutcome[None]], task: LeakyProfileTask) -> float:
    """Return the mean correlation of a split by row.

    Parameters
    ----------
    outcomes
        Of `leaky_split_jobs`.
    task
        From `leaky_task`.
    """
    measured = task.chosen.values(np.arange(len(task.section)))
    predicted = np.empty_like(measured)
    for outcome in outcomes:
        predicted[outcome.fold.test] = outcome.predicted
    figures = [_correlation(predicted[tested.rows], measured[tested.rows]) for tested in task.held_out]
    return float(known_mean(values_of_units(figures, task.held_out, task.settings)))


def constant_profile_estimate(task: ProfileTask) -> float:
    """Return the mean correlation over targets, row by row, of the training mean: the same profile everywhere."""
    figures = [_over_targets(tested, task) for tested in task.held_out]
    return float(known_mean(values_of_units(figures, task.held_out, task.settings)))


def _over_targets(tested: HeldOutSection, task: ProfileTask) -> FloatArray:
    mean = task.targets[tested.fold].values(task.folds[tested.fold].train).mean(axis=0)
    return _correlation(np.repeat(mean[:, None], len(tested.rows), axis=1), tested.measured.T)


def _correlation(predicted: FloatArray, measured: FloatArray) -> FloatArray:
    return no_order_is_none(pearson_per_column(predicted, measured), measured)
