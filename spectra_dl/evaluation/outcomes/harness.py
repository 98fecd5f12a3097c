"""Evaluate models of one number per patient: every model on the same folds, everything fitted in the fold."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from spectra_dl.evaluation.audit import AuditInputs, audit_of
from spectra_dl.evaluation.classes.inference.chance import against_chance, patient_features
from spectra_dl.evaluation.context import ReportContext
from spectra_dl.evaluation.entries import ModelEntry, model_entries
from spectra_dl.evaluation.estimator import Fittable
from spectra_dl.evaluation.folds.job import FoldOutcome, Observer
from spectra_dl.evaluation.folds.splits import Fold
from spectra_dl.evaluation.outcomes.audit import outcome_audit_jobs
from spectra_dl.evaluation.outcomes.chance import NumberNull, NumberNullJob
from spectra_dl.evaluation.outcomes.metric_table import OUTCOME_METRICS
from spectra_dl.evaluation.outcomes.metrics import Predicted
from spectra_dl.evaluation.outcomes.model_jobs import ModelJobs, run_all
from spectra_dl.evaluation.outcomes.patient_figures import differences, intervals, once
from spectra_dl.evaluation.outcomes.results import (
    OutcomeEvaluation,
    OutcomeFold,
    OutcomeResult,
    OutcomeSettings,
)
from spectra_dl.evaluation.outcomes.task import (
    LearnedOfNumber,
    OutcomeTask,
    prepare_outcomes,
    rows_as_patients,
)
from spectra_dl.evaluation.outcomes.values import Outcomes
from spectra_dl.evaluation.rows import Rows, as_rows
from spectra_dl.execution.run import Execution


def evaluate_outcome(
    models: Mapping[str, Fittable] | Sequence[ModelEntry[Fittable]],
    rows: Rows | tuple[Rows, ...],
    outcomes: Outcomes,
    settings: OutcomeSettings | None = None,
    *,
    audit_inputs: AuditInputs | None = None,
    observers: Sequence[Observer] = (),
    folds: Sequence[Fold] | None = None,
    context: ReportContext | None = None,
    execution: Execution | None = None,
) -> OutcomeEvaluation:
    """Evaluate every model on the same folds by patient, and audit the data for what is not biology.

    Parameters
    ----------
    models
        Unfitted regressors by name, or entries that say what each is; the first is the reference of the differences. One whose ``fit`` has a
        parameter ``groups`` is given the training rows' patients.
    rows
        ``n`` of what estimators take.
    outcomes
        From `values.read_outcomes`: whose each row is, and each patient's number.
    settings
        How; the default if None.
    audit_inputs
        What the modality hands to the audit. None takes the checks that any matrix allows.
    observers
        Look at each model fitted in the folds by patient; what they see stands in ``observations``.
    folds
        The folds of another run, from `split_file.read_split`; drawn anew if None.
    context
        The modality's words and facts for the reports.
    execution
        Where models are fitted, and the journal of what is finished. Results don't depend on it.

    Raises
    ------
    UsageError
        No models, or an impossible setting.
    DataError
        An impossible split, or predictions that are no numbers.

    Examples
    --------
    >>> from sklearn.linear_model import Ridge
    >>> from spectra_dl.evaluation.outcomes.values import read_outcomes
    >>> rows = np.random.default_rng(0).normal(size=(40, 3))
    >>> outcomes = read_outcomes([f"p{k:02d}" for k in range(40)], [f"{value:.3f}" for value in rows[:, 0]])
    >>> settings = OutcomeSettings(resamples=200, refits=99)
    >>> evaluate_outcome({"ridge": Ridge(0.1)}, rows, outcomes, settings).models["ridge"].chance.verdict
    'better'
    """
    entries, rows = model_entries(models), as_rows(rows)
    task = prepare_outcomes(len(rows), outcomes, settings or OutcomeSettings(), folds)
    inputs = AuditInputs.of_rows(rows) if audit_inputs is None else audit_inputs
    checks, null = outcome_audit_jobs(task, inputs), _null_job(task, inputs)
    leaky = rows_as_patients(task) if task.settings.leaky else None
    fits = [ModelJobs.of(entry, rows, task, leaky, observers=observers) for entry in entries]
    outcome_of = run_all(fits, [*checks, null], execution)
    predictions = {
        model.entry.name: task.predictions([outcome_of[job.title] for job in model.by_patient])
        for model in fits
    }
    results = {
        model.entry.name: _result(model, predictions[model.entry.name], outcome_of, (task, leaky))
        for model in fits
    }
    return OutcomeEvaluation(
        settings=task.settings,
        outcomes=outcomes,
        folds=task.folds,
        models=results,
        differences=differences(
            OUTCOME_METRICS, predictions, task.multiplicity, outcome_of[null.title].inflation
        ),
        audit=audit_of([outcome_of[job.title] for job in checks]),
        context=context or ReportContext(),
        observations=tuple(seen for model in fits for seen in model.observations(outcome_of)),
    )


def _null_job(task: OutcomeTask, inputs: AuditInputs) -> NumberNullJob:
    features = patient_features(inputs.surrogate, task.outcomes.halves)
    settings = task.settings
    return NumberNullJob(features, task.outcomes.value, task.fold_of_patient, settings.refits, settings.seed)


def _result(
    model: ModelJobs[LearnedOfNumber],
    predictions: Sequence[Predicted],
    outcome_of: Mapping[str, Any],
    tasks: tuple[OutcomeTask, OutcomeTask | None],
) -> OutcomeResult:
    (task, leaky), entry = tasks, model.entry
    outcomes: list[FoldOutcome[LearnedOfNumber]] = [outcome_of[job.title] for job in model.by_patient]
    leaking: list[FoldOutcome[LearnedOfNumber]] = [outcome_of[job.title] for job in model.leaky]
    null: NumberNull = outcome_of[NumberNullJob.title]
    figures = intervals(OUTCOME_METRICS, predictions, task.multiplicity, null.inflation)
    spearman = figures["spearman"].value
    return OutcomeResult(
        name=entry.name,
        kind=entry.kind,
        words=entry.words,
        predicted=np.stack([one.predicted for one in predictions]),
        patient_level=figures,
        training_rmse=float(np.mean([outcome.learned.training_rmse for outcome in outcomes])),
        chance=against_chance(spearman, null.spearman, "linear model", null.inflation),
        per_fold=tuple(_fold(outcome, predictions, task) for outcome in outcomes),
        leaky=_leaky_estimate(leaking, leaky) if leaky else None,
        seconds=sum(outcome.seconds for outcome in (*outcomes, *leaking)),
    )


def _fold(
    outcome: FoldOutcome[LearnedOfNumber], predictions: Sequence[Predicted], task: OutcomeTask
) -> OutcomeFold:
    fold = outcome.fold
    tested = np.unique(task.outcomes.of_row[fold.test])
    one = predictions[fold.repeat]
    error = one.predicted[tested] - one.truth[tested]
    rmse = float(np.sqrt(np.mean(error**2)))
    return OutcomeFold(fold.repeat, fold.number, len(tested), rmse, outcome.chosen)


def _leaky_estimate(outcomes: Sequence[FoldOutcome[LearnedOfNumber]], leaky: OutcomeTask) -> dict[str, float]:
    predictions = leaky.predictions(outcomes)
    return {
        name: once(metric, predictions, len(leaky.outcomes.names)) for name, metric in OUTCOME_METRICS.items()
    }
