"""Correlations across patients, and how sure they are: the delete-one jackknife on Fisher's scale."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from spectra_dl.arrays import FloatArray
from spectra_dl.evaluation.intervals import Interval
from spectra_dl.evaluation.profiles.metrics import is_constant
from spectra_dl.evaluation.profiles.units import known_mean

FEWEST_PATIENTS = 5  # the correlation of fewer lies anywhere
_ROUNDING = 1e-12  # of a sum of squares: what is left of a constant
_HIGHEST = 1.0 - 1e-12  # a correlation of 1 is at infinity on Fisher's scale


@dataclass(frozen=True, eq=False)
class LeftOutCorrelations:
    """Correlations over patients of each target; NaN where the measured values are constant.

    Attributes
    ----------
    of_all
        ``(t,)`` over all patients.
    without
        ``(m, t)`` without each patient in turn.
    """

    of_all: FloatArray
    without: FloatArray

    @property
    def mean(self) -> float:
        """The mean over targets."""
        return float(known_mean(self.of_all))

    @property
    def mean_without(self) -> FloatArray:
        """``(m,)`` the mean over targets without each patient in turn."""
        return known_mean(self.without, axis=1)


def across_patients(predicted: FloatArray, measured: FloatArray) -> LeftOutCorrelations:
    """Return the correlation of each target over patients, with and without each of them.

    What was predicted constant orders nothing: 0.

    Parameters
    ----------
    predicted, measured
        ``(m, t)``, of one shape.

    Examples
    --------
    >>> measured = np.arange(6.0)[:, None]
    >>> both = across_patients(np.array([0.0, 1, 2, 3, 4, -5])[:, None], measured)
    >>> both.of_all.round(2), both.without.round(2)[-1]
    (array([-0.25]), array([1.]))
    """
    first, second = (values - values.mean(axis=0) for values in (predicted, measured))
    # Without one of m patients the sum of products around the new means is less by m / (m - 1) of that patient's product.
    factor = len(first) / max(1, len(first) - 1)
    sums = [(a * b).sum(axis=0) for a, b in ((first, second), (first, first), (second, second))]
    less = [
        total - factor * a * b
        for total, (a, b) in zip(sums, ((first, second), (first, first), (second, second)), strict=True)
    ]
    flat, unknown = is_constant(predicted), is_constant(measured)
    of_all = np.where(unknown, np.nan, np.where(flat, 0.0, _ratio(*sums, sums[1], sums[2])))
    without = np.where(unknown, np.nan, np.where(flat, 0.0, _ratio(*less, sums[1], sums[2])))
    return LeftOutCorrelations(of_all, without)


def _ratio(both: FloatArray, first: FloatArray, second: FloatArray, *whole: FloatArray) -> FloatArray:
    """Return correlations from sums of products and of squares; 0 where next to nothing of a sum of squares is left."""
    known = (first > _ROUNDING * whole[0]) & (second > _ROUNDING * whole[1])
    length = np.sqrt(np.where(known, first * second, 1.0))
    ratio: FloatArray = np.clip(np.where(known, both / length, 0.0), -1.0, 1.0)
    return ratio


def averaged(each: Sequence[LeftOutCorrelations]) -> LeftOutCorrelations:
    """Return the mean over repeats of the same patients and targets."""
    return LeftOutCorrelations(
        np.mean([one.of_all for one in each], axis=0), np.mean([one.without for one in each], axis=0)
    )


def fisher_interval(value: float, without: FloatArray) -> Interval:
    """Return a correlation, or a mean of correlations, with its 95 % interval over patients.

    The variance is the jackknife's on Fisher's scale, ``arctanh``, and the width Student's t with one degree of freedom fewer than patients.

    Parameters
    ----------
    value
        Over all patients.
    without
        ``(m,)`` without each patient in turn.

    References
    ----------
    Miller 1974, doi 10.1093/biomet/61.1.1; Fisher 1915, doi 10.2307/2331838.

    Examples
    --------
    >>> generator = np.random.default_rng(0)
    >>> truth, noise = generator.normal(size=(2, 40, 1))
    >>> both = across_patients(truth + noise, truth)
    >>> interval = fisher_interval(both.mean, both.mean_without)
    >>> interval.low < 0.707 < interval.high
    True
    """
    scaled, left = (np.arctanh(np.clip(figure, -_HIGHEST, _HIGHEST)) for figure in (value, without))
    half = jackknife_half_width(left)
    return Interval(value, float(np.tanh(scaled - half)), float(np.tanh(scaled + half)), "jackknife")


def difference_interval(value: float, without: FloatArray) -> Interval:
    """Return a difference of mean correlations on the same patients with its 95 % interval, as `fisher_interval` but on its own scale.

    Parameters
    ----------
    value
        Over all patients.
    without
        ``(m,)`` without each patient in turn.
    """
    half = jackknife_half_width(without)
    return Interval(value, value - half, value + half, "jackknife")


def jackknife_half_width(without: FloatArray) -> float:
    """Return half the width of the 95 % interval of a figure; NaN where it is unknown without a patient.

    Parameters
    ----------
    without
        ``(m,)`` the figure without each patient in turn, ``m`` 2 or more.
    """
    from scipy.special import stdtrit

    m = len(without)
    error = np.sqrt((m - 1) / m * ((without - without.mean()) ** 2).sum())
    return float(stdtrit(m - 1, 0.975) * error)
