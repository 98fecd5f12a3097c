"""What chance reaches: a linear model refitted on the same folds with the rows of patients exchanged."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray, IndexArray
from spectra_dl.evaluation.outcomes.chance import principal_axes, ridge
from spectra_dl.evaluation.outcomes.survival.curves import log_rank, martingale_residuals
from spectra_dl.evaluation.outcomes.survival.metrics import PredictedRisk, concordance

_RESAMPLED_REFITS, _RESAMPLES = 20, 200


@dataclass(frozen=True, eq=False)
class SurvivalNull:
    """What refits without a relation reach.

    Attributes
    ----------
    c_index
        ``(refits,)`` Harrell's C within folds.
    log_rank
        ``(refits,)`` statistic of patients above and below the training patients' median, in the first repeat.
    inflation
        By how much C varies more than that of fixed predictions would.
    """

    c_index: FloatArray
    log_rank: FloatArray
    inflation: float


@dataclass(frozen=True, eq=False)
class SurvivalNullJob:
    """Refits of a linear model with the features of patients permuted, to be run anywhere.

    The model is a ridge regression of martingale residuals, the first step of Newton's method for a Cox regression.

    Attributes
    ----------
    features
        ``(m, k)`` a row per patient; finite.
    time, event
        ``(m,)`` what came.
    fold
        ``(repeats, m)`` which fold tests each patient.
    multiplicity
        ``(r, m)`` resampled patients.
    refits
        How many.
    seed
        Of the permutations.
    title
        What it is, for the log.
    """

    features: FloatArray
    time: FloatArray
    event: NDArray[np.bool_]
    fold: IndexArray
    multiplicity: FloatArray
    refits: int
    seed: int
    title: str = "chance: refits of a linear model"
    record_types = (SurvivalNull,)

    def run(self) -> SurvivalNull:
        """Return what refits reach."""
        generator = np.random.default_rng((self.seed, self.refits))
        whole = principal_axes(self.features)
        once = np.ones((1, len(self.time)))
        reached, statistic, error = [], [], []
        for number in range(self.refits):
            predicted, higher = self._refitted(whole[generator.permutation(len(whole))])
            reached.append(np.mean([concordance(one, once)[0] for one in predicted]))
            statistic.append(log_rank(self.time, self.event, higher))
            if number < _RESAMPLED_REFITS:
                drawn = self.multiplicity[:_RESAMPLES]
                error.append(np.nanstd(np.mean([concordance(one, drawn) for one in predicted], axis=0)))
        inflation = max(1.0, float(np.nanstd(reached)) / max(float(np.mean(error)), 1e-12))
        return SurvivalNull(np.array(reached), np.array(statistic), inflation)

    def _refitted(self, features: FloatArray) -> tuple[list[PredictedRisk], IndexArray]:
        """Return the risks in each repeat, and who is above the training patients' median in the first."""
        each, higher = [], np.zeros(len(self.time), dtype=np.intp)
        for repeat, numbers in enumerate(self.fold):
            risk = np.empty(len(self.time))
            for number in np.unique(numbers):
                test = numbers == number
                said = linear_risk(features, self.time, self.event, ~test)
                risk[test] = said[test]
                if repeat == 0:
                    higher[test] = said[test] > np.median(said[~test])
            nothing = np.zeros((len(risk), 0))
            each.append(PredictedRisk(self.time, self.event, risk, nothing, np.zeros(0), numbers))
        return each, higher


def linear_risk(
    features: FloatArray, time: FloatArray, event: NDArray[np.bool_], train: NDArray[np.bool_]
) -> FloatArray:
    """Return ``(m,)`` what a ridge regression of training patients' martingale residuals says of all.

    Parameters
    ----------
    features
        ``(m, k)`` a row per patient.
    time, event
        ``(m,)`` what came.
    train
        ``(m,)`` who is fitted.
    """
    excess = np.zeros(len(time))
    excess[train] = martingale_residuals(time[train], event[train])
    return ridge(features, excess, train)
