"""All fits of a model: in the folds by patient, and in folds that leak."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from spectra_dl.evaluation.entries import ModelEntry
from spectra_dl.evaluation.estimator import Fittable
from spectra_dl.evaluation.folds.engine import by_fold, fold_jobs
from spectra_dl.evaluation.folds.job import FoldJob, FoldTask, Observation, Observer
from spectra_dl.evaluation.folds.splits import Fold
from spectra_dl.evaluation.rows import Rows
from spectra_dl.execution.job import Job
from spectra_dl.execution.run import Execution

Learned = TypeVar("Learned")
_Learned = TypeVar("_Learned", covariant=True)


class DividedTask(FoldTask[_Learned], Protocol[_Learned]):
    """What is learned and asked in folds, with the folds."""

    @property
    def folds(self) -> Sequence[Fold]:
        """Who trains and who is tested."""


@dataclass(frozen=True, eq=False)
class ModelJobs(Generic[Learned]):
    """All fits of one model.

    Attributes
    ----------
    entry
        The model.
    by_patient, leaky
        A job for each fold.
    """

    entry: ModelEntry[Fittable]
    by_patient: Sequence[FoldJob[Learned]]
    leaky: Sequence[FoldJob[Learned]]

    @classmethod
    def of(
        cls,
        entry: ModelEntry[Fittable],
        rows: Rows,
        task: DividedTask[Learned],
        leaky: DividedTask[Learned] | None,
        *,
        observers: Sequence[Observer] = (),
    ) -> "ModelJobs[Learned]":
        """Return the jobs of a model.

        Parameters
        ----------
        entry
            The model.
        rows
            All rows of the evaluation.
        task, leaky
            Divided by patient, and by row; None leaves that out.
        observers
            Look at each model fitted in the folds by patient.
        """
        title = f"{entry.name}: leaky split,"
        leaking = fold_jobs(entry, rows, leaky, leaky.folds, title=title) if leaky else []
        return cls(entry, fold_jobs(entry, rows, task, task.folds, observers=observers), leaking)

    def observations(self, outcome_of: Mapping[str, Any]) -> list[Observation]:
        """Return what observers saw, fold by fold; ``outcome_of`` is from `run_all`."""
        return [seen for job in self.by_patient for seen in outcome_of[job.title].observations()]


def run_all(
    models: Sequence[ModelJobs[Any]], others: Sequence[Job[Any]], execution: Execution | None
) -> dict[str, Any]:
    """Run other jobs, then those of all models, fold by fold, those that leak last, and return what came of each by its title.

    Parameters
    ----------
    models
        All fits.
    others
        Checks of the audit, and what chance reaches.
    execution
        Where jobs run; in this process if None.
    """
    fits = [*by_fold([model.by_patient for model in models]), *by_fold([model.leaky for model in models])]
    jobs = [*others, *fits]
    return dict(zip((job.title for job in jobs), (execution or Execution()).run(jobs), strict=True))
