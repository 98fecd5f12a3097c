"""The one engine of folds: every model in every fold, of whatever is predicted."""

from collections.abc import Sequence
from itertools import chain, zip_longest
from typing import Any, TypeVar

from spectra_dl.evaluation.entries import ModelEntry
from spectra_dl.evaluation.folds.job import FoldJob, FoldTask, Observer
from spectra_dl.evaluation.folds.splits import Fold
from spectra_dl.evaluation.rows import Rows

Learned = TypeVar("Learned")
AnyJob = TypeVar("AnyJob")


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
        Stands before the fold in a job's title; the model's name if None.
    observers
        Look at each fitted model.
    """
    title = f"{entry.name}:" if title is None else title
    return [
        FoldJob(entry, rows, task, fold, f"{title} fold {count} of {len(folds)}", observers)
        for count, fold in enumerate(folds, start=1)
    ]


def by_fold(jobs_of_models: Sequence[Sequence[AnyJob]]) -> list[AnyJob]:
    """Return the jobs of several models fold by fold, so that what one model remembers of a fold serves the next.

    Parameters
    ----------
    jobs_of_models
        The jobs of each model, in the order of the folds.

    Examples
    --------
    >>> by_fold([["CNN 1", "CNN 2"], ["LR 1", "LR 2"]])
    ['CNN 1', 'LR 1', 'CNN 2', 'LR 2']
    """
    return [job for job in chain.from_iterable(zip_longest(*jobs_of_models)) if job is not None]
