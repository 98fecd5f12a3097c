"""Figures of predicted risks with censoring, of all patients or of thousands of resamples at once; an undefined one is NaN."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray, IndexArray
from spectra_dl.evaluation.outcomes.survival.curves import uncensored_at

_SAME = 1e-8  # risks that differ by less are tied
_AT_ONCE = 512  # patients with events that are compared with all others


@dataclass(frozen=True, eq=False)
class PredictedRisk:
    """What models of one repeat said of patients they had not seen.

    Attributes
    ----------
    time, event
        ``(m,)`` what came.
    risk
        ``(m,)`` the higher, the sooner the event.
    survival
        ``(m, g)`` probabilities of no event by each of ``grid``.
    grid
        ``(g,)`` ascending times; the last is as far as figures reach.
    fold
        ``(m,)`` which fold's model predicted.
    """

    time: FloatArray
    event: NDArray[np.bool_]
    risk: FloatArray
    survival: FloatArray
    grid: FloatArray
    fold: IndexArray


def concordance(of: PredictedRisk, multiplicity: FloatArray) -> FloatArray:
    """Return ``(r,)`` Harrell's C: in which share of pairs the one with the higher risk has the event first; equal risks count half.

    A pair counts where it is known who came first, and where one fold's model predicted both: scores of different models have no common scale.

    Parameters
    ----------
    of
        Predictions.
    multiplicity
        ``(r, m)`` how often each patient counts.

    References
    ----------
    Harrell, Califf, Pryor, Lee & Rosati 1982, doi 10.1001/jama.1982.03320430047030.

    Examples
    --------
    >>> one = PredictedRisk(np.array([1.0, 2.0, 3.0]), np.array([True, False, True]), np.array([3.0, 1.0, 2.0]),
    ...     np.zeros((3, 1)), np.ones(1), np.zeros(3, int))
    >>> concordance(one, np.ones((1, 3)))
    array([1.])
    """
    return _share_of_pairs(of, multiplicity, multiplicity, of.event)


def concordance_ipcw(of: PredictedRisk, multiplicity: FloatArray) -> FloatArray:
    """Return ``(r,)`` Uno's C: Harrell's, each pair weighted by how rarely somebody is still under observation so late.

    What it estimates does not depend on who was censored when. Pairs whose first event came after the last time of the grid are left out.

    Parameters
    ----------
    of, multiplicity
        As in `concordance`.

    References
    ----------
    Uno, Cai, Pencina, D'Agostino & Wei 2011, doi 10.1002/sim.4154.
    """
    observed = uncensored_at(of.time, of.event, of.time, multiplicity)
    squared = np.divide(multiplicity, observed**2, out=np.zeros_like(observed), where=observed > 0)
    return _share_of_pairs(of, squared, multiplicity, of.event & (of.time < of.grid[-1]))


def integrated_brier(of: PredictedRisk, multiplicity: FloatArray) -> FloatArray:
    """Return ``(r,)`` the squared error of predicted probabilities, averaged over the grid's times; censored patients are made up for.

    Parameters
    ----------
    of, multiplicity
        As in `concordance`.

    References
    ----------
    Graf, Schmoor, Sauerbrei & Schumacher 1999, doi 10.1002/(SICI)1097-0258(19990915/30)18:17/18<2529::AID-SIM274>3.0.CO;2-5.
    """
    at_own = uncensored_at(of.time, of.event, of.time, multiplicity)  # (r, m)
    at_grid = uncensored_at(of.time, of.event, of.grid, multiplicity)  # (r, g)
    came = (of.time[:, None] <= of.grid) & of.event[:, None]
    without = of.time[:, None] > of.grid
    inverse = np.divide(multiplicity, at_own, out=np.zeros_like(at_own), where=at_own > 0)
    late = multiplicity @ (without * (1.0 - of.survival) ** 2)
    error = inverse @ (came * of.survival**2)
    error = error + np.divide(late, at_grid, out=np.zeros_like(late), where=at_grid > 0)
    error = error / np.maximum(multiplicity.sum(axis=1, keepdims=True), 1.0)
    return np.asarray(np.trapezoid(error, of.grid, axis=1) / (of.grid[-1] - of.grid[0]))


def _share_of_pairs(
    of: PredictedRisk, first: FloatArray, second: FloatArray, event: NDArray[np.bool_]
) -> FloatArray:
    """Return ``(r,)`` the share of concordant pairs, with weights ``(r, m)`` of who had the event first and of who did not."""
    right, all_pairs = np.zeros(len(first)), np.zeros(len(first))
    for number in np.unique(of.fold):
        members = np.flatnonzero(of.fold == number)
        sooner = members[event[members]]
        for start in range(0, len(sooner), _AT_ONCE):
            leading = sooner[start : start + _AT_ONCE]
            known = _known_pairs(of, leading, members)
            gap = of.risk[leading][:, None] - of.risk[members]
            agree = known * np.where(np.abs(gap) <= _SAME, 0.5, gap > 0)
            drawn, weight = second[:, members], first[:, leading]
            right += ((drawn @ agree.T) * weight).sum(axis=1)
            all_pairs += ((drawn @ known.T) * weight).sum(axis=1)
    return np.divide(right, all_pairs, out=np.full_like(right, np.nan), where=all_pairs > 0)


def _known_pairs(of: PredictedRisk, leading: IndexArray, others: IndexArray) -> FloatArray:
    """Return ``(k, l)`` 1 where the event of the first is known to come before that of the other."""
    time, other = of.time[leading][:, None], of.time[others]
    return np.asarray((time < other) | ((time == other) & ~of.event[others]), dtype=np.float64)
