"""Judge models by patients: every model on the same folds, everything fitted in the fold, intervals over patients.

The harness knows scikit-learn's ``fit / predict_proba / classes_`` and nothing of spectra or tissue.
"""

import inspect
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from spectra_dl.errors import DataError, UsageError
from spectra_dl.evaluation.arrays import FloatArray, IndexArray, Texts
from spectra_dl.evaluation.audit import Probe, audit
from spectra_dl.evaluation.classes import positive_class
from spectra_dl.evaluation.comparison import Difference, paired_differences, permutation_null, permutation_p
from spectra_dl.evaluation.intervals import (
    Interval,
    Scores,
    draw_patients,
    patient_intervals,
    wilson_interval,
)
from spectra_dl.evaluation.metrics import macro_auc, pool_by_patient
from spectra_dl.evaluation.patients import Patients, read_patients
from spectra_dl.evaluation.results import Evaluation, EvaluationSettings, ModelResult
from spectra_dl.evaluation.splits import Fold, patient_folds, spectrum_folds

__all__ = ["Estimator", "Evaluation", "EvaluationSettings", "ModelResult", "Progress", "evaluate"]

Progress = Callable[[str], None]


class Estimator(Protocol):
    """What a model must offer: scikit-learn's classifier, with parameters that `sklearn.base.clone` can copy."""

    classes_: Sequence[str]

    def fit(self, X: NDArray[np.float64], y: NDArray[np.str_]) -> Any: ...

    def predict_proba(self, X: NDArray[np.float64]) -> FloatArray: ...


@dataclass(frozen=True, eq=False)
class _Task:
    """The rows and how to judge on them: what every model shares."""

    rows: NDArray[np.float64]
    label: NDArray[np.str_]
    patient: NDArray[np.str_]
    patients: Patients
    positive: int | None
    folds: tuple[Fold, ...]
    leaky_folds: tuple[Fold, ...]
    multiplicity: FloatArray
    settings: EvaluationSettings
    say: Progress


def evaluate(
    models: Mapping[str, Estimator],
    X: NDArray[np.float64],
    label: Texts,
    patient: Texts | None,
    settings: EvaluationSettings | None = None,
    *,
    probes: Sequence[Probe] = (),
    folds: Sequence[Fold] | None = None,
    progress: Progress | None = None,
) -> Evaluation:
    """Judge every model on the same folds by patient, and audit the data for what is not biology.

    Parameters
    ----------
    models
        Unfitted estimators by name, the first being the reference of the differences. Each is cloned for each fold; one
        whose ``fit`` has a parameter ``groups`` is given the training rows' patients.
    X
        ``(n, p)`` what estimators take, a row per spectrum.
    label, patient
        ``(n,)`` text.
    settings
        How; the default if None.
    probes
        What besides biology may tell the classes apart, supplied by the modality.
    folds
        The folds of another run, from `splits.read_split`; drawn anew if None.
    progress
        Takes a short line before each fit.

    Raises
    ------
    UsageError
        No models, no patient ids, or an impossible setting.
    DataError
        An impossible split, or probabilities that are not.
    """
    if not models:
        raise UsageError("no models to evaluate; name at least one")
    patients = read_patients(patient, label)
    task = _prepare(X, patients, settings or EvaluationSettings(), folds, progress or _silent)
    task.say("audit")
    findings = audit(
        task.rows, task.label, task.patient, probes, folds=task.folds, multiplicity=task.multiplicity
    )
    results = {name: _judge(name, model, task) for name, model in models.items()}
    positive, reason = _positive(patients, task.settings)
    return Evaluation(
        settings=task.settings,
        patients=patients,
        positive=positive,
        positive_reason=reason,
        folds=task.folds,
        models=results,
        differences=_differences(results, task),
        audit=findings,
    )


