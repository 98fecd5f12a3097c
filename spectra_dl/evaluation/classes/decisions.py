"""From out-of-fold probabilities of patients to what a reader wants to see: curves, decisions and sets."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray
from spectra_dl.evaluation.classes.calibration import recalibration, reliability
from spectra_dl.evaluation.classes.conformal import ConformalSets
from spectra_dl.evaluation.classes.decision_curves.net_benefit import decision_curve
from spectra_dl.evaluation.classes.metrics import confusion, ranked_classes
from spectra_dl.evaluation.classes.results import (
    Calibration,
    ConformalResult,
    Curves,
    FoldResult,
    ThresholdResult,
)
from spectra_dl.evaluation.classes.roc import roc_curve
from spectra_dl.evaluation.classes.task import ClassTask
from spectra_dl.evaluation.intervals import Interval, wilson_interval


def evaluate_curves(pooled: FloatArray, task: ClassTask) -> Curves:
    """Return the curves and counts of patients, their probabilities averaged over repeats.

    Parameters
    ----------
    pooled
        ``(repeats, m, c)``, one row per patient.
    """
    patients, positive = task.patients, task.positive
    truth, mean = patients.class_of_patient, pooled.mean(axis=0)
    codes = ranked_classes(len(patients.classes), positive)
    roc = tuple(roc_curve(patients.classes[code], truth == code, mean[:, code]) for code in codes)
    counts = confusion(truth, mean.argmax(axis=1), len(patients.classes)).astype(np.intp)
    if positive is None:
        return Curves(roc, counts, None, None)
    is_positive, probability = truth == positive, mean[:, positive]
    slope, intercept = recalibration(probability, is_positive)
    calibration = Calibration(slope, intercept, reliability(probability, is_positive))
    return Curves(roc, counts, calibration, decision_curve(is_positive, probability, task.multiplicity))


def evaluate_threshold(
    pooled: FloatArray, folds: Sequence[FoldResult], task: ClassTask
) -> ThresholdResult | None:
    """Return the sensitivity and specificity that each fold's threshold reaches on its test patients; None if a fold has none.

    Parameters
    ----------
    pooled
        ``(repeats, m, c)`` out-of-fold probabilities, one row per patient.
    folds
        Results in the order of the task's folds.
    task
        What was evaluated.
    """
    thresholds = [fold.threshold for fold in folds if fold.threshold is not None]
    if task.positive is None or len(thresholds) < len(folds):
        return None
    called = np.empty(pooled.shape[:2], dtype=bool)
    for fold, threshold in zip(task.folds, thresholds, strict=True):
        tested = np.unique(task.patients.of_row[fold.test])
        called[fold.repeat, tested] = pooled[fold.repeat, tested, task.positive] >= threshold.value
    is_positive = task.patients.class_of_patient == task.positive
    return ThresholdResult(
        task.settings.threshold_rule,
        tuple(thresholds),
        _share(called[:, is_positive]),
        _share(~called[:, ~is_positive]),
    )


def evaluate_sets(
    pooled: FloatArray, sets: Sequence[ConformalSets | None], task: ClassTask
) -> ConformalResult | None:
    """Return how the sets learned in each fold's training patients do on its test patients; None if a fold has none.

    Parameters
    ----------
    pooled
        ``(repeats, m, c)`` out-of-fold probabilities, one row per patient.
    sets
        What each fold learned, in the order of the task's folds.
    task
        What was evaluated.
    """
    in_set = np.empty(pooled.shape, dtype=bool)  # (repeats, m, c)
    pooled_classes: set[int] = set()
    for fold, learned in zip(task.folds, sets, strict=True):
        if learned is None:
            return None
        tested = np.unique(task.patients.of_row[fold.test])
        in_set[fold.repeat, tested] = learned.sets(pooled[fold.repeat, tested])
        pooled_classes.update(learned.pooled)
    truth = task.patients.class_of_patient
    covered = in_set[:, np.arange(len(truth)), truth]  # (repeats, m)
    size = in_set.sum(axis=-1)
    return ConformalResult(
        task.settings.coverage,
        float(covered.mean()),
        tuple(float(covered[:, truth == code].mean()) for code in range(pooled.shape[-1])),
        float(size.mean()),
        float((size != 1).mean()),
        tuple(sorted(pooled_classes)),
    )


def _share(right: NDArray[np.bool_]) -> Interval:
    """Return the share of patients classified rightly, averaged over repeats, ``(repeats, m)``."""
    repeats, count = right.shape
    return wilson_interval(float(np.count_nonzero(right)) / repeats, float(count))
