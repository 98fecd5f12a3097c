"""Evaluate models of classes by patient: every model on the same folds, everything fitted in the fold.

The evaluation knows scikit-learn's ``fit / predict_proba / classes_`` and nothing of what a row is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from spectra_dl.arrays import FloatArray, Texts
from spectra_dl.evaluation.audit import AuditInputs, AuditJob, audit_jobs, audit_of
from spectra_dl.evaluation.classes.comparison import paired_differences
from spectra_dl.evaluation.classes.decisions import evaluate_curves, evaluate_sets, evaluate_threshold
from spectra_dl.evaluation.classes.inference.chance import (
    NullJob,
    RefitNull,
    auc_and_chance,
    patient_features,
)
from spectra_dl.evaluation.classes.inference.own_refits import OwnRefits, own_refits
from spectra_dl.evaluation.classes.inference.paired import PairedJob, PairedShare, paired_share, pairs_of
from spectra_dl.evaluation.classes.inference.surrogate import LinearSurrogate
from spectra_dl.evaluation.classes.metric_table import METRICS, all_metrics
from spectra_dl.evaluation.classes.results import (
    Evaluation,
    EvaluationSettings,
    FoldResult,
    ModelResult,
)
from spectra_dl.evaluation.classes.scores import Scores, patient_intervals
from spectra_dl.evaluation.classes.task import (
    ClassTask,
    LeakyClassTask,
    LearnedInFold,
    named_positive,
    prepare_task,
)
from spectra_dl.evaluation.comparison import Difference
from spectra_dl.evaluation.context import ReportContext
from spectra_dl.evaluation.entries import ModelEntry, model_entries
from spectra_dl.evaluation.estimator import Estimator, smaller
from spectra_dl.evaluation.folds.engine import by_fold, fold_jobs
from spectra_dl.evaluation.folds.job import FoldJob, FoldOutcome, Observation, Observer
from spectra_dl.evaluation.folds.splits import Fold
from spectra_dl.evaluation.intervals import Interval, wilson_interval
from spectra_dl.evaluation.metric import shown_in
from spectra_dl.evaluation.patients import read_patients
from spectra_dl.evaluation.rows import Rows, as_rows
from spectra_dl.execution.job import Job
from spectra_dl.execution.run import Execution

_HEADLINE = [metric.name for metric in shown_in("headline", METRICS)]


def evaluate(
    models: Mapping[str, Estimator] | Sequence[ModelEntry[Estimator]],
    rows: Rows | tuple[Rows, ...],
    label: Texts,
    patient: Texts | None,
    settings: EvaluationSettings | None = None,
    *,
    audit_inputs: AuditInputs | None = None,
    folds: Sequence[Fold] | None = None,
    context: ReportContext | None = None,
    observers: Sequence[Observer] = (),
    leaky_groups: Mapping[str, Texts] | None = None,
    execution: Execution | None = None,
) -> Evaluation:
    """Evaluate every model on the same folds by patient, and audit the data for what is not biology.

    Parameters
    ----------
    models
        Unfitted estimators by name, or entries that say what each is; the first is the reference of the differences. Each is
        cloned for each fold; one whose ``fit`` has a parameter ``groups`` is given the training rows' patients.
    rows
        ``n`` of what estimators take: a matrix, a table, anything that is taken by row numbers; a tuple is blocks of the same rows.
    label, patient
        ``(n,)`` text.
    settings
        How; the default if None.
    audit_inputs
        What the modality hands to the audit: probes, checks of rows, columns. None takes the checks that any matrix allows.
    folds
        The folds of another run, from `split_file.read_split`, or of a column, from `group_splits.group_folds`; drawn anew if None.
    context
        The modality's words and facts for the reports.
    observers
        Look at each model fitted by patient and return what they saw.
    leaky_groups
        ``(n,)`` text by name: what flawed splits keep together while they divide patients, such as visits or sections of tissue. Each gives a leaky
        estimate of its own.
    execution
        Where models are fitted, and the journal of what is finished; in this process and without one if None. Results don't depend on it.

    Raises
    ------
    UsageError
        No models, no patient ids, or an impossible setting.
    DataError
        An impossible split, or probabilities that are not.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> from spectra_dl.evaluation.classes.harness import EvaluationSettings, evaluate
    >>> rows, label = np.random.default_rng(0).normal(size=(40, 3)), np.array(["sick", "well"] * 20)
    >>> rows[::2] += 2
    >>> settings = EvaluationSettings(resamples=200, permutations=200)
    >>> evaluation = evaluate({"LR": LogisticRegression()}, rows, label, [f"p{k}" for k in range(40)], settings)
    >>> bool(evaluation.models["LR"].patient_level["auc"].low > 0.8)
    True
    """
    entries, rows = model_entries(models), as_rows(rows)
    patients = read_patients(patient, label)
    task = prepare_task(len(rows), patients, settings or EvaluationSettings(), folds)
    inputs = AuditInputs.of_rows(rows) if audit_inputs is None else audit_inputs
    checks = _audit_jobs(task, inputs)
    null, *paired = _null_jobs(task, inputs)
    divided = task.leaky_groups(leaky_groups or {})
    fits = [_ModelJobs.of(entry, rows, task, observers, divided) for entry in entries]
    jobs: list[Job[Any]] = [
        *checks,
        null,
        *paired,
        *by_fold([model.by_patient for model in fits]),
        *by_fold([model.leaky for model in fits]),
        *(job for model in fits for jobs_of_group in model.leaky_by.values() for job in jobs_of_group),
        *(job for model in fits for refit in model.refits.jobs for job in refit),
    ]
    done = (execution or Execution()).run(jobs)
    outcome_of: dict[str, Any] = dict(zip((job.title for job in jobs), done, strict=True))
    results = {
        model.entry.name: _model_result(model, outcome_of, outcome_of[null.title], task) for model in fits
    }
    positive, reason = named_positive(patients, task.settings)
    return Evaluation(
        settings=task.settings,
        patients=patients,
        positive=positive,
        positive_reason=reason,
        folds=task.folds,
        models=results,
        differences=_differences(results, task),
        audit=audit_of([outcome_of[job.title] for job in checks]),
        context=context or ReportContext(),
        observations=tuple(seen for model in fits for seen in model.observations(outcome_of)),
        one_class_folds=task.one_class_folds,
    )


def _null_jobs(task: ClassTask, inputs: AuditInputs) -> list[NullJob | PairedJob]:
    """Return the refits that chance is measured by: of the AUC, and of pairs where subjects have both classes."""
    patients = task.patients
    surrogate = LinearSurrogate(
        patient_features(inputs.surrogate, patients),
        patients.class_of_patient,
        task.fold_of_patient,
        len(patients.classes),
        task.positive,
        task.block,
        patients.cluster,
    )
    refits, seed = task.settings.refits, task.settings.seed
    pairs = pairs_of(patients, task.positive)
    paired = [PairedJob(surrogate, pairs, refits, seed)] if len(pairs) else []
    return [NullJob(surrogate, refits, seed), *paired]


def _paired(pooled: FloatArray, outcome_of: Mapping[str, Any], task: ClassTask) -> PairedShare | None:
    """Return how a model ranks the samples of subjects that have both classes; None where there are none."""
    null = outcome_of.get(PairedJob.title)
    if null is None or task.positive is None:
        return None
    return paired_share(pooled[..., task.positive], pairs_of(task.patients, task.positive), null)


def _audit_jobs(task: ClassTask, inputs: AuditInputs) -> list[AuditJob]:
    return audit_jobs(
        task.label,
        task.patient,
        inputs,
        folds=task.audit_folds(),
        multiplicity=task.multiplicity,
        seed=task.settings.seed,
    )


def _leaky_jobs(
    entry: ModelEntry[Estimator], rows: Rows, task: ClassTask, folds: Sequence[Fold], by: str = ""
) -> list[FoldJob[LearnedInFold]]:
    """Return a model's jobs in a split that puts patients on both sides: by row, or by what ``by`` says."""
    title = f"{entry.name}: leaky split{by and f' by {by}'},"
    return fold_jobs(entry, rows, LeakyClassTask.of(task), folds, title=title)


