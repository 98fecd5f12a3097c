"""Figures of patients or sections with intervals that are honest when there are few of them."""

from collections.abc import Sequence

import numpy as np

from spectra_dl.arrays import FloatArray
from spectra_dl.evaluation.intervals import Interval, draw_patients, percentile_interval

# Resamples of ten hold the truth in 90 %, of twenty in 94 (docs/statistics/calibration_further.md).
FEWEST_TO_RESAMPLE = 30


def known_mean(values: FloatArray, *, axis: int = 0) -> FloatArray:
    """Return the mean of what is known, NaN where nothing is.

    Parameters
    ----------
    values
        Of any shape; what is not finite is unknown.
    axis
        Along which the mean is taken.
    """
    known = np.isfinite(values)
    count = known.sum(axis=axis)
    total = np.where(known, values, 0.0).sum(axis=axis)
    mean: FloatArray = np.divide(total, count, out=np.full(np.shape(total), np.nan), where=count > 0)
    return mean


def unit_means(values: FloatArray, unit: Sequence[str]) -> FloatArray:
    """Return the mean of each unit's rows of ``(s, ...)`` values, units in sorted order; NaN values are left out.

    Parameters
    ----------
    values
        ``(s, ...)``.
    unit
        ``(s,)`` which unit each row is of.
    """
    names = np.array([str(name) for name in unit], dtype=object)
    return np.stack([known_mean(values[names == name]) for name in sorted(set(names))])


def interval_over_units(
    values: FloatArray, *, resamples: int, seed: int, within: tuple[float, float] = (-np.inf, np.inf)
) -> Interval:
    """Return the mean over units with its 95 % interval.

    With thirty units or more they are resampled. With fewer, Student's t is taken: the quantiles of resamples of four units hold
    the truth far less often than 95 %. One unit has no interval.

    Parameters
    ----------
    values
        ``(u,)`` one figure per patient or section; NaN is left out.
    within
        Between what the figure can be; an interval is cut there.
    """
    known = values[np.isfinite(values)]
    value = float(known.mean()) if known.size else float("nan")
    if known.size < 2:
        return Interval(value, float("nan"), float("nan"), "one unit")
    if known.size >= FEWEST_TO_RESAMPLE:
        drawn = draw_patients(known.size, resamples=resamples, seed=seed) @ known / known.size
        return percentile_interval(value, drawn)
    from scipy.special import stdtrit

    half = float(stdtrit(known.size - 1, 0.975)) * float(known.std(ddof=1)) / float(np.sqrt(known.size))
    return Interval(value, max(value - half, within[0]), min(value + half, within[1]), "student")
