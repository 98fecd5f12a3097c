"""What networks of the time to an event share, whatever they look at: targets of their losses, and probabilities of their outputs."""

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray
from spectra_dl.evaluation.outcomes.survival.cox import CoxFit, fit_cox

_INTERVALS = 8
_SLIGHT = 1e-3  # penalty of the slope of held-out risks, so that it exists whatever they are
_SURE = 1e-6  # probabilities are kept so far from 0 and 1


def scaled_risk(held_out: FloatArray, time: FloatArray, event: NDArray[np.bool_]) -> CoxFit:
    """Return the Cox regression that makes probabilities of a Cox head's risk.

    Parameters
    ----------
    held_out
        ``(m,)`` risks of training patients, each by a network that had not learned from the patient.
    time, event
        ``(m,)`` what came.
    """
    fitted = fit_cox(held_out[:, None], time, event, _SLIGHT)
    if fitted.coefficient[0] >= 0:
        return fitted
    # Where the risk goes the wrong way on those not seen, it says nothing of the time.
    return fit_cox(0.0 * held_out[:, None], time, event, _SLIGHT)


def interval_ends(times: FloatArray) -> FloatArray:
    """Return ``(k,)`` ascending ends of intervals that hold about as many events each; the last event ends the last."""
    ends = np.unique(np.quantile(times, np.arange(1, _INTERVALS + 1) / _INTERVALS))
    return ends[ends > 0] if ends[-1] > 0 else np.ones(1)


def intervals_observed(time: FloatArray, event: NDArray[np.bool_], ends: FloatArray) -> NDArray[np.float32]:
    """Return ``(n, 2)`` how many intervals rows were observed in, and 1 where the event came in the last of them.

    A row that was last seen without the event counts for an interval if it was seen for half of it.

    Parameters
    ----------
    time, event
        ``(n,)`` of rows.
    ends
        ``(k,)`` of the intervals.
    """
    middle = (np.append(0.0, ends[:-1]) + ends) / 2
    came = np.searchsorted(ends, time, side="left") + 1
    seen = np.searchsorted(middle, time, side="right")
    within = event & (came <= len(ends))
    return np.stack([np.where(within, came, seen), within], axis=1).astype(np.float32)


def survival_of_hazards(logits: FloatArray, ends: FloatArray, times: FloatArray) -> FloatArray:
    """Return ``(n, g)`` probabilities of no event by each time; within an interval the hazard is constant, and after the last there is none.

    Parameters
    ----------
    logits
        ``(n, k)`` of the event in each interval, if it has not come before.
    ends
        ``(k,)`` of the intervals.
    times
        ``(g,)``.
    """
    hazard = np.cumsum(np.logaddexp(0.0, logits), axis=1)  # minus the log of the probability of no event
    knots, reached = np.append(0.0, ends), np.insert(hazard, 0, 0.0, axis=1)
    between = np.stack([np.interp(times, knots, row) for row in reached])
    return np.asarray(np.clip(np.exp(-between), _SURE, 1.0 - _SURE))
