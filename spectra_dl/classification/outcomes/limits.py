"""How far from what is predicted of a patient the truth may be: intervals of numbers, and limits of probabilities of no event."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray
from spectra_dl.evaluation.intervals import draw_patients
from spectra_dl.evaluation.outcomes.survival.cox import CoxFit
from spectra_dl.evaluation.outcomes.survival.heads import scaled_risk

_RESAMPLES = 200
_HIGHEST = 50.0  # of a log hazard ratio, as of a Cox regression


def half_width(error: FloatArray, coverage: float) -> float | None:
    """Return how far an interval around a predicted number must reach to hold the true one of a new patient with a probability of ``coverage``.

    Parameters
    ----------
    error
        ``(m,)`` absolute errors of patients by members that had not learned from them.
    coverage
        Between 0 and 1.

    Returns
    -------
    float or None
        None where there are too few patients.

    References
    ----------
    Barber, Candès, Ramdas & Tibshirani 2021, doi 10.1214/20-AOS1965 (intervals from cross-validation); the rank is that of split-conformal prediction.

    Examples
    --------
    >>> half_width(np.arange(1.0, 20.0), 0.9), half_width(np.ones(5), 0.9)
    (18.0, None)
    """
    rank = math.ceil(round((len(error) + 1) * coverage, 9))
    return float(np.sort(error)[rank - 1]) if rank <= len(error) else None


@dataclass(frozen=True, eq=False)
class ScaledRisk:
    """From a risk to the probability of no event by a horizon.

    Attributes
    ----------
    slope, centre, hazard
        The probability is ``exp(-hazard * exp(slope * (risk - centre)))``.
    resampled
        ``(b, 3)`` the same three, of resampled patients.
    """

    slope: float
    centre: float
    hazard: float
    resampled: FloatArray

    @classmethod
    def fit(
        cls, held_out: FloatArray, time: FloatArray, event: NDArray[np.bool_], horizon: float, *, seed: int
    ) -> "ScaledRisk":
        """Fit a Cox regression on the risk of training patients, and again on resampled ones.

        Parameters
        ----------
        held_out
            ``(m,)`` risks, each by a network that had not learned from the patient.
        time, event
            ``(m,)`` what came.
        horizon
            A time.
        seed
            Of the patients drawn.
        """
        drawn = draw_patients(len(time), resamples=_RESAMPLES, seed=seed).astype(np.intp)
        each = [np.repeat(np.arange(len(time)), often) for often in drawn]
        fits = [
            _three(scaled_risk(held_out[who], time[who], event[who]), horizon)
            for who in each
            if event[who].any()
        ]
        return cls(*_three(scaled_risk(held_out, time, event), horizon), np.array(fits))

    def log_hazard_ratio(self, risk: FloatArray) -> FloatArray:
        """Return ``(n,)`` log hazards relative to the mean training patient.

        Parameters
        ----------
        risk
            ``(n,)`` mean over members.
        """
        return np.asarray(np.clip(self.slope * (risk - self.centre), -_HIGHEST, _HIGHEST))

    def survival(self, risk: FloatArray, coverage: float) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return ``(n,)`` probabilities of no event by the horizon, with their lower and upper limits over resampled patients.

        Parameters
        ----------
        risk
            ``(n,)`` mean over members.
        coverage
            Of the limits.
        """
        slope, centre, hazard = self.resampled.T[:, :, None]
        each = np.exp(-hazard * np.exp(np.clip(slope * (risk - centre), -_HIGHEST, _HIGHEST)))
        low, high = np.quantile(each, [(1.0 - coverage) / 2, (1.0 + coverage) / 2], axis=0)
        value = np.exp(-self.hazard * np.exp(self.log_hazard_ratio(risk)))
        return value, np.minimum(low, value), np.maximum(high, value)


def _three(fitted: CoxFit, horizon: float) -> tuple[float, float, float]:
    reached = np.append(0.0, fitted.hazard)[np.searchsorted(fitted.time, horizon, side="right")]
    return float(fitted.coefficient[0]), float(fitted.centre[0]), float(reached)
