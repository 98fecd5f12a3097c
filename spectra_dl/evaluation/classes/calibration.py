"""Make stated probabilities honest, and say how honest they are: temperature, recalibration, reliability."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray, IndexArray
from spectra_dl.errors import DataError
from spectra_dl.evaluation.intervals import Interval, wilson_interval

_MOST_BINS, _FEWEST_IN_BIN = 10, 10
_SMALLEST_PROBABILITY = 1e-12
_RANGE = (0.05, 20.0)  # beyond these the logits carry no information or nothing contradicts them


def fit_temperature(logits: FloatArray, truth: IndexArray) -> float:
    """Return the temperature that makes ``softmax(logits / temperature)`` most likely.

    Above 1 the model was too sure. It changes no ranking and, with one temperature for all classes, no decision.

    Parameters
    ----------
    logits
        ``(m, c)``, one row per out-of-fold patient (the mean logit over the patient's spectra).
    truth
        ``(m,)`` class numbers.

    Returns
    -------
    temperature
        Between 0.05 and 20; the lower end where every patient is classified rightly.

    Raises
    ------
    DataError
        Shapes disagree, there are no rows, or a logit is not finite.

    Notes
    -----
    Guo et al. 2017, arXiv:1706.04599. The likelihood is concave in 1 / temperature, so the minimum is the only one.

    Examples
    --------
    >>> logits = np.array([[4.0, 0.0], [4.0, 0.0], [4.0, 0.0], [0.0, 4.0]])
    >>> round(fit_temperature(logits, np.array([0, 0, 1, 1])), 2)  # right three times of four: log 3 = 4 / T
    3.64
    """
    from scipy.optimize import minimize_scalar

    if logits.ndim != 2 or logits.shape[0] != len(truth) or not len(truth):
        raise DataError(f"logits of shape {logits.shape} for {len(truth)} patients; give (patients, classes)")
    if not np.all(np.isfinite(logits)):
        raise DataError("a logit is not finite; the model diverged, train it anew before calibrating")
    lowest, highest = 1.0 / _RANGE[1], 1.0 / _RANGE[0]
    best = minimize_scalar(
        lambda inverse: logit_surprise(inverse * logits, truth).mean(),
        bounds=(lowest, highest),
        method="bounded",
        options={"xatol": 1e-9},
    )
    return float(1.0 / best.x)


def logit_surprise(logits: FloatArray, truth: IndexArray) -> FloatArray:
    """Return ``(m,)`` minus the log probability of each one's class, of logits ``(m, c)`` that softmax makes probabilities of.

    Parameters
    ----------
    logits
        ``(m, c)``.
    truth
        ``(m,)`` class numbers.

    Examples
    --------
    >>> logit_surprise(np.zeros((1, 2)), np.array([0])).round(3).tolist()
    [0.693]
    """
    top = logits.max(axis=1)
    total = top + np.log(np.exp(logits - top[:, None]).sum(axis=1))
    surprise: FloatArray = total - logits[np.arange(len(truth)), truth]
    return surprise


@dataclass(frozen=True)
class ReliabilityBin:
    """Patients with about the same predicted probability.

    Attributes
    ----------
    low, high
        The lowest and highest probability among them.
    patients
        How many they are.
    mean_probability
        The mean of their predicted probabilities.
    observed
        The share of positives among them, with Wilson's interval.
    """

    low: float
    high: float
    patients: int
    mean_probability: float
    observed: Interval


def reliability(probability: FloatArray, positive: NDArray[np.bool_]) -> tuple[ReliabilityBin, ...]:
    """Sort patients by probability into bins of about equal size, ten at most and ten patients each at least.

    Patients with the same probability are in the same bin, and no bin is empty.

    Parameters
    ----------
    probability
        ``(m,)`` of the positive class, one per patient.
    positive
        ``(m,)`` whether the patient is.

    Examples
    --------
    >>> predicted = np.array([0.2] * 10 + [0.9] * 10)
    >>> bins = reliability(predicted, np.arange(20) >= 8)
    >>> [(each.patients, each.observed.value) for each in bins]
    [(10, 0.2), (10, 1.0)]
    """
    bins = max(1, min(_MOST_BINS, len(probability) // _FEWEST_IN_BIN))
    first_rank = np.searchsorted(np.sort(probability), probability, side="left")
    number = first_rank * bins // max(1, len(probability))
    return tuple(
        _bin(probability[number == bin_number], positive[number == bin_number])
        for bin_number in np.unique(number)
    )


def _bin(probability: FloatArray, positive: NDArray[np.bool_]) -> ReliabilityBin:
    observed = wilson_interval(float(np.count_nonzero(positive)), float(len(positive)))
    low, high, mean = probability.min(), probability.max(), probability.mean()
    return ReliabilityBin(float(low), float(high), len(positive), float(mean), observed)


def recalibration(probability: FloatArray, positive: NDArray[np.bool_]) -> tuple[float, float]:
    """Return the slope and the intercept that patients ask of the stated log odds.

    A slope of 1 and an intercept of 0 are right. Below 1 the model is too sure; an intercept above 0 means that it predicts
    too little risk on the whole.

    Parameters
    ----------
    probability
        ``(m,)`` of the positive class; 0 and 1 are moved by 1e-12.
    positive
        ``(m,)`` whether the patient is.

    Returns
    -------
    slope, intercept
        The slope is NaN where all probabilities are equal or a threshold parts the classes without fault, for then no
        finite slope is the likeliest; both are with patients of one class.

    Notes
    -----
    Cox 1958, Biometrika 45:562, doi 10.1093/biomet/45.3-4.562: logistic regression of the class on the log odds. The intercept is
    that of the log odds taken as they are ("calibration in the large"), Van Calster et al. 2019,
    doi 10.1186/s12916-019-1466-7.

    Examples
    --------
    >>> predicted = np.repeat([0.1, 0.9], 10)  # one and nine of ten were meant, two and eight are
    >>> slope, intercept = recalibration(predicted, np.arange(20) % 10 < np.repeat([2, 8], 10))
    >>> round(slope, 3), round(abs(intercept), 3)  # log 4 / log 9
    (0.631, 0.0)
    """
    kept = np.clip(probability, _SMALLEST_PROBABILITY, 1.0 - _SMALLEST_PROBABILITY)
    odds = np.log(kept) - np.log1p(-kept)
    if not 0 < np.count_nonzero(positive) < len(positive):
        return float("nan"), float("nan")
    return _slope(odds, positive.astype(np.float64)), _intercept(odds, float(positive.mean()))


def _intercept(odds: FloatArray, share: float) -> float:
    """Return what is added to all log odds to make the mean probability the observed share."""
    from scipy.optimize import brentq
    from scipy.special import expit

    def excess(shift: float) -> float:
        return float(expit(odds + shift).mean()) - share

    centre = float(np.log(share) - np.log1p(-share))
    return float(brentq(excess, centre - odds.max() - 1.0, centre - odds.min() + 1.0))


def _slope(odds: FloatArray, truth: FloatArray) -> float:
    from scipy.optimize import minimize

    negative, positive = odds[truth == 0], odds[truth == 1]
    if np.ptp(odds) == 0 or negative.max() <= positive.min() or positive.max() <= negative.min():
        return float("nan")
    spread = float(odds.std())
    design = np.stack([np.ones_like(odds), (odds - odds.mean()) / spread], axis=1)

    def surprise(weight: FloatArray) -> float:
        score = design @ weight
        return float(np.mean(np.logaddexp(0.0, score) - truth * score))

    def gradient(weight: FloatArray) -> FloatArray:
        from scipy.special import expit

        slope: FloatArray = design.T @ (expit(design @ weight) - truth) / len(truth)
        return slope

    best = minimize(surprise, np.zeros(2), jac=gradient, method="BFGS", options={"gtol": 1e-10})
    return float(best.x[1]) / spread
