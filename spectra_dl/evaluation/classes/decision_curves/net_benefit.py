"""Decision curves: the net benefit of acting on a model, beside acting on everybody and on nobody.

Vickers & Elkin 2006, Med. Decis. Making 26:565, doi 10.1177/0272989X06295361.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray
from spectra_dl.errors import DataError
from spectra_dl.evaluation.intervals import Interval, percentile_interval

THRESHOLDS: FloatArray = np.arange(1, 50) / 50.0


@dataclass(frozen=True, eq=False)
class DecisionCurve:
    """What acting on a model's probabilities is worth at each threshold probability.

    Attributes
    ----------
    threshold
        ``(t,)`` probabilities from which on a patient is acted on; at ``t`` one patient rightly found is worth ``(1 - t) / t`` acted on in vain.
    treat_all
        ``(t,)`` net benefit of acting on everybody; that of acting on nobody is 0.
    net_benefit
        Of the model: patients rightly found less those acted on in vain at the threshold's exchange, per patient; its interval is over patients.
    standardised
        The same as a share of what a faultless model reaches, which is the prevalence.
    gain
        Net benefit above that of the better of all and nobody, on the same resampled patients.
    """

    threshold: FloatArray
    treat_all: FloatArray
    net_benefit: tuple[Interval, ...]
    standardised: tuple[Interval, ...]
    gain: tuple[Interval, ...]


def net_benefit(
    is_positive: NDArray[np.bool_],
    probability: FloatArray,
    threshold: FloatArray,
    weight: FloatArray | None = None,
) -> FloatArray:
    """Return the net benefit of acting on whoever has at least the threshold probability.

    Parameters
    ----------
    is_positive
        ``(m,)`` whether each patient has the condition.
    probability
        ``(m,)`` of the condition, from 0 to 1.
    threshold
        ``(t,)`` above 0 and below 1.
    weight
        ``(resamples, m)`` how often each patient counts; None counts each once.

    Returns
    -------
    net_benefit
        ``(t,)`` or ``(resamples, t)``, per patient; at most the prevalence.

    Raises
    ------
    DataError
        A threshold of 0, 1 or beyond, or a probability that is none.

    References
    ----------
    Vickers & Elkin 2006, doi 10.1177/0272989X06295361.

    Examples
    --------
    >>> sick, probability = np.array([True, True, False, False, False]), np.array([0.9, 0.3, 0.6, 0.2, 0.1])
    >>> net_benefit(sick, probability, np.array([0.25, 0.5])).round(3)
    array([0.333, 0.   ])
    """
    if not ((threshold > 0) & (threshold < 1)).all():
        raise DataError("threshold probabilities of a decision curve lie above 0 and below 1")
    if not ((probability >= 0) & (probability <= 1)).all():
        raise DataError("a decision curve needs probabilities from 0 to 1, without missing ones")
    called = probability[:, None] >= threshold  # (m, t)
    worth = np.where(is_positive[:, None], 1.0, -threshold / (1.0 - threshold)) * called
    if weight is None:
        return np.asarray(worth.mean(axis=0))
    return np.asarray(weight @ worth / weight.sum(axis=1, keepdims=True))


def decision_curve(
    is_positive: NDArray[np.bool_],
    probability: FloatArray,
    multiplicity: FloatArray,
    threshold: FloatArray = THRESHOLDS,
) -> DecisionCurve:
    """Return the decision curve of a model with intervals over patients.

    Parameters
    ----------
    is_positive, probability, threshold
        As in `net_benefit`.
    multiplicity
        ``(resamples, m)`` from `intervals.draw_patients`.
    """
    everybody = np.ones(len(probability))
    benefit, benefit_of_all = (net_benefit(is_positive, each, threshold) for each in (probability, everybody))
    drawn, drawn_of_all = (
        net_benefit(is_positive, each, threshold, multiplicity) for each in (probability, everybody)
    )
    prevalence = float(is_positive.mean())
    drawn_prevalence = multiplicity @ is_positive / multiplicity.sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        # A resample without the condition has no benefit to be a share of.
        share = np.where(drawn_prevalence > 0, drawn.T / drawn_prevalence, np.nan).T
    gain, drawn_gain = (
        one - np.maximum(0.0, every) for one, every in ((benefit, benefit_of_all), (drawn, drawn_of_all))
    )
    return DecisionCurve(
        threshold,
        benefit_of_all,
        _intervals(benefit, drawn),
        _intervals(benefit / prevalence if prevalence else np.full_like(benefit, np.nan), share),
        _intervals(gain, drawn_gain),
    )


def _intervals(value: FloatArray, resampled: FloatArray) -> tuple[Interval, ...]:
    return tuple(
        percentile_interval(float(one), column) for one, column in zip(value, resampled.T, strict=True)
    )
