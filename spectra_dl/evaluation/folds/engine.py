"""The one engine of folds: every model in every fold, of whatever is predicted."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from spectra_dl.evaluation.entries import ModelEntry
from spectra_dl.evaluation.folds.job import FoldJob, FoldOutcome, FoldTask, Observer
from spectra_dl.evaluation.folds.splits import Fold
from spectra_dl.evaluation.rows import Rows

Progress = Callable[[str], None]
Learned = TypeVar("Learned")


def silent(_: str) -> None:
    """Say nothing."""


def fold_jobs(
    entry: ModelEntry[Any],
    rows: Rows,
    task: FoldTask[Learned],
    folds: Sequence[Fold],
    *,
    title: str | None = None,
    observers: Sequence[Observer] = (),
) -> list[FoldJob[Learned]]:
    """Return one job for each fold of a model.

    Parameters
    ----------
    entry
        The model.
    rows
        All ``n`` rows.
    task
        What is learned and asked.
    folds
        Who trains and who is tested.
    title
        Stands before the fold in a line of progress; the model's name if None.
    observers
        Look at each fitted model.
    """
    title = f"{entry.name}:" if title is None else title
    return [
        FoldJob(entry, rows, task, fold, f"{title} fold {count} of {len(folds)}", observers)
        for count, fold in enumerate(folds, start=1)
    ]


def run_jobs(jobs: Iterable[FoldJob[Learned]], progress: Progress = silent) -> list[FoldOutcome[Learned]]:
    """Run jobs one after another and return their outcomes in order.

    Parameters
    ----------
    jobs
        They don't depend on one another.
    progress
        Takes a short line before each.
    """
    outcomes = []
    for job in jobs:
        progress(job.title)
        outcomes.append(job.run())
    return outcomes
