"""Evaluate models of the time to an event: every model on the same folds, everything fitted in the fold."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from spectra_dl.evaluation.audit import AuditInputs, audit_of
from spectra_dl.evaluation.classes.inference.chance import against_chance, agreeing, patient_features
from spectra_dl.evaluation.context import ReportContext
from spectra_dl.evaluation.entries import ModelEntry, model_entries
from spectra_dl.evaluation.estimator import Fittable
from spectra_dl.evaluation.folds.job import FoldOutcome, Observer
from spectra_dl.evaluation.folds.splits import Fold
from spectra_dl.evaluation.outcomes.audit import outcome_audit_jobs
from spectra_dl.evaluation.outcomes.model_jobs import ModelJobs, run_all
from spectra_dl.evaluation.outcomes.patient_figures import differences, intervals, once
from spectra_dl.evaluation.outcomes.survival.audit import SURVIVAL_YARDSTICK
from spectra_dl.evaluation.outcomes.survival.by_risk import calibration, risk_groups
from spectra_dl.evaluation.outcomes.survival.chance import SurvivalNull, SurvivalNullJob
from spectra_dl.evaluation.outcomes.survival.metric_table import SURVIVAL_METRICS
from spectra_dl.evaluation.outcomes.survival.metrics import PredictedRisk, concordance
from spectra_dl.evaluation.outcomes.survival.results import (
    SurvivalEvaluation,
    SurvivalFold,
    SurvivalResult,
    SurvivalSettings,
)
from spectra_dl.evaluation.outcomes.survival.task import (
    LearnedOfRisk,
    SurvivalTask,
    prepare_survival,
    survival_rows_as_patients,
)
from spectra_dl.evaluation.outcomes.survival.values import Survival
from spectra_dl.evaluation.rows import Rows, as_rows
from spectra_dl.execution.run import Execution


def evaluate_survival(
    models: Mapping[str, Fittable] | Sequence[ModelEntry[Fittable]],
    rows: Rows | tuple[Rows, ...],
    survival: Survival,
    settings: SurvivalSettings | None = None,
    *,
    audit_inputs: AuditInputs | None = None,
    observers: Sequence[Observer] = (),
    folds: Sequence[Fold] | None = None,
    context: ReportContext | None = None,
    execution: Execution | None = None,
) -> SurvivalEvaluation:
    """Evaluate every model on the same folds by patient, and audit the data for what is not biology.

    Parameters
    ----------
    models
        Unfitted estimators by name, or entries that say what each is; the first is the reference of the differences. ``fit`` takes ``(n, 2)`` times and
        events, and ``groups`` if it has such a parameter; ``predict`` returns risks, the higher the sooner, and ``predict_survival(X, times)``
        probabilities of no event by each time.
    rows
        ``n`` of what estimators take.
    survival
        From `values.read_survival`: whose each row is, and what came of each patient.
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
        An impossible split, or predictions that are none.

    Examples
    --------
    >>> from spectra_dl.evaluation.outcomes.survival.pooled_cox import PooledCox
    >>> from spectra_dl.evaluation.outcomes.survival.values import read_survival
    >>> generator = np.random.default_rng(0)
    >>> rows = generator.normal(size=(80, 3))
    >>> time = generator.exponential(np.exp(-2 * rows[:, 0]))
    >>> survival = read_survival([f"p{k:02d}" for k in range(80)], [f"{value:.4f}" for value in time], ["1"] * 80)
    >>> settings = SurvivalSettings(resamples=200, refits=99)
    >>> evaluate_survival({"Cox": PooledCox()}, rows, survival, settings).models["Cox"].chance.verdict
    'better'
    """
    entries, rows = model_entries(models), as_rows(rows)
    task = prepare_survival(len(rows), survival, settings or SurvivalSettings(), folds)
    inputs = AuditInputs.of_rows(rows) if audit_inputs is None else audit_inputs
    checks, null = outcome_audit_jobs(task, inputs, SURVIVAL_YARDSTICK), _null_job(task, inputs)
    leaky = survival_rows_as_patients(task) if task.settings.leaky else None
    fits = [ModelJobs.of(entry, rows, task, leaky, observers=observers) for entry in entries]
    outcome_of = run_all(fits, [*checks, null], execution)
    reached: SurvivalNull = outcome_of[null.title]
    predictions = {
        model.entry.name: task.predictions([outcome_of[job.title] for job in model.by_patient])
        for model in fits
    }
    results = {
        model.entry.name: _result(model, predictions[model.entry.name], outcome_of, (task, leaky))
        for model in fits
    }
    return SurvivalEvaluation(
        settings=task.settings,
        survival=survival,
        horizon=task.horizon,
        reach=float(task.grid[-1]),
        chance_reaches=float(np.nanquantile(reached.c_index, 0.975)),
        folds=task.folds,
        models=results,
        differences=differences(SURVIVAL_METRICS, predictions, task.multiplicity, reached.inflation),
        audit=audit_of([outcome_of[job.title] for job in checks]),
        context=context or ReportContext(),
        observations=tuple(seen for model in fits for seen in model.observations(outcome_of)),
    )


def _null_job(task: SurvivalTask, inputs: AuditInputs) -> SurvivalNullJob:
    of, settings = task.outcomes, task.settings
    return SurvivalNullJob(
        patient_features(inputs.surrogate, of.halves),
        of.time,
        of.event,
        task.fold_of_patient,
        task.multiplicity,
        settings.refits,
        settings.seed,
    )


def _result(
    model: ModelJobs[LearnedOfRisk],
    predictions: Sequence[PredictedRisk],
    outcome_of: Mapping[str, Any],
    tasks: tuple[SurvivalTask, SurvivalTask | None],
) -> SurvivalResult:
    (task, leaky), entry = tasks, model.entry
    outcomes: list[FoldOutcome[LearnedOfRisk]] = [outcome_of[job.title] for job in model.by_patient]
    leaking: list[FoldOutcome[LearnedOfRisk]] = [outcome_of[job.title] for job in model.leaky]
    null: SurvivalNull = outcome_of[SurvivalNullJob.title]
    figures = intervals(SURVIVAL_METRICS, predictions, task.multiplicity, null.inflation)
    chance = against_chance(figures["c_index"].value, null.c_index, "linear model", null.inflation)
    figures["c_index"] = agreeing(figures["c_index"], chance)
    at = int(np.searchsorted(task.grid, task.horizon))
    event_by_horizon = np.stack([1.0 - one.survival[:, at] for one in predictions])
    return SurvivalResult(
        name=entry.name,
        kind=entry.kind,
        words=entry.words,
        risk=np.stack([one.risk for one in predictions]),
        event_by_horizon=event_by_horizon,
        patient_level=figures,
        training_c_index=float(np.mean([outcome.learned.c_index for outcome in outcomes])),
        chance=chance,
        groups=risk_groups(task.outcomes, task.higher(outcomes), null.log_rank),
        calibration=calibration(task.outcomes, event_by_horizon.mean(axis=0), task.horizon),
        per_fold=tuple(_fold(outcome, predictions, task) for outcome in outcomes),
        leaky=_leaky_estimate(leaking, leaky) if leaky else None,
        seconds=sum(outcome.seconds for outcome in (*outcomes, *leaking)),
    )


def _fold(
    outcome: FoldOutcome[LearnedOfRisk], predictions: Sequence[PredictedRisk], task: SurvivalTask
) -> SurvivalFold:
    fold, one = outcome.fold, predictions[outcome.fold.repeat]
    tested = np.zeros((1, len(task.outcomes.names)))
    tested[0, np.unique(task.outcomes.of_row[fold.test])] = 1.0
    events = int(tested[0] @ task.outcomes.event)
    return SurvivalFold(
        fold.repeat,
        fold.number,
        int(tested.sum()),
        events,
        float(concordance(one, tested)[0]),
        outcome.chosen,
    )


def _leaky_estimate(outcomes: Sequence[FoldOutcome[LearnedOfRisk]], leaky: SurvivalTask) -> float:
    return once(SURVIVAL_METRICS["c_index"], leaky.predictions(outcomes), len(leaky.outcomes.names))