@dataclass(frozen=True, eq=False)
class _ModelJobs:
    """All fits of one model: in the folds by patient, in folds that leak, and without a relation."""

    entry: ModelEntry[Estimator]
    by_patient: Sequence[FoldJob[LearnedInFold]]
    leaky: Sequence[FoldJob[LearnedInFold]]
    leaky_by: Mapping[str, Sequence[FoldJob[LearnedInFold]]]
    leaky_of_smaller: bool
    refits: OwnRefits

    @classmethod
    def of(
        cls,
        entry: ModelEntry[Estimator],
        rows: Rows,
        task: ClassTask,
        observers: Sequence[Observer],
        divided: Mapping[str, Sequence[Fold]],
    ) -> "_ModelJobs":
        leaking = replace(entry, estimator=smaller(entry.estimator))
        return cls(
            entry,
            fold_jobs(entry, rows, task, task.folds, observers=observers),
            _leaky_jobs(leaking, rows, task, task.leaky_folds),
            {name: _leaky_jobs(leaking, rows, task, folds, name) for name, folds in divided.items()},
            leaking.estimator is not entry.estimator,
            own_refits(entry, rows, task),
        )

    def observations(self, outcome_of: Mapping[str, Any]) -> list[Observation]:
        return [seen for job in self.by_patient for seen in outcome_of[job.title].observations()]