def _prepare(
    rows: NDArray[np.float64],
    patients: Patients,
    settings: EvaluationSettings,
    folds: Sequence[Fold] | None,
    say: Progress,
) -> _Task:
    if len(rows) != len(patients.of_row):
        raise DataError(f"{len(rows)} rows for {len(patients.of_row)} labels; give one of each per spectrum")
    label = np.array([patients.classes[code] for code in patients.class_of_row])
    patient = np.array([patients.names[code] for code in patients.of_row])
    if folds is None:
        division = {"folds": settings.folds, "repeats": settings.repeats, "seed": settings.seed}
        folds = patient_folds(patient, label, **division)
    else:
        _check_folds(folds, patients)
        number, repeat = max(fold.number for fold in folds), max(fold.repeat for fold in folds)
        settings = replace(settings, folds=number + 1, repeats=repeat + 1)
    by_spectrum = spectrum_folds(label, folds=settings.folds, seed=settings.seed) if settings.leaky else []
    positive, _ = _positive(patients, settings)
    return _Task(
        rows=rows,
        label=label,
        patient=patient,
        patients=patients,
        positive=None if positive is None else patients.classes.index(positive),
        folds=tuple(folds),
        leaky_folds=tuple(by_spectrum),
        multiplicity=draw_patients(len(patients.names), resamples=settings.resamples, seed=settings.seed),
        settings=settings,
        say=say,
    )


def _check_folds(folds: Sequence[Fold], patients: Patients) -> None:
    """Refuse folds from elsewhere that test a row twice or never, or have a patient on both sides."""
    repeats = {fold.repeat for fold in folds}
    tested = np.concatenate([fold.test for fold in folds]) if folds else np.empty(0, dtype=np.intp)
    times = np.bincount(tested, minlength=len(patients.of_row))
    divided = any(np.intersect1d(patients.of_row[one.train], patients.of_row[one.test]).size for one in folds)
    if not folds or repeats != set(range(len(repeats))) or np.any(times != len(repeats)) or divided:
        raise DataError(
            "the given folds don't test each row once per repeat, or have a patient on both sides; "
            "make them with patient_folds or read_split"
        )


def _positive(patients: Patients, settings: EvaluationSettings) -> tuple[str | None, str]:
    if len(patients.classes) == 2:
        return positive_class(patients.classes, settings.positive)
    if settings.positive is not None:
        positive_class(patients.classes, settings.positive)
    reason = (
        f"{len(patients.classes)} classes: each is judged against the rest, and the figures are averaged."
    )
    return None, reason


def _judge(name: str, model: Estimator, task: _Task) -> ModelResult:
    started = time.perf_counter()
    probability, training_auc = _out_of_fold(name, model, task)
    leaky = _leaky_claim(name, model, task) if task.leaky_folds else None
    seconds = time.perf_counter() - started
    patients, n_patients = task.patients, len(task.patients.names)
    pooled = np.stack([pool_by_patient(each, patients.of_row, n_patients) for each in probability])
    by_patient = patient_scores(patients, pooled, task.positive)
    by_row = Scores(patients.class_of_row, probability, patients.of_row, task.positive)
    method = task.settings.interval
    patient_level = patient_intervals(by_patient, task.multiplicity, method=method)
    if task.positive is not None:
        patient_level |= _wilson(patient_level, by_patient, task.positive)
    return ModelResult(
        name,
        probability,
        pooled,
        patient_level,
        patient_intervals(by_row, task.multiplicity, method=method),
        training_auc,
        _permutation_p(by_patient, task.settings),
        leaky,
        seconds,
    )


def patient_scores(patients: Patients, pooled: FloatArray, positive: int | None) -> Scores:
    """Return one row per patient from ``(repeats, m, c)`` pooled probabilities."""
    return Scores(patients.class_of_patient, pooled, np.arange(len(patients.names)), positive)


def _out_of_fold(name: str, model: Estimator, task: _Task) -> tuple[FloatArray, float]:
    """Return ``(repeats, n, c)`` out-of-fold probabilities and the mean patient AUC on training rows."""
    repeats = 1 + max(fold.repeat for fold in task.folds)
    probability = np.full((repeats, len(task.rows), len(task.patients.classes)), np.nan)
    training = []
    for count, fold in enumerate(task.folds, start=1):
        task.say(f"{name}: fold {count} of {len(task.folds)}")
        fitted = _fit(model, fold.train, task)
        probability[fold.repeat, fold.test] = _predict(name, fitted, fold.test, task)
        training.append(_training_auc(_predict(name, fitted, fold.train, task), fold.train, task))
    return probability, float(np.mean(training))


