"""How sure a figure is: intervals from resampled patients, never from rows as if they were independent.

A resample is a row of multiplicities, how often each patient was drawn.
"""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from spectra_dl.arrays import FloatArray
from spectra_dl.errors import UsageError

IntervalMethod = Literal["percentile", "bca"]


@dataclass(frozen=True)
class Interval:
    """A figure with its interval.

    Attributes
    ----------
    value, low, high
        NaN where undefined.
    method
        ``"percentile"``, ``"bca"``, ``"wilson"``, or ``"refit-corrected"``, Wilson's with the variance of refits.
    undefined_share
        The share of resamples in which the figure was undefined, for instance without a patient of one class.
    """

    value: float
    low: float
    high: float
    method: str
    undefined_share: float = 0.0

    def widened(self, factor: float) -> "Interval":
        """Return the interval with both ends so many times as far from the figure.

        Parameters
        ----------
        factor
            From 1.
        """
        low, high = min(self.low, self.value), max(self.high, self.value)
        ends = (self.value + factor * (low - self.value), self.value + factor * (high - self.value))
        return replace(self, low=ends[0], high=ends[1]) if factor > 1.0 else self


def draw_patients(n_patients: int, *, resamples: int = 2000, seed: int = 0) -> FloatArray:
    """Draw patients with replacement, so many as there are: ``(resamples, m)`` multiplicities.

    Parameters
    ----------
    n_patients
        How many there are, ``m``.
    resamples
        How many times they are drawn.
    seed
        Of the draws.
    """
    generator = np.random.default_rng(seed)
    return generator.multinomial(n_patients, np.full(n_patients, 1.0 / n_patients), size=resamples).astype(
        np.float64
    )


def percentile_interval(value: float, resampled: FloatArray, *, level: float = 0.95) -> Interval:
    """Return the interval between the quantiles of the resamples; those that are NaN are left out and counted.

    Parameters
    ----------
    value
        The figure of all patients.
    resampled
        ``(resamples,)`` the figure in each resample.
    level
        Of the interval, from 0 to 1.
    """
    tail = (1.0 - level) / 2.0
    return _quantiles(value, resampled, (tail, 1.0 - tail), "percentile")


def bca_interval(
    value: float, resampled: FloatArray, left_out: FloatArray, *, level: float = 0.95
) -> Interval:
    """Return the bias-corrected and accelerated interval.

    Parameters
    ----------
    value
        The figure of all patients.
    resampled
        ``(resamples,)`` the figure in each resample.
    left_out
        ``(m,)`` the figure without each patient in turn.
    level
        Of the interval, from 0 to 1.

    References
    ----------
    Efron 1987, J. Am. Stat. Assoc. 82:171, doi 10.1080/01621459.1987.10478410.
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
    """Return a proportion with Wilson's score interval.

    It holds for few trials and for shares of 0 and 1, where resampling gives an interval of no width.

    Parameters
    ----------
    successes, trials
        Counts, which may be fractional; without trials all is NaN.
    level
        Of the interval, from 0 to 1.

    Raises
    ------
    UsageError
        More successes than trials, or a negative count.

    Examples
    --------
    >>> interval = wilson_interval(10, 10)
    >>> round(interval.low, 3), interval.high
    (0.722, 1.0)

    References
    ----------
    Wilson 1927, J. Am. Stat. Assoc. 22:209, doi 10.1080/01621459.1927.10502953.
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