def _model_result(
    model: _ModelJobs, outcome_of: Mapping[str, Any], null: RefitNull, task: ClassTask
) -> ModelResult:
    entry = model.entry
    outcomes: list[FoldOutcome[LearnedInFold]] = [outcome_of[job.title] for job in model.by_patient]
    leaky: list[FoldOutcome[LearnedInFold]] = [outcome_of[job.title] for job in model.leaky]
    patients = task.patients
    probability, pooled = task.out_of_fold(outcomes)
    by_patient = patient_scores(task, pooled)
    by_row = Scores(patients.class_of_row, probability, patients.of_row, task.positive, task.fold_of_row)
    method, cluster = task.settings.interval, patients.cluster
    patient_level = _patient_level(by_patient, task)
    patient_level["auc"], chance = auc_and_chance(
        pooled,
        task.comparisons,
        null,
        patients.class_of_patient,
        between=task.leaves_batches_out,
        own_null=model.refits.auc(outcome_of),
        cluster=cluster,
    )
    folds = tuple(_fold_result(outcome, task) for outcome in outcomes)
    return ModelResult(
        name=entry.name,
        kind=entry.kind,
        words=entry.words,
        probability=probability,
        patient_probability=pooled,
        patient_level=patient_level,
        row_level=patient_intervals(by_row, task.multiplicity, method=method, cluster=cluster),
        training_auc=float(np.mean([outcome.learned.training_auc for outcome in outcomes])),
        chance=chance,
        per_fold=folds,
        curves=evaluate_curves(pooled, task),
        threshold=evaluate_threshold(pooled, folds, task),
        conformal=evaluate_sets(pooled, [outcome.learned.sets for outcome in outcomes], task),
        leaky=_leaky_estimate(leaky, task) if leaky else None,
        leaky_by=_leaky_by(model, outcome_of, task),
        leaky_of_smaller=bool(leaky) and model.leaky_of_smaller,
        seconds=sum(outcome.seconds for outcome in (*outcomes, *leaky)),
        paired=_paired(pooled, outcome_of, task),
    )