def _fit(model: Estimator, rows: IndexArray, task: _Task) -> Estimator:
    from sklearn.base import clone

    fresh: Estimator = clone(model)
    takes_groups = "groups" in inspect.signature(fresh.fit).parameters
    groups = {"groups": task.patient[rows]} if takes_groups else {}
    fresh.fit(task.rows[rows], task.label[rows], **groups)
    return fresh


def _predict(name: str, model: Estimator, rows: IndexArray, task: _Task) -> FloatArray:
    """Return ``(rows, c)`` probabilities with a column for each class of the whole data."""
    given = np.asarray(model.predict_proba(task.rows[rows]), dtype=np.float64)
    classes = [str(one) for one in model.classes_]
    fits = given.shape == (len(rows), len(classes)) and set(classes) <= set(task.patients.classes)
    if not fits or not np.allclose(given.sum(axis=1), 1.0, atol=1e-3) or np.any(given < 0):
        raise DataError(
            f"{name}: predict_proba gave no probabilities, one per row and class with rows that sum to one; "
            "mend the model"
        )
    probability = np.zeros((len(rows), len(task.patients.classes)))
    probability[:, [task.patients.classes.index(one) for one in classes]] = given
    return probability


def _training_auc(probability: FloatArray, rows: IndexArray, task: _Task) -> float:
    present, of_row = np.unique(task.patients.of_row[rows], return_inverse=True)
    pooled = pool_by_patient(probability, of_row, present.size)
    return macro_auc(task.patients.class_of_patient[present], pooled, task.positive)


def _leaky_claim(name: str, model: Estimator, task: _Task) -> dict[str, float]:
    probability = np.empty((len(task.rows), len(task.patients.classes)))
    for count, fold in enumerate(task.leaky_folds, start=1):
        task.say(f"{name}: split by spectrum, fold {count} of {len(task.leaky_folds)}")
        probability[fold.test] = _predict(name, _fit(model, fold.train, task), fold.test, task)
    patients = task.patients
    figures = Scores(patients.class_of_row, probability[None], patients.of_row, task.positive).figures()
    return {metric: figures[metric] for metric in ("auc", "balanced_accuracy")}


def _wilson(found: Mapping[str, Interval], scores: Scores, positive: int) -> dict[str, Interval]:
    """Return the figures that are plain shares of patients with Wilson's interval instead of the bootstrap's."""
    n_positive = float(np.count_nonzero(scores.truth == positive))
    trials = {
        "sensitivity": n_positive,
        "specificity": len(scores.truth) - n_positive,
        "accuracy": float(len(scores.truth)),
    }
    return {
        name: wilson_interval(min(found[name].value * count, count), count)
        for name, count in trials.items()
        if count
    }


def _permutation_p(scores: Scores, settings: EvaluationSettings) -> float:
    """Return the p-value of the AUC averaged over repeats; each permutation deals the same classes in every repeat."""
    null = [
        permutation_null(
            each, scores.patient, scores.truth, permutations=settings.permutations, seed=settings.seed
        )
        for each in scores.probability
    ]
    return permutation_p(scores.figures()["auc"], np.mean(null, axis=0))


def _differences(results: Mapping[str, ModelResult], task: _Task) -> tuple[Difference, ...]:
    scores = {
        name: patient_scores(task.patients, result.patient_probability, task.positive)
        for name, result in results.items()
    }
    (reference, first), *others = scores.items()
    found = [paired_differences((name, own), (reference, first), task.multiplicity) for name, own in others]
    return tuple(each[metric] for each in found for metric in ("auc", "balanced_accuracy"))


def _silent(_: str) -> None:
    """Say nothing."""
