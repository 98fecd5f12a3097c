"""What other than biology predicts who has the event sooner."""

import numpy as np

from spectra_dl.arrays import FloatArray
from spectra_dl.evaluation.intervals import Interval, percentile_interval
from spectra_dl.evaluation.outcomes.audit import Yardstick, standardised
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
    means = np.stack([of.mean_of(column) for column in features.T], axis=1)
    once, each, resampled = np.ones((1, len(of.names))), [], []
    for numbers in task.fold_of_patient:
        risk = np.empty(len(of.names))
        for number in np.unique(numbers):
            test = numbers == number
            risk[test] = linear_risk(standardised(means, ~test), of.time, of.event, ~test)[test]
        one = PredictedRisk(of.time, of.event, risk, np.zeros((len(risk), 0)), task.grid, numbers)
        each.append(float(concordance(one, once)[0]))
        resampled.append(concordance(one, task.multiplicity))
    return percentile_interval(float(np.mean(each)), np.mean(resampled, axis=0))


#: Limits are those of the AUC of a probe of classes.
SURVIVAL_YARDSTICK = Yardstick(probe_concordance, "C-index of patients", 0.5, 0.6, 0.8)
