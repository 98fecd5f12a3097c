"""What a model's predictions of held-out patients reach, target by target and on average."""

from collections.abc import Sequence

import numpy as np

from spectra_dl.arrays import FloatArray
from spectra_dl.evaluation.comparison import Difference, verdict_of
from spectra_dl.evaluation.entries import ModelKind
from spectra_dl.evaluation.folds.job import FoldOutcome
from spectra_dl.evaluation.intervals import Interval
from spectra_dl.evaluation.profiles.across.correlation import (
    LeftOutCorrelations,
    across_patients,
    averaged,
    difference_interval,
    fisher_interval,
)
from spectra_dl.evaluation.profiles.across.results import AcrossResult
from spectra_dl.evaluation.profiles.across.task import AcrossTask
from spectra_dl.evaluation.profiles.metric_table import PROFILE_METRICS
from spectra_dl.evaluation.profiles.units import known_mean


def scored(
    name: str,
    runs: Sequence[Sequence[FoldOutcome[None]] | None],
    task: AcrossTask,
    ceiling: FloatArray,
    *,
    kind: ModelKind = "control",
    words: str = "",
) -> AcrossResult:
    """Return what was reached, the mean of several runs where there are several.

    Parameters
    ----------
    name, kind, words
        Of the model or control.
    runs
        Outcomes in the order of the folds; None is a run that says the training mean.
    task
        What was predicted.
    ceiling
        ``(t,)`` the highest correlation possible; NaN where unknown.
    """
    pairs = [task.ratios(run) for run in runs]
    each = [averaged([across_patients(*repeat) for repeat in zip(*of_run, strict=True)]) for of_run in pairs]
    correlations = averaged(each)
    return AcrossResult(
        name=name,
        kind=kind,
        words=words,
        pearson=fisher_interval(correlations.mean, correlations.mean_without),
        share_of_ceiling=_share(correlations, ceiling),
        explained=_explained(pairs),
        targets=_intervals(correlations),
        correlations=correlations,
        predicted=np.mean([task.levels(run) for run in runs], axis=0),
        above_zero=float(np.mean([sum(target.low > 0 for target in _intervals(one)) for one in each])),
        chosen=tuple(outcome.chosen for outcome in runs[0] or ()),
    )


def _intervals(correlations: LeftOutCorrelations) -> tuple[Interval, ...]:
    """Return the correlation of each target with its interval."""
    return tuple(
        fisher_interval(float(value), without)
        for value, without in zip(correlations.of_all, correlations.without.T, strict=True)
    )


def difference(model: AcrossResult, reference: AcrossResult) -> Difference:
    """Return a model's mean correlation minus that of another on the same patients, with its interval and what it means.

    Parameters
    ----------
    model, reference
        On the same folds.
    """
    first, second = model.correlations, reference.correlations
    interval = difference_interval(first.mean - second.mean, first.mean_without - second.mean_without)
    metric = PROFILE_METRICS["pearson"]
    return Difference(model.name, reference.name, metric.name, interval, verdict_of(interval, metric))


def _share(correlations: LeftOutCorrelations, ceiling: FloatArray) -> Interval:
    """Return the mean correlation over the mean ceiling of the targets that have both."""
    both = np.isfinite(correlations.of_all) & (np.nan_to_num(ceiling) > 0)
    if not both.any():
        return Interval(float("nan"), float("nan"), float("nan"), "jackknife")
    part = LeftOutCorrelations(correlations.of_all[both], correlations.without[:, both])
    reached, highest = fisher_interval(part.mean, part.mean_without), float(ceiling[both].mean())
    return Interval(reached.value / highest, reached.low / highest, reached.high / highest, reached.method)


def _explained(pairs: Sequence[tuple[FloatArray, FloatArray]]) -> float:
    """Return the mean over targets of 1 - squared error / squared error of the training mean."""
    error = np.mean([np.square(first - second).sum(axis=(0, 1)) for first, second in pairs], axis=0)
    of_mean = np.mean([np.square(measured).sum(axis=(0, 1)) for _, measured in pairs], axis=0)
    ratio = np.divide(error, of_mean, out=np.full(len(of_mean), np.nan), where=of_mean > 0)
    return float(known_mean(1 - ratio))
