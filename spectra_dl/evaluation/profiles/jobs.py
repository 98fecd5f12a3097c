"""The jobs of an evaluation of profiles: models, controls, shuffled profiles and leaky splits, all run together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from spectra_dl.evaluation.entries import ModelEntry
from spectra_dl.evaluation.folds.engine import by_fold, fold_jobs
from spectra_dl.evaluation.folds.job import FoldJob, FoldOutcome, Observation, Observer
from spectra_dl.evaluation.profiles.controls import shuffled_jobs
from spectra_dl.evaluation.profiles.leaky_estimates import LeakySplit, leaky_split_jobs
from spectra_dl.evaluation.profiles.task import ProfileTask
from spectra_dl.evaluation.rows import Rows
from spectra_dl.execution.run import Execution

Jobs = list[FoldJob[None]]
Outcomes = list[FoldOutcome[None]]


@dataclass(frozen=True)
class ProfileOutcomes:
    """What came of the jobs.

    Attributes
    ----------
    of_models
        By model and control, in the order of the folds.
    shuffled
        Of the first model on shuffled profiles, for each shuffle.
    leaky
        By model, in a split by row.
    """

    of_models: Mapping[str, Outcomes]
    shuffled: Sequence[Outcomes]
    leaky: Mapping[str, Outcomes]

    def observations(self) -> tuple[Observation, ...]:
        """Return what observers saw of the models."""
        outcomes = (outcome for of_model in self.of_models.values() for outcome in of_model)
        return tuple(seen for outcome in outcomes for seen in outcome.observations())


@dataclass(frozen=True, eq=False)
class ProfileJobs:
    """What is to be run.

    Attributes
    ----------
    of_models, shuffled, leaky
        See `ProfileOutcomes`.
    """

    of_models: Mapping[str, Jobs]
    shuffled: Sequence[Jobs]
    leaky: Mapping[str, Jobs]

    @classmethod
    def of(
        cls,
        entries: Sequence[ModelEntry[Any]],
        controls: Sequence[ModelEntry[Any]],
        rows: Rows,
        task: ProfileTask,
        *,
        observers: Sequence[Observer],
        leaky: LeakySplit | None,
    ) -> "ProfileJobs":
        """Return the jobs of an evaluation.

        Parameters
        ----------
        entries, controls
            The models, of which the first is trained on shuffled profiles too, and what sees no image.
        rows
            What all of them take.
        task
            What is predicted.
        observers
            Look at each fitted model, but not at controls.
        leaky
            Which models are also fitted in a split by row; None fits none.
        """
        models = {
            entry.name: fold_jobs(entry, rows, task, task.folds, observers=observers) for entry in entries
        }
        without_image = {entry.name: fold_jobs(entry, rows, task, task.folds) for entry in controls}
        return cls(
            of_models=models | without_image,
            shuffled=shuffled_jobs(entries[0], rows, task),
            leaky={
                entry.name: leaky_split_jobs(entry, rows, leaky.task)
                for entry in entries
                if leaky and entry.name in leaky.models
            },
        )

    def run(self, execution: Execution) -> ProfileOutcomes:
        """Run all jobs, those of a fold one after another.

        Parameters
        ----------
        execution
            Where.
        """
        groups = [*self.of_models.values(), *self.shuffled, *self.leaky.values()]
        jobs = by_fold(groups)
        outcome_of = dict(zip((job.title for job in jobs), execution.run(jobs), strict=True))

        def outcomes(group: Jobs) -> Outcomes:
            return [outcome_of[job.title] for job in group]

        return ProfileOutcomes(
            {name: outcomes(group) for name, group in self.of_models.items()},
            [outcomes(group) for group in self.shuffled],
            {name: outcomes(group) for name, group in self.leaky.items()},
        )
