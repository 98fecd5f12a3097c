"""Every metric of one set of predictions, with its interval over patients."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from spectra_dl.arrays import FloatArray, IndexArray
from spectra_dl.errors import DataError
from spectra_dl.evaluation.classes.metric_table import METRICS, all_metrics
from spectra_dl.evaluation.classes.resampling import ResampledPredictions
from spectra_dl.evaluation.intervals import Interval, IntervalMethod, bca_interval, percentile_interval


@dataclass(frozen=True, eq=False)
class Scores:
    """Predictions for rows that belong to patients; repeats of a cross-validation side by side.

    Attributes
    ----------
    truth
        ``(n,)`` class numbers.
    probability
        ``(repeats, n, c)``.
    patient
        ``(n,)`` patient numbers from 0.
    positive
        As in `metric_table.all_metrics`.
    fold
        ``(repeats, n)`` which fold's model scored the row; None: one model scored all.
    """

    truth: IndexArray
    probability: FloatArray
    patient: IndexArray
    positive: int | None
    fold: IndexArray | None = None

    def __post_init__(self) -> None:
        if self.probability.ndim != 3 or self.probability.shape[1] != len(self.truth):
            raise DataError(
                f"probabilities of shape {self.probability.shape} for {len(self.truth)} rows; give (repeats, rows, classes)"
            )

    @property
    def folds(self) -> Sequence[IndexArray | None]:
        """The folds of each repeat."""
        return [None] * len(self.probability) if self.fold is None else list(self.fold)

    def figures(self) -> dict[str, float]:
        """Return each metric, averaged over the repeats."""
        per_repeat = [
            all_metrics(self.truth, each, self.positive, fold)
            for each, fold in zip(self.probability, self.folds, strict=True)
        ]
        return {name: float(np.mean([figures[name] for figures in per_repeat])) for name in METRICS}


def resampled_figures(scores: Scores, multiplicity: FloatArray) -> dict[str, FloatArray]:
    """Return each metric in each resample, averaged over repeats.

    Parameters
    ----------
    scores
        Predictions of each repeat.
    multiplicity
        ``(resamples, m)``: how often each patient counts.

    Returns
    -------
    figures
        ``(resamples,)`` by name; NaN where a resample leaves a figure undefined.
    """
    repeats = [
        ResampledPredictions(scores.truth, each, scores.patient, scores.positive, multiplicity, fold)
        for each, fold in zip(scores.probability, scores.folds, strict=True)
    ]
    return {
        name: np.mean([metric.resampled(repeat) for repeat in repeats], axis=0)
        for name, metric in METRICS.items()
    }


def patient_intervals(
    scores: Scores,
    multiplicity: FloatArray,
    *,
    method: IntervalMethod = "percentile",
    level: float = 0.95,
    cluster: IndexArray | None = None,
) -> dict[str, Interval]:
    """Return every metric with its bootstrap interval over patients.

    Parameters
    ----------
    scores
        Predictions of each repeat.
    multiplicity
        Resamples from `draw_patients`.
    method
        ``"percentile"``: the quantiles of the resamples. ``"bca"``: corrected for bias and skewness, Efron 1987,
        doi 10.1080/01621459.1987.10478410; the acceleration from leaving out one patient at a time.
    level
        Of the interval.
    cluster
        ``(m,)`` number of each patient's subject, where several are one subject's; None: each is its own.
    """
    figures, resampled = scores.figures(), resampled_figures(scores, multiplicity)
    if method == "percentile":
        return {name: percentile_interval(figures[name], resampled[name], level=level) for name in figures}
    subject = np.arange(multiplicity.shape[1]) if cluster is None else cluster
    left_out = resampled_figures(scores, 1.0 * (np.unique(subject)[:, None] != subject))
    return {
        name: bca_interval(figures[name], resampled[name], left_out[name], level=level) for name in figures
    }
