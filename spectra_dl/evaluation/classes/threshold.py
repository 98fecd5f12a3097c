"""From which probability on a patient is called positive, chosen on patients the model never saw."""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray
from spectra_dl.errors import DataError, UsageError

ThresholdRule = Literal["youden"] | float
_RESAMPLES = 200
_COUNTS_AT_ONCE = 1_000_000
_ENDS = (5, 95)  # % of the resamples


@dataclass(frozen=True)
class SmoothedThreshold:
    """A decision threshold, and how far it would move with other patients like these.

    Attributes
    ----------
    value
        At or above it a patient is called positive.
    low, high
        Between them lie the thresholds of nine in ten resamples of the patients.
    """

    value: float
    low: float
    high: float


def smooth_threshold(
    probability: FloatArray, positive: NDArray[np.bool_], rule: ThresholdRule = "youden", *, seed: int = 0
) -> SmoothedThreshold:
    """Return the mean threshold of 200 resamples of the patients within their class, and the spread of these.

    The highest sum of sensitivity and specificity hangs on few patients; its mean over resamples varies less from study to
    study and serves new patients no worse. A specificity that is asked for is one of the patients given: its threshold is
    `choose_threshold`'s, and only its spread comes from resamples.

    Parameters
    ----------
    probability, positive, rule
        As in `choose_threshold`.
    seed
        Of the resamples.

    Raises
    ------
    DataError
        As in `choose_threshold`.
    UsageError
        As in `choose_threshold`.

    Notes
    -----
    Bootstrap smoothing: Efron 2014, doi 10.1080/01621459.2013.823775.

    Examples
    --------
    >>> probability, positive = np.array([0.1, 0.2, 0.3, 0.6, 0.8]), np.array([False, False, True, False, True])
    >>> smoothed = smooth_threshold(probability, positive)
    >>> smoothed.low < smoothed.value < smoothed.high
    True
    """
    chosen = choose_threshold(probability, positive, rule)
    observed, place = np.unique(probability, return_inverse=True)
    generator = np.random.default_rng(seed)
    of_class = [place[positive == flag] for flag in (False, True)]

    def drawn(places: NDArray[np.intp]) -> NDArray[np.intp]:
        return np.bincount(places[generator.integers(places.size, size=places.size)], minlength=observed.size)

    resampled: list[float] = []
    at_once = max(1, _COUNTS_AT_ONCE // observed.size)
    for done in range(0, _RESAMPLES, at_once):
        resamples = range(done, min(done + at_once, _RESAMPLES))
        counts = np.array([[drawn(places) for places in of_class] for _ in resamples])
        resampled += _best(*_candidates(observed, counts), rule).tolist()
    low, high = np.percentile(resampled, _ENDS)
    value = float(np.mean(resampled)) if rule == "youden" else chosen
    return SmoothedThreshold(value, float(low), float(high))


def choose_threshold(
    probability: FloatArray, positive: NDArray[np.bool_], rule: ThresholdRule = "youden"
) -> float:
    """Return the threshold that serves these patients best; at or above it a patient is called positive.

    Only what separates patients is looked at: the threshold lies half-way between two neighbouring probabilities,
    or half-way from the lowest to 0 (everybody is positive) or from the highest to 1 (nobody is).

    Parameters
    ----------
    probability
        ``(m,)`` probabilities of the positive class, one per patient, each out of fold.
    positive
        ``(m,)`` whether the patient is positive.
    rule
        ``"youden"``: the highest sensitivity + specificity; of equals the threshold nearest 0.5, then the lower one.
        A number: the highest sensitivity at a specificity of at least this; of equals the highest specificity.

    Raises
    ------
    DataError
        Shapes disagree, a probability is none, or there are no patients of one of the two classes.
    UsageError
        ``rule`` is neither ``"youden"`` nor a specificity above 0 and at most 1.

    Notes
    -----
    Youden 1950, doi 10.1002/1097-0142(1950)3:1<32::AID-CNCR2820030106>3.0.CO;2-3.

    Examples
    --------
    >>> probability, positive = np.array([0.1, 0.2, 0.3, 0.6, 0.8]), np.array([False, False, True, False, True])
    >>> choose_threshold(probability, positive)
    0.25
    >>> choose_threshold(probability, positive, 1.0)
    0.7
    """
    check_rule(rule)
    _check(probability, positive)
    observed, place = np.unique(probability, return_inverse=True)
    counts = [np.bincount(place[positive == flag], minlength=observed.size) for flag in (False, True)]
    return float(_best(*_candidates(observed, np.array([counts])), rule)[0])


def check_rule(rule: ThresholdRule) -> None:
    """Refuse a rule that is neither ``"youden"`` nor a specificity."""
    if rule == "youden" or (not isinstance(rule, str) and 0.0 < rule <= 1.0):
        return
    raise UsageError(
        f"threshold rule {rule!r}: say 'youden', or the specificity wanted, above 0 and at most 1, such as 0.95"
    )


def _check(probability: FloatArray, positive: NDArray[np.bool_]) -> None:
    if probability.shape != positive.shape or probability.ndim != 1:
        raise DataError(
            f"probabilities of shape {probability.shape} for {positive.shape} patients; give one of each per patient"
        )
    if not np.all((probability >= 0) & (probability <= 1)):
        raise DataError("a probability is not between 0 and 1; the model diverged, train it anew")
    if not 0 < np.count_nonzero(positive) < len(positive):
        raise DataError("a threshold needs patients of both classes; bring more, or leave the threshold out")


def _candidates(
    observed: FloatArray, counts: NDArray[np.intp]
) -> tuple[FloatArray, NDArray[np.intp], NDArray[np.intp]]:
    """Return thresholds ``(r, u + 1)`` in rising order, and how many are rightly positive and rightly negative at each.

    Of r times as many patients ``counts`` (r, 2, u) negatives and positives have each of the ``observed`` (u) probabilities, in
    rising order. What nobody of a resample has separates nobody there: its threshold is NaN, and its numbers are -1.
    """
    times, _, values = counts.shape
    present = counts.any(axis=1)  # (r, u)
    # The probability below: of the patients that come last before.
    number = np.where(present, np.arange(1, values + 1), 0)
    before = np.maximum.accumulate(np.hstack([np.zeros((times, 1), dtype=np.intp), number]), axis=1)
    last = before[:, -1] - 1
    lower = np.concatenate([[0.0], observed])[before]  # (r, u + 1)
    highest = observed[last]
    top = np.where(highest < 1.0, 1.0, np.nextafter(1.0, 2.0))
    upper = np.column_stack([np.broadcast_to(observed, present.shape), top])
    # The mean of two neighbouring doubles may be the lower one, which must not pass for the gap above it.
    at = np.maximum((lower + upper) / 2.0, np.nextafter(lower, 2.0))
    first = np.arange(values + 1) == present.argmax(axis=1)[:, None]
    at = np.where(first, np.minimum(at, upper), at)
    below = np.concatenate([np.zeros((times, 2, 1), dtype=np.intp), counts.cumsum(axis=2)], axis=2)
    hits, rejected = below[:, 1, -1:] - below[:, 1], below[:, 0]
    nobody = ~np.column_stack([present, np.ones(times, dtype=np.bool_)])
    return np.where(nobody, np.nan, at), np.where(nobody, -1, hits), np.where(nobody, -1, rejected)


def _best(
    at: FloatArray, hits: NDArray[np.intp], rejected: NDArray[np.intp], rule: ThresholdRule
) -> FloatArray:
    """Return the threshold ``(r,)`` of each row of candidates ``(r, k)`` from `_candidates`."""
    n_positive, n_negative = hits[0].max(), rejected[0].max()
    if rule == "youden":
        merit = hits * n_negative + rejected * n_positive  # in whole numbers, so that equals are equal
        best = merit == merit.max(axis=1, keepdims=True)
        place = np.where(best, np.abs(at - 0.5), np.inf).argmin(axis=1)
    else:
        needed = math.ceil(rule * n_negative - 1e-9)
        place = np.where(rejected >= needed, hits * (n_negative + 1) + rejected, -1).argmax(axis=1)
    chosen: FloatArray = at[np.arange(len(at)), place]
    return chosen
