"""Patients by what was predicted of them: curves of the higher and the lower risk, and probabilities against what came."""

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray
from spectra_dl.evaluation.outcomes.survival.curves import SurvivalCurve, kaplan_meier, log_rank
from spectra_dl.evaluation.outcomes.survival.results import CalibrationGroup, RiskGroups
from spectra_dl.evaluation.outcomes.survival.values import Survival

_GROUPS = 3
_SAME = 1e-8  # patients whose probabilities differ by less stand in one group


def risk_groups(survival: Survival, higher: NDArray[np.bool_], null: FloatArray) -> RiskGroups:
    """Return the curves of patients of higher and lower risk, and how often chance sets them as far apart.

    Parameters
    ----------
    survival
        What came.
    higher
        ``(m,)`` who is above the median risk of training patients.
    null
        ``(refits,)`` log-rank statistics of refits without a relation.
    """
    statistic = log_rank(survival.time, survival.event, higher.astype(np.intp))
    reached = null[np.isfinite(null)]
    more, equal = (reached > statistic + 1e-9).sum(), (abs(reached - statistic) <= 1e-9).sum()
    p = float((more + (1 + equal) / 2) / (1 + reached.size)) if np.isfinite(statistic) else float("nan")
    return RiskGroups(higher, (_curve(survival, ~higher), _curve(survival, higher)), statistic, p)


def calibration(survival: Survival, probability: FloatArray, horizon: float) -> tuple[CalibrationGroup, ...]:
    """Return thirds of the patients by predicted probability of the event by the horizon, beside the share by Kaplan-Meier.

    Parameters
    ----------
    survival
        What came.
    probability
        ``(m,)`` predicted.
    horizon
        The time.
    """
    cuts = np.quantile(probability, np.arange(1, _GROUPS) / _GROUPS)
    group = np.searchsorted(cuts, probability + _SAME, side="left")
    found = []
    for number in np.unique(group):
        of = group == number
        without, low, high = kaplan_meier(survival.time[of], survival.event[of]).at(horizon)
        found.append(
            CalibrationGroup(
                int(of.sum()), float(probability[of].mean()), 1.0 - without, 1.0 - high, 1.0 - low
            )
        )
    return tuple(found)


def _curve(survival: Survival, of: NDArray[np.bool_]) -> SurvivalCurve | None:
    return kaplan_meier(survival.time[of], survival.event[of]) if of.any() else None
