"""How wide the 95 % interval of an AUC or a sensitivity will be with so many patients.

References
----------
Hanley & McNeil 1982, Radiology 143:29, doi 10.1148/radiology.143.1.7063747: the variance of an AUC. Beleites et al. 2013, Anal. Chim. Acta 760:25,
doi 10.1016/j.aca.2012.11.007: sample size for classifiers of spectra by the interval of a proportion. Wilson 1927, doi 10.1080/01621459.1927.10502953.
"""

import math

from spectra_dl.errors import UsageError
from spectra_dl.evaluation.intervals import Interval, wilson_interval

_Z = 1.959964
_MOST = 1_000_000
_LEAST_VARIANCE = 1e-9


def auc_variance(auc: float, positives: float, negatives: float) -> float:
    """Return the variance of an AUC of scores that are exponential in both classes, which is close for many others.

    Parameters
    ----------
    auc
        From 0 to 1.
    positives, negatives
        Patients of each class.

    Examples
    --------
    >>> round(auc_variance(0.893, 51, 58) ** 0.5, 4)
    0.0325
    """
    area = max(auc, 1.0 - auc)
    first, second = area / (2 - area), 2 * area**2 / (1 + area)
    spread = area * (1 - area) + (positives - 1) * (first - area**2) + (negatives - 1) * (second - area**2)
    return spread / (positives * negatives)


def effective_patients(auc: float, variance: float) -> float:
    """Return how many tosses of a coin would know the AUC so well.

    Parameters
    ----------
    auc
        From 0 to 1.
    variance
        Of the AUC.
    """
    return max(auc * (1 - auc), _LEAST_VARIANCE) / max(variance, _LEAST_VARIANCE)


def auc_interval(auc: float, effective: float) -> Interval:
    """Return the 95 % interval of an AUC, Wilson's of so many tosses, as reports of evaluations have it.

    Parameters
    ----------
    auc
        From 0 to 1.
    effective
        From `effective_patients`.
    """
    return wilson_interval(auc * effective, effective)


def effective_of_interval(auc: float, low: float, high: float) -> float:
    """Return how many tosses have an interval of this width; the inverse of `auc_interval`.

    Parameters
    ----------
    auc
        From 0 to 1.
    low, high
        Ends of the 95 % interval.
    """
    least, most = 1e-3, float(_MOST)
    for _ in range(80):
        middle = math.sqrt(least * most)
        interval = auc_interval(auc, middle)
        if interval.high - interval.low > high - low:
            least = middle
        else:
            most = middle
    return math.sqrt(least * most)


def sensitivity_patients(sensitivity: float, width: float) -> int:
    """Return how many patients of a class are needed so that the 95 % interval of its sensitivity is no wider.

    Parameters
    ----------
    sensitivity
        That is expected, from 0 to 1.
    width
        From the lower to the upper end, above 0 and below 1.

    Raises
    ------
    UsageError
        A width that no number of patients has.
    """
    if not 0.001 <= width < 1:
        raise UsageError(f"a width of {width:.3g} of an interval from 0 to 1: give one from .001 to below 1")
    least, most = 1, _MOST
    while least < most:
        middle = (least + most) // 2
        interval = wilson_interval(sensitivity * middle, middle)
        if interval.high - interval.low <= width:
            most = middle
        else:
            least = middle + 1
    return least
