"""One model through all outer folds: fitted on training patients, asked about the others, nothing chosen on those."""

from dataclasses import dataclass

import numpy as np

from spectra_dl.arrays import FloatArray, IndexArray
from spectra_dl.evaluation.classes.conformal import ConformalSets, fit_conformal
from spectra_dl.evaluation.classes.metrics import all_metrics, macro_auc, pool_by_patient
from spectra_dl.evaluation.classes.results import FoldResult
from spectra_dl.evaluation.classes.task import Task
from spectra_dl.evaluation.classes.threshold import choose_threshold
from spectra_dl.evaluation.estimator import Estimator, class_probability, fit_copy, unseen_probability
from spectra_dl.evaluation.folds.splits import Fold
from spectra_dl.evaluation.intervals import Scores


@dataclass(frozen=True, eq=False)
class OuterFolds:
    """What a model said of patients it was not trained on.

    Attributes
    ----------
    probability
        ``(repeats, n, c)``.
    training_auc
        Patient AUC on training rows, mean over folds.
    folds
        One result per fold.
    sets
        Conformal sets per fold, learned from training patients only; None where a class had a single one.
    """

    probability: FloatArray
    training_auc: float
    folds: tuple[FoldResult, ...]
    sets: tuple[ConformalSets | None, ...]


def run_folds(name: str, model: Estimator, task: Task) -> OuterFolds:
    """Fit a copy of ``model`` in each fold, and let it say what it learned and what it chose."""
    classes = task.patients.classes
    probability = np.full((task.repeats, len(task.rows), len(classes)), np.nan)
    training, results, sets = [], [], []
    for count, fold in enumerate(task.folds, start=1):
        task.say(f"{name}: fold {count} of {len(task.folds)}")
        fitted = fit_copy(model, task.rows[fold.train], task.label[fold.train], task.patient[fold.train])
        if task.observe:
            task.observe(name, fold, fitted)
        told = class_probability(name, fitted, task.rows[fold.test], classes)
        probability[fold.repeat, fold.test] = told
        own = class_probability(name, fitted, task.rows[fold.train], classes)
        training.append(macro_auc(*_by_patient(own, fold.train, task), task.positive))
        threshold, held = _learned_inside(name, fitted, fold, task)
        results.append(_fold_result(told, fold, task, threshold, fitted))
        sets.append(held)
    return OuterFolds(probability, float(np.mean(training)), tuple(results), tuple(sets))


def leaky_estimate(name: str, model: Estimator, task: Task) -> dict[str, float]:
    """Return what a split by spectrum would have claimed."""
    patients = task.patients
    probability = np.empty((len(task.rows), len(patients.classes)))
    for count, fold in enumerate(task.leaky_folds, start=1):
        task.say(f"{name}: split by spectrum, fold {count} of {len(task.leaky_folds)}")
        fitted = fit_copy(model, task.rows[fold.train], task.label[fold.train], task.patient[fold.train])
        probability[fold.test] = class_probability(name, fitted, task.rows[fold.test], patients.classes)
    figures = Scores(patients.class_of_row, probability[None], patients.of_row, task.positive).figures()
    return {metric: figures[metric] for metric in ("auc", "balanced_accuracy")}


def _learned_inside(
    name: str, fitted: Estimator, fold: Fold, task: Task
) -> tuple[float | None, ConformalSets | None]:
    """Return the threshold and the sets that the fold's training patients ask for; no test patient has a say."""
    rows = fold.train
    unseen = unseen_probability(
        name,
        fitted,
        task.rows[rows],
        task.label[rows],
        task.patient[rows],
        classes=task.patients.classes,
        seed=task.settings.seed,
    )
    if unseen is None:
        return None, None
    truth, pooled = _by_patient(unseen, rows, task)
    held = fit_conformal(pooled, truth, task.settings.coverage)
    if task.positive is None:
        return None, held
    rule = task.settings.threshold_rule
    return choose_threshold(pooled[:, task.positive], truth == task.positive, rule), held


def _by_patient(probability: FloatArray, rows: IndexArray, task: Task) -> tuple[IndexArray, FloatArray]:
    """Return class numbers and pooled probabilities of the patients who own ``rows``."""
    present, of_row = np.unique(task.patients.of_row[rows], return_inverse=True)
    return task.patients.class_of_patient[present], pool_by_patient(probability, of_row, present.size)


def _fold_result(
    told: FloatArray, fold: Fold, task: Task, threshold: float | None, fitted: Estimator
) -> FoldResult:
    truth, pooled = _by_patient(told, fold.test, task)
    figures = all_metrics(truth, pooled, task.positive)
    return FoldResult(
        fold.repeat,
        fold.number,
        len(truth),
        figures["auc"],
        figures["balanced_accuracy"],
        threshold=threshold,
        left_out=fold.left_out,
        chosen=getattr(fitted, "chosen_", None),
    )
