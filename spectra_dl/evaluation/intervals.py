"""How sure a figure is: intervals from resampled patients, never from spectra as if they were independent.

A resample is a row of multiplicities, how often each patient was drawn. Every figure of thousands of resamples then
comes from sums weighted by multiplicities; the AUC from one sort of the scores, exactly, ties included.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from spectra_dl.arrays import FloatArray, IndexArray
from spectra_dl.errors import DataError, UsageError
from spectra_dl.evaluation.classes import metrics

IntervalMethod = Literal["percentile", "bca"]
_BLOCK_CELLS = 250_000  # multiplicities worked on at once: 2 MB stay in a core's cache


@dataclass(frozen=True)
class Interval:
    """A figure with its interval.

    Attributes
    ----------
    value, low, high
        NaN where undefined.
    method
        ``"percentile"``, ``"bca"`` or ``"wilson"``.
    undefined_share
        The share of resamples in which the figure was undefined, for instance without a patient of one class.
    """

    value: float
    low: float
    high: float
    method: str
    undefined_share: float = 0.0


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
        As in `metrics.all_metrics`.
    """

    truth: IndexArray
    probability: FloatArray
    patient: IndexArray
    positive: int | None

    def __post_init__(self) -> None:
        if self.probability.ndim != 3 or self.probability.shape[1] != len(self.truth):
            raise DataError(
                f"probabilities of shape {self.probability.shape} for {len(self.truth)} rows; give (repeats, rows, classes)"
            )

    def figures(self) -> dict[str, float]:
        """Return each metric, averaged over the repeats."""
        per_repeat = [metrics.all_metrics(self.truth, each, self.positive) for each in self.probability]
        return {name: float(np.mean([one[name] for one in per_repeat])) for name in metrics.METRICS}


def draw_patients(n_patients: int, *, resamples: int = 2000, seed: int = 0) -> FloatArray:
    """Draw patients with replacement, so many as there are: ``(resamples, m)`` multiplicities."""
    generator = np.random.default_rng(seed)
    return generator.multinomial(n_patients, np.full(n_patients, 1.0 / n_patients), size=resamples).astype(
        np.float64
    )


def resampled_figures(scores: Scores, multiplicity: FloatArray) -> dict[str, FloatArray]:
    """Return each metric in each resample, averaged over repeats.

    Parameters
    ----------
    multiplicity
        ``(resamples, m)``: how often each patient counts.

    Returns
    -------
    figures
        ``(resamples,)`` by name; NaN where a resample leaves a figure undefined.
    """
    repeats = [_figures_of_one_repeat(scores, each, multiplicity) for each in scores.probability]
    return {name: np.mean([one[name] for one in repeats], axis=0) for name in metrics.METRICS}


