"""Judge models by patients: every model on the same folds, everything fitted in the fold, intervals over patients.

The harness knows scikit-learn's ``fit / predict_proba / classes_`` and nothing of spectra or tissue.
"""

import time
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray, Texts
from spectra_dl.errors import UsageError
from spectra_dl.evaluation.audit import Audit, Probe, audit
from spectra_dl.evaluation.classes.decisions import judge_curves, judge_sets, judge_threshold
from spectra_dl.evaluation.classes.metrics import pool_by_patient
from spectra_dl.evaluation.classes.outer_folds import leaky_estimate, run_folds
from spectra_dl.evaluation.classes.results import Evaluation, EvaluationSettings, ModelResult
from spectra_dl.evaluation.classes.task import Observer, Progress, Task, named_positive, prepare_task
from spectra_dl.evaluation.comparison import Difference, paired_differences, permutation_null, permutation_p
from spectra_dl.evaluation.estimator import Estimator
from spectra_dl.evaluation.folds.splits import Fold
from spectra_dl.evaluation.intervals import Interval, Scores, patient_intervals, wilson_interval
from spectra_dl.evaluation.patients import Patients, read_patients

__all__ = [
    "Estimator",
    "Evaluation",
    "EvaluationSettings",
    "ModelResult",
    "Observer",
    "Progress",
    "evaluate",
]


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
    columns: Mapping[str, Texts] | None = None,
    observe: Observer | None = None,
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
    columns
        ``(n,)`` text by name: what else is known of the rows, for the audit.
    observe
        Takes the model's name, the fold and the estimator after each fit by patient, to learn more from it.

    Raises
    ------
    UsageError
        No models, no patient ids, or an impossible setting.
    DataError
        An impossible split, or probabilities that are not.

    Examples
    --------
    >>> from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
    >>> rng = np.random.default_rng(0)
    >>> patient = np.repeat([f"p{k}" for k in range(12)], 3)
    >>> label = np.where(np.arange(36) < 18, "healthy", "sick")
    >>> rows = rng.normal(size=(36, 4)) + 2.0 * (label == "sick")[:, np.newaxis]
    >>> settings = EvaluationSettings(folds=3, resamples=200, permutations=100)
    >>> evaluation = evaluate({"lda": LinearDiscriminantAnalysis()}, rows, label, patient, settings)
    >>> round(evaluation.models["lda"].patient_level["auc"].value, 2)
    1.0
    """
    if not models:
        raise UsageError("no models to evaluate; name at least one")
    patients = read_patients(patient, label)
    task = prepare_task(
        X, patients, settings or EvaluationSettings(), folds, say=progress or _silent, observe=observe
    )
    task.say("audit")
    findings = _audit(task, probes, columns)
    results = {name: _judge(name, model, task) for name, model in models.items()}
    positive, reason = named_positive(patients, task.settings)
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


def _audit(task: Task, probes: Sequence[Probe], columns: Mapping[str, Texts] | None) -> Audit:
    return audit(
        task.rows,
        task.label,
        task.patient,
        probes,
        folds=task.audit_folds(),
        multiplicity=task.multiplicity,
        columns=columns,
        seed=task.settings.seed,
    )


def _judge(name: str, model: Estimator, task: Task) -> ModelResult:
    started = time.perf_counter()
    found = run_folds(name, model, task)
    leaky = leaky_estimate(name, model, task) if task.leaky_folds else None
    seconds = time.perf_counter() - started
    patients, n_patients = task.patients, len(task.patients.names)
    pooled = np.stack([pool_by_patient(each, patients.of_row, n_patients) for each in found.probability])
    by_patient = patient_scores(patients, pooled, task.positive)
    by_row = Scores(patients.class_of_row, found.probability, patients.of_row, task.positive)
    method = task.settings.interval
    patient_level = patient_intervals(by_patient, task.multiplicity, method=method)
    if task.positive is not None:
        patient_level |= _wilson(patient_level, by_patient, task.positive)
    return ModelResult(
        name=name,
        probability=found.probability,
        patient_probability=pooled,
        patient_level=patient_level,
        spectrum_level=patient_intervals(by_row, task.multiplicity, method=method),
        training_auc=found.training_auc,
        permutation_p=_permutation_p(by_patient, task.settings),
        per_fold=found.folds,
        curves=judge_curves(pooled, task),
        threshold=judge_threshold(pooled, found.folds, task),
        conformal=judge_sets(pooled, found.sets, task),
        leaky=leaky,
        seconds=seconds,
    )


def patient_scores(patients: Patients, pooled: FloatArray, positive: int | None) -> Scores:
    """Return one row per patient from ``(repeats, m, c)`` pooled probabilities."""
    return Scores(patients.class_of_patient, pooled, np.arange(len(patients.names)), positive)


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


def _differences(results: Mapping[str, ModelResult], task: Task) -> tuple[Difference, ...]:
    scores = {
        name: patient_scores(task.patients, result.patient_probability, task.positive)
        for name, result in results.items()
    }
    (reference, first), *others = scores.items()
    found = [paired_differences((name, own), (reference, first), task.multiplicity) for name, own in others]
    return tuple(each[metric] for each in found for metric in ("auc", "balanced_accuracy"))


def _silent(_: str) -> None:
    """Say nothing."""