def _patient_level(scores: Scores, task: ClassTask) -> dict[str, Interval]:
    method, cluster = task.settings.interval, task.patients.cluster
    level = patient_intervals(scores, task.multiplicity, method=method, cluster=cluster)
    if task.positive is not None:
        level |= _wilson(level, scores, task.positive, clustered=cluster is not None)
    return level


def _leaky_by(
    model: _ModelJobs, outcome_of: Mapping[str, Any], task: ClassTask
) -> dict[str, dict[str, float]]:
    outcomes = {name: [outcome_of[job.title] for job in jobs] for name, jobs in model.leaky_by.items()}
    return {name: _leaky_estimate(each, task) for name, each in outcomes.items()}


def _leaky_estimate(outcomes: Sequence[FoldOutcome[LearnedInFold]], task: ClassTask) -> dict[str, float]:
    """Return the leaky estimate: the figures of rows in a split that divides patients."""
    patients = task.patients
    probability = np.empty((len(task.label), len(patients.classes)))
    fold = np.empty((1, len(task.label)), dtype=np.intp)
    for outcome in outcomes:
        probability[outcome.fold.test] = outcome.predicted
        fold[0, outcome.fold.test] = outcome.fold.number
    figures = Scores(patients.class_of_row, probability[None], patients.of_row, task.positive, fold).figures()
    return {metric: figures[metric] for metric in _HEADLINE}


def _fold_result(outcome: FoldOutcome[LearnedInFold], task: ClassTask) -> FoldResult:
    fold = outcome.fold
    truth, pooled = task.by_patient(outcome.predicted, fold.test)
    figures = all_metrics(truth, pooled, task.positive)
    return FoldResult(
        fold.repeat,
        fold.number,
        len(truth),
        {name: figures[name] for name in _HEADLINE},
        threshold=outcome.learned.threshold,
        left_out=fold.left_out,
        chosen=outcome.chosen,
    )


def patient_scores(task: ClassTask, pooled: FloatArray) -> Scores:
    """Return one row per patient.

    Parameters
    ----------
    task
        Whose rows they were, and in which fold they were tested.
    pooled
        ``(repeats, m, c)`` probabilities of patients.
    """
    patients = task.patients
    return Scores(
        patients.class_of_patient, pooled, np.arange(len(patients.names)), task.positive, task.fold_of_patient
    )


def _wilson(
    intervals: Mapping[str, Interval], scores: Scores, positive: int, *, clustered: bool
) -> dict[str, Interval]:
    """Return the figures that are plain shares of patients with Wilson's interval instead of the bootstrap's.

    Parameters
    ----------
    intervals
        Of all figures.
    scores
        Of patients.
    positive
        Number of the positive class.
    clustered
        Whether a subject may have a patient of each class: a share of all patients is then none of independent ones.
    """
    n_positive = float(np.count_nonzero(scores.truth == positive))
    all_patients = float(len(scores.truth))
    trials = {"positive": n_positive, "negative": all_patients - n_positive, "all": all_patients}
    shares = {
        name: trials[metric.share_of]
        for name, metric in METRICS.items()
        if metric.share_of is not None and not (clustered and metric.share_of == "all")
    }
    return {
        name: wilson_interval(min(intervals[name].value * count, count), count)
        for name, count in shares.items()
        if count
    }


def _differences(results: Mapping[str, ModelResult], task: ClassTask) -> tuple[Difference, ...]:
    scores = {name: patient_scores(task, result.patient_probability) for name, result in results.items()}
    (reference, first), *rest = scores.items()
    differences = [
        paired_differences(
            (name, score),
            (reference, first),
            task.multiplicity,
            inflation=max(results[name].chance.inflation, results[reference].chance.inflation),
        )
        for name, score in rest
    ]
    return tuple(each[metric] for each in differences for metric in _HEADLINE)