def resampled_auc(
    is_positive: IndexArray, score: FloatArray, patient: IndexArray, multiplicity: FloatArray
) -> FloatArray:
    """Return the AUC in each resample, exact with ties; NaN without both classes.

    Equal to repeating each row as often as its patient was drawn and taking the AUC of that.

    Parameters
    ----------
    is_positive, score, patient
        ``(n,)``: whether the row is of the class, its score, its patient's number.
    multiplicity
        ``(resamples, m)``.
    """
    positive, negative = np.flatnonzero(is_positive), np.flatnonzero(~np.asarray(is_positive, dtype=bool))
    negative = negative[np.argsort(score[negative], kind="stable")]
    below = np.searchsorted(score[negative], score[positive], side="left")
    not_above = np.searchsorted(score[negative], score[positive], side="right")
    step = max(1, _BLOCK_CELLS // max(1, len(score)))
    blocks = []
    for start in range(0, len(multiplicity), step):
        drawn = np.ascontiguousarray(
            multiplicity[start : start + step].T
        )  # (m, b): rows of one patient lie together
        beaten = np.zeros((negative.size + 1, drawn.shape[1]))
        np.cumsum(drawn[patient[negative]], axis=0, out=beaten[1:])
        weight = drawn[patient[positive]]
        wins = np.einsum("ib,ib->b", weight, beaten[below] + beaten[not_above]) / 2.0
        pairs = weight.sum(axis=0) * beaten[-1]
        blocks.append(np.divide(wins, pairs, out=np.full_like(wins, np.nan), where=pairs > 0))
    return np.concatenate(blocks)


def patient_intervals(
    scores: Scores, multiplicity: FloatArray, *, method: IntervalMethod = "percentile", level: float = 0.95
) -> dict[str, Interval]:
    """Return every metric with its bootstrap interval over patients.

    Parameters
    ----------
    multiplicity
        Resamples from `draw_patients`.
    method
        ``"percentile"``: the quantiles of the resamples. ``"bca"``: corrected for bias and skewness, Efron 1987,
        doi 10.1080/01621459.1987.10478410; the acceleration from leaving out one patient at a time.
    """
    figures, resampled = scores.figures(), resampled_figures(scores, multiplicity)
    if method == "percentile":
        return {name: percentile_interval(figures[name], resampled[name], level=level) for name in figures}
    n_patients = multiplicity.shape[1]
    left_out = resampled_figures(scores, 1.0 - np.eye(n_patients))
    return {
        name: bca_interval(figures[name], resampled[name], left_out[name], level=level) for name in figures
    }


def percentile_interval(value: float, resampled: FloatArray, *, level: float = 0.95) -> Interval:
    """Return the interval between the quantiles of the resamples; those that are NaN are left out and counted."""
    tail = (1.0 - level) / 2.0
    return _quantiles(value, resampled, (tail, 1.0 - tail), "percentile")


def bca_interval(
    value: float, resampled: FloatArray, left_out: FloatArray, *, level: float = 0.95
) -> Interval:
    """Return the bias-corrected and accelerated interval.

    Parameters
    ----------
    left_out
        ``(m,)`` the figure without each patient in turn.
    """
    from scipy.special import ndtr, ndtri

    defined = resampled[np.isfinite(resampled)]
    tail = (1.0 - level) / 2.0
    # Resamples equal to the figure count half: with few patients many are.
    share = (np.count_nonzero(defined < value) + 0.5 * np.count_nonzero(defined == value)) / max(
        1, defined.size
    )
    if not 0.0 < share < 1.0:
        return percentile_interval(value, resampled, level=level)
    deviation = np.nanmean(left_out) - left_out[np.isfinite(left_out)]
    spread = float((deviation**2).sum()) ** 1.5
    acceleration = float((deviation**3).sum()) / (6.0 * spread) if spread > 0 else 0.0
    bias = ndtri(share)
    shifted = bias + ndtri(np.array([tail, 1.0 - tail]))
    low, high = ndtr(bias + shifted / (1.0 - acceleration * shifted))
    return _quantiles(value, resampled, (float(low), float(high)), "bca")


def wilson_interval(successes: float, trials: float, *, level: float = 0.95) -> Interval:
    """Return a proportion with Wilson's score interval, doi 10.1080/01621459.1927.10502953.

    It holds for few trials and for shares of 0 and 1, where resampling gives an interval of no width.

    Raises
    ------
    UsageError
        More successes than trials, or a negative count.

    Examples
    --------
    >>> interval = wilson_interval(10, 10)
    >>> round(interval.low, 3), interval.high
    (0.722, 1.0)
    """
    if not 0 <= successes <= trials:
        raise UsageError(f"{successes} successes of {trials} trials: give counts with successes <= trials")
    if trials == 0:
        return Interval(float("nan"), float("nan"), float("nan"), "wilson")
    from scipy.special import ndtri

    z, share = float(ndtri(0.5 + level / 2.0)), successes / trials
    centre = (share + z**2 / (2 * trials)) / (1 + z**2 / trials)
    half = z / (1 + z**2 / trials) * np.sqrt(share * (1 - share) / trials + z**2 / (4 * trials**2))
    low, high = max(0.0, float(centre - half)), min(1.0, float(centre + half))
    return Interval(share, min(low, share), max(high, share), "wilson")  # no end beyond the share by rounding


def _quantiles(value: float, resampled: FloatArray, at: tuple[float, float], method: str) -> Interval:
    defined = resampled[np.isfinite(resampled)]
    undefined = 1.0 - defined.size / max(1, resampled.size)
    if np.isnan(value) or not defined.size:
        return Interval(value, float("nan"), float("nan"), method, undefined)
    low, high = np.quantile(defined, at)
    return Interval(value, float(low), float(high), method, undefined)


def _figures_of_one_repeat(
    scores: Scores, probability: FloatArray, multiplicity: FloatArray
) -> dict[str, FloatArray]:
    truth, patient, n_patients = scores.truth, scores.patient, multiplicity.shape[1]
    n_classes = probability.shape[1]
    cell = truth * n_classes + probability.argmax(axis=1)
    per_patient = np.bincount(patient * n_classes**2 + cell, minlength=n_patients * n_classes**2)
    counts = multiplicity @ per_patient.reshape(n_patients, -1).astype(np.float64)  # (resamples, c * c)
    rows = counts.sum(axis=1)
    figures = metrics.from_confusion(counts.reshape(-1, n_classes, n_classes), scores.positive)
    brier = np.bincount(patient, weights=metrics.brier_per_row(truth, probability), minlength=n_patients)
    figures["brier"] = multiplicity @ brier / np.maximum(rows, 1.0)
    gaps = metrics.calibration_gaps(truth, probability, patient)
    figures["ece"] = metrics.calibration_from_gaps(multiplicity[:, : len(gaps)] @ gaps, rows)
    codes = metrics.ranked_classes(n_classes, scores.positive)
    each = [resampled_auc(truth == code, probability[:, code], patient, multiplicity) for code in codes]
    figures["auc"] = np.mean(each, axis=0)
    return figures
