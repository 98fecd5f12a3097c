"""What other than biology predicts who has the event sooner."""

import numpy as np

from spectra_dl.arrays import FloatArray, IndexArray
from spectra_dl.evaluation.intervals import Interval
from spectra_dl.evaluation.outcomes.audit import Yardstick, out_of_fold
from spectra_dl.evaluation.outcomes.survival.chance import linear_risk
from spectra_dl.evaluation.outcomes.survival.metrics import PredictedRisk, concordance
from spectra_dl.evaluation.outcomes.survival.task import SurvivalTask


def probe_concordance(features: FloatArray, task: SurvivalTask) -> Interval:
    """Return the out-of-fold C-index that ``(n, k)`` features of rows reach, with its interval.

    Parameters
    ----------
    features
        ``(n, k)`` finite.
    task
        Whose the rows are, what came and the folds.
    """
    of = task.outcomes

    def figure(risk: FloatArray, fold: IndexArray, drawn: FloatArray) -> FloatArray:
        nothing = np.zeros((len(risk), 0))
        return concordance(PredictedRisk(of.time, of.event, risk, nothing, task.grid, fold), drawn)

    return out_of_fold(
        features,
        task,
        linear=lambda means, train: linear_risk(means, of.time, of.event, train),
        figure=figure,
    )


#: Limits are those of the AUC of a probe of classes.
SURVIVAL_YARDSTICK = Yardstick(probe_concordance, "C-index of patients", 0.5, 0.6, 0.8)
