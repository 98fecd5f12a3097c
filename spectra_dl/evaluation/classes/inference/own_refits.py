"""A model itself refitted where classes and rows have nothing to do with one another: exact, and as slow as the model."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from spectra_dl.arrays import FloatArray, IndexArray
from spectra_dl.evaluation.classes.inference.surrogate import permuted_patients
from spectra_dl.evaluation.classes.inference.within_folds import comparisons_of, within_fold_auc
from spectra_dl.evaluation.classes.task import ClassTask, LeakyClassTask
from spectra_dl.evaluation.entries import ModelEntry
from spectra_dl.evaluation.folds.engine import fold_jobs
from spectra_dl.evaluation.folds.job import FoldJob
from spectra_dl.evaluation.folds.splits import folds_from


@dataclass(frozen=True, eq=False)
class OwnRefits:
    """One model's refits with classes and folds given to other patients.

    Attributes
    ----------
    tasks
        One for each refit: the same rows, the classes and folds of other patients.
    jobs
        The fits of each.
    """

    tasks: Sequence[ClassTask]
    jobs: Sequence[Sequence[FoldJob[Any]]]

    def auc(self, outcome_of: Mapping[str, Any]) -> FloatArray | None:
        """Return ``(refits,)`` the AUC within folds; None without refits.

        Parameters
        ----------
        outcome_of
            What each job came to, by its title.
        """
        if not self.tasks:
            return None
        return np.array(
            [
                _auc(task, [outcome_of[job.title] for job in jobs])
                for task, jobs in zip(self.tasks, self.jobs, strict=True)
            ]
        )


def own_refits(entry: ModelEntry[Any], rows: Any, task: ClassTask) -> OwnRefits:
    """Return the refits that the settings ask for; a control has none.

    Parameters
    ----------
    entry
        The model.
    rows
        Of the evaluation.
    task
        Of the evaluation.
    """
    count = 0 if entry.kind == "control" else task.settings.null_refits
    generator = np.random.default_rng((task.settings.seed, count))
    patients = task.patients
    orders = permuted_patients(task.block, patients.cluster, len(patients.names), count, generator)
    tasks = [_permuted_task(task, order) for order in orders]
    jobs = [
        fold_jobs(entry, rows, one, one.folds, title=f"{entry.name}: classes permuted, refit {number},")
        for number, one in enumerate(tasks, start=1)
    ]
    return OwnRefits(tasks, jobs)


def _permuted_task(task: ClassTask, order: IndexArray) -> ClassTask:
    """Return the task in which each patient has the class and the folds of another."""
    patients = replace(task.patients, class_of_patient=task.patients.class_of_patient[order])
    names = [fold.left_out for fold in task.folds if fold.left_out is not None]
    folds = tuple(
        fold
        for repeat, numbers in enumerate(task.fold_of_patient[:, order])
        for fold in folds_from(
            numbers[patients.of_row],
            repeat,
            int(numbers.max()) + 1,
            left_out=[str(name) for name in names] or None,
        )
    )
    label = np.array([patients.classes[code] for code in patients.class_of_row])
    return LeakyClassTask.of(replace(task, patients=patients, label=label, folds=folds))


def _auc(task: ClassTask, outcomes: Sequence[Any]) -> float:
    patients = task.patients
    _, pooled = task.out_of_fold(outcomes)
    comparisons = comparisons_of(
        task.fold_of_patient, patients.class_of_patient, len(patients.classes), task.positive
    )
    return float(within_fold_auc(pooled[None], comparisons).value[0])
