"""Cox regression with a ridge penalty on a row of features per patient, by Newton's method."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray

_STEPS, _SMALL = 50, 1e-9
_HIGHEST = 50.0  # of a log risk: beyond it exp() says nothing


@dataclass(frozen=True, eq=False)
class CoxFit:
    """A fitted Cox regression.

    Attributes
    ----------
    centre
        ``(k,)`` means of the features.
    coefficient
        ``(k,)`` log hazard ratios.
    time, hazard
        ``(j,)`` times of events and the cumulative hazard, after each, of a patient whose log risk is 0.
    """

    centre: FloatArray
    coefficient: FloatArray
    time: FloatArray
    hazard: FloatArray

    def risk(self, features: FloatArray) -> FloatArray:
        """Return ``(n,)`` log risks of ``(n, k)`` features."""
        return np.asarray(np.clip((features - self.centre) @ self.coefficient, -_HIGHEST, _HIGHEST))

    def survival(self, risk: FloatArray, times: FloatArray) -> FloatArray:
        """Return ``(n, g)`` probabilities of no event by each time.

        Parameters
        ----------
        risk
            ``(n,)`` log risks.
        times
            ``(g,)``.
        """
        reached = np.append(0.0, self.hazard)[np.searchsorted(self.time, times, side="right")]
        return np.asarray(np.exp(-np.exp(risk)[:, None] * reached))


def fit_cox(features: FloatArray, time: FloatArray, event: NDArray[np.bool_], penalty: float) -> CoxFit:
    """Fit log hazard ratios by the partial likelihood less ``penalty / 2`` times their squared length.

    Parameters
    ----------
    features
        ``(m, k)`` a row per patient, of like spread.
    time, event
        ``(m,)`` of patients.
    penalty
        Above 0, so that there is one best answer however many features there are.

    References
    ----------
    Cox 1972, doi 10.1111/j.2517-6161.1972.tb00899.x; equal times and the baseline hazard: Breslow 1974, doi 10.2307/2529620; the ridge: Verweij & van
    Houwelingen 1994, doi 10.1002/sim.4780132307.

    Examples
    --------
    >>> generator = np.random.default_rng(0)
    >>> features = generator.normal(size=(200, 1))
    >>> time = generator.exponential(np.exp(-features[:, 0]))
    >>> fit_cox(features, time, np.ones(200, bool), 1e-6).coefficient.round(1)
    array([0.9])
    """
    centre = features.mean(axis=0)
    centred = features - centre
    distinct, died = np.unique(time[event], return_counts=True)
    at_risk = (time >= distinct[:, None]).astype(np.float64)  # (j, m)
    coefficient = np.zeros(features.shape[1])
    value = _objective(centred, coefficient, (event, at_risk, died), penalty)
    for _ in range(_STEPS):
        gradient, curvature = _derivatives(centred, coefficient, (event, at_risk, died), penalty)
        step = np.linalg.solve(curvature, gradient)
        if gradient @ step <= _SMALL * (1.0 + abs(value)) * 1e-3:
            coefficient = coefficient + step  # so near the top that rounding would decide how far to go
            break
        share = 1.0
        while share > _SMALL:
            moved = coefficient + share * step
            reached = _objective(centred, moved, (event, at_risk, died), penalty)
            if reached >= value:
                break
            share /= 2
        else:
            break
        gained, coefficient, value = reached - value, moved, reached
        if gained <= _SMALL * (1.0 + abs(value)) * 1e-3 and share == 1.0:
            break
    weight = np.exp(np.clip(centred @ coefficient, -_HIGHEST, _HIGHEST))
    return CoxFit(centre, coefficient, distinct, np.cumsum(died / (at_risk @ weight)))


def log_partial_likelihood(risk: FloatArray, time: FloatArray, event: NDArray[np.bool_]) -> float:
    """Return the log partial likelihood of given log risks, by Breslow where times are equal.

    Parameters
    ----------
    risk, time, event
        ``(m,)`` of patients.
    """
    distinct, died = np.unique(time[event], return_counts=True)
    at_risk = (time >= distinct[:, None]).astype(np.float64)
    return _likelihood(risk, (event, at_risk, died))


Sample = tuple[NDArray[np.bool_], FloatArray, NDArray[np.intp]]


def _likelihood(risk: FloatArray, sample: Sample) -> float:
    event, at_risk, died = sample
    highest = float(risk.max(initial=0.0))
    return float(risk[event].sum() - died @ (np.log(at_risk @ np.exp(risk - highest)) + highest))


def _objective(features: FloatArray, coefficient: FloatArray, sample: Sample, penalty: float) -> float:
    risk = features @ coefficient
    if np.abs(risk).max(initial=0.0) > _HIGHEST:
        return -np.inf
    return _likelihood(risk, sample) - penalty / 2 * float(coefficient @ coefficient)


def _derivatives(
    features: FloatArray, coefficient: FloatArray, sample: Sample, penalty: float
) -> tuple[FloatArray, FloatArray]:
    """Return the gradient ``(k,)`` of the objective and minus its second derivatives ``(k, k)``."""
    event, at_risk, died = sample
    weight = np.exp(features @ coefficient)
    share = at_risk * weight
    share /= share.sum(axis=1, keepdims=True)  # (j, m): who of those at risk it was expected to be
    expected = died @ share
    gradient = features.T @ (event - expected) - penalty * coefficient
    mean = share @ features  # (j, k)
    curvature = (features.T * expected) @ features - (mean.T * died) @ mean
    return gradient, curvature + penalty * np.eye(features.shape[1])
