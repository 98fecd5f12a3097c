"""Curves of what share is without the event: Kaplan-Meier and Nelson-Aalen, with censoring, and the log-rank test.

Functions with a weight take thousands of resamples at once: ``(r, m)`` how often each patient counts.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray, IndexArray
from spectra_dl.evaluation.intervals import wilson_interval

_NORMAL_975 = 1.959963984540054


@dataclass(frozen=True, eq=False)
class SurvivalCurve:
    """A Kaplan-Meier curve, which steps down at each time of an event.

    Attributes
    ----------
    time
        ``(k,)`` distinct times of events, ascending.
    survival
        ``(k,)`` share without the event just after each.
    low, high
        ``(k,)`` 95 % interval of each on the log-log scale; NaN where nobody is left.
    at_risk
        ``(k,)`` patients under observation just before each.
    followed
        ``(m,)`` how long each patient was.
    """

    time: FloatArray
    survival: FloatArray
    low: FloatArray
    high: FloatArray
    at_risk: IndexArray
    followed: FloatArray

    def at(self, time: float) -> tuple[float, float, float]:
        """Return the share without the event at a time, with its interval; before the first event Wilson's, of patients still under observation."""
        before = int(np.searchsorted(self.time, time, side="right")) - 1
        if before < 0:
            observed = int((self.followed >= time).sum())
            return 1.0, wilson_interval(observed, observed).low, 1.0
        return float(self.survival[before]), float(self.low[before]), float(self.high[before])


def kaplan_meier(time: FloatArray, event: NDArray[np.bool_]) -> SurvivalCurve:
    """Return the Kaplan-Meier curve with Greenwood's variance on the log-log scale.

    Parameters
    ----------
    time, event
        ``(m,)`` of patients.

    References
    ----------
    Kaplan & Meier 1958, doi 10.1080/01621459.1958.10501452; the log-log interval: Kalbfleisch & Prentice 2002, The Statistical Analysis of Failure
    Time Data, section 1.4.

    Examples
    --------
    >>> kaplan_meier(np.array([1.0, 2.0, 3.0]), np.array([True, False, True])).survival.round(3).tolist()
    [0.667, 0.0]
    """
    distinct = np.unique(time[event])
    died = (time[:, None] == distinct)[event].sum(axis=0)
    at_risk = (time[:, None] >= distinct).sum(axis=0)
    survival = np.cumprod(1.0 - died / at_risk)
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = np.cumsum(died / (at_risk * (at_risk - died)))
        half = _NORMAL_975 * np.sqrt(variance) / -np.log(survival)
        ends = survival ** np.exp(half), survival ** np.exp(-half)
    known = (survival > 0) & (survival < 1)
    low, high = (np.where(known, end, np.nan) for end in ends)
    return SurvivalCurve(distinct, survival, low, high, at_risk, time)


def survival_at(time: FloatArray, event: NDArray[np.bool_], at: FloatArray, weight: FloatArray) -> FloatArray:
    """Return ``(r, g)`` Kaplan-Meier estimates at given times.

    Parameters
    ----------
    time, event
        ``(m,)`` of patients.
    at
        ``(g,)`` times.
    weight
        ``(r, m)`` how often each patient counts.
    """
    distinct, place = np.unique(time[event], return_inverse=True)
    died = _summed(weight[:, event], place, len(distinct))
    return _stepped(distinct, died, _at_risk(time, distinct, weight), at)


def uncensored_at(
    time: FloatArray, event: NDArray[np.bool_], at: FloatArray, weight: FloatArray
) -> FloatArray:
    """Return ``(r, g)`` the share whose observation has not ended otherwise than by the event; of equal times events come first.

    Parameters
    ----------
    time, event, at, weight
        As in `survival_at`.
    """
    distinct, place = np.unique(time[~event], return_inverse=True)
    censored = _summed(weight[:, ~event], place, len(distinct))
    ended = weight[:, event] @ (time[event][:, None] == distinct)
    return _stepped(distinct, censored, _at_risk(time, distinct, weight) - ended, at)


def martingale_residuals(time: FloatArray, event: NDArray[np.bool_]) -> FloatArray:
    """Return ``(m,)`` by how much each patient's event came sooner than of patients alike: event - cumulative hazard of all.

    Parameters
    ----------
    time, event
        ``(m,)`` of patients.

    References
    ----------
    Therneau, Grambsch & Fleming 1990, doi 10.1093/biomet/77.1.147; the hazard is Nelson's and Aalen's.
    """
    distinct = np.unique(time[event])
    died = (time[event][:, None] == distinct).sum(axis=0)
    hazard = np.cumsum(died / np.maximum((time[:, None] >= distinct).sum(axis=0), 1))
    before = np.searchsorted(distinct, time, side="right")
    return np.asarray(event - np.append(0.0, hazard)[before])


def log_rank(time: FloatArray, event: NDArray[np.bool_], group: IndexArray) -> float:
    """Return the log-rank statistic, chi-squared of one degree of freedom less than groups where they don't differ; NaN with one group.

    Parameters
    ----------
    time, event
        ``(m,)`` of patients.
    group
        ``(m,)`` number of each one's group.

    References
    ----------
    Mantel 1966; Peto & Peto 1972, doi 10.2307/2344317.
    """
    names, code = np.unique(group, return_inverse=True)
    if len(names) < 2:
        return float("nan")
    distinct = np.unique(time[event])
    member = np.eye(len(names))[code]  # (m, q)
    at_risk = (time[:, None] >= distinct).T.astype(float) @ member  # (k, q)
    died = ((time[:, None] == distinct) & event[:, None]).T.astype(float) @ member
    everybody, deaths = at_risk.sum(axis=1), died.sum(axis=1)
    share = at_risk / everybody[:, None]
    difference = (died - deaths[:, None] * share).sum(axis=0)
    scale = deaths * (everybody - deaths) / np.maximum(everybody - 1.0, 1.0)
    covariance = np.diag(scale @ share) - (scale[:, None] * share).T @ share
    return float(difference @ np.linalg.pinv(covariance, hermitian=True) @ difference)


def _summed(weight: FloatArray, place: IndexArray, count: int) -> FloatArray:
    return np.asarray(weight @ np.eye(count)[place]) if count else np.zeros((len(weight), 0))


def _at_risk(time: FloatArray, distinct: FloatArray, weight: FloatArray) -> FloatArray:
    return np.asarray(weight @ (time[:, None] >= distinct))


def _stepped(distinct: FloatArray, fell: FloatArray, at_risk: FloatArray, at: FloatArray) -> FloatArray:
    """Return the product of what is left after each step, at given times; where nobody is at risk nothing changes."""
    left = 1.0 - np.divide(fell, at_risk, out=np.zeros_like(at_risk), where=at_risk > 0)
    product = np.concatenate([np.ones((len(fell), 1)), np.cumprod(left, axis=1)], axis=1)
    return np.asarray(product[:, np.searchsorted(distinct, at, side="right")])
