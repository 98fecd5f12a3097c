"""Figures of patients from predictions of every repeat: with intervals, and as differences between models."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import numpy as np

from spectra_dl.arrays import FloatArray
from spectra_dl.evaluation.comparison import Difference, verdict_of
from spectra_dl.evaluation.intervals import Interval, percentile_interval
from spectra_dl.evaluation.metric import Metric, shown_in

Predictions = TypeVar("Predictions")


@dataclass(frozen=True)
class PatientMetric(Metric):
    """A metric of what was predicted of patients.

    Attributes
    ----------
    of
        ``(r,)`` the figure where each patient counts as often as ``(r, m)`` multiplicities say.
    widened_within
        The bounds of a figure whose interval is widened by as much as refits vary more than fixed predictions; None widens none.
    """

    of: Callable[[Any, FloatArray], FloatArray] = lambda _, multiplicity: np.full(len(multiplicity), np.nan)
    widened_within: tuple[float, float] | None = None


def resampled(metric: PatientMetric, predictions: Sequence[Any], multiplicity: FloatArray) -> FloatArray:
    """Return ``(r,)`` the figure in each resample, averaged over repeats.

    Parameters
    ----------
    metric
        Of which.
    predictions
        Of each repeat.
    multiplicity
        ``(r, m)`` how often each patient counts.
    """
    return np.asarray(np.mean([metric.of(one, multiplicity) for one in predictions], axis=0))


def once(metric: PatientMetric, predictions: Sequence[Any], n_patients: int) -> float:
    """Return the figure in which each patient counts once, averaged over repeats.

    Parameters
    ----------
    metric, predictions
        As in `resampled`.
    n_patients
        How many there are.
    """
    return float(resampled(metric, predictions, np.ones((1, n_patients)))[0])


def intervals(
    metrics: Mapping[str, PatientMetric],
    predictions: Sequence[Any],
    multiplicity: FloatArray,
    inflation: float,
) -> dict[str, Interval]:
    """Return every figure with its interval.

    Parameters
    ----------
    metrics
        By name.
    predictions, multiplicity
        As in `resampled`.
    inflation
        By how much refits vary more than fixed predictions.
    """
    return {name: _interval(metric, predictions, multiplicity, inflation) for name, metric in metrics.items()}


def _interval(
    metric: PatientMetric, predictions: Sequence[Any], multiplicity: FloatArray, inflation: float
) -> Interval:
    value = once(metric, predictions, multiplicity.shape[1])
    found = percentile_interval(value, resampled(metric, predictions, multiplicity))
    if metric.widened_within is None:
        return found
    wide = found.widened(inflation)
    low, high = (float(np.clip(end, *metric.widened_within)) for end in (wide.low, wide.high))  # NaN stays
    return replace(wide, low=low, high=high, method="refit-corrected")


def differences(
    metrics: Mapping[str, PatientMetric],
    predictions: Mapping[str, Sequence[Any]],
    multiplicity: FloatArray,
    inflation: float,
) -> tuple[Difference, ...]:
    """Return every other model minus the first on the same resampled patients, wider by as much as refits vary more than fixed predictions.

    Parameters
    ----------
    metrics
        By name; those of the headline are compared.
    predictions
        Of each model in each repeat.
    multiplicity
        ``(r, m)`` resampled patients.
    inflation
        By how much refits vary more.
    """
    (reference, first), *rest = predictions.items()
    found, n_patients = [], multiplicity.shape[1]
    for name, one in rest:
        for metric in shown_in("headline", metrics):
            value = once(metric, one, n_patients) - once(metric, first, n_patients)
            drawn = resampled(metric, one, multiplicity) - resampled(metric, first, multiplicity)
            interval = percentile_interval(value, drawn).widened(inflation)
            found.append(Difference(name, reference, metric.name, interval, verdict_of(interval, metric)))
    return tuple(found)
