"""What other than biology predicts a number: the probes, columns and row checks of classes, asked about the number."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray, IndexArray
from spectra_dl.errors import DataError
from spectra_dl.evaluation.audit import AuditInputs, AuditJob, Probe
from spectra_dl.evaluation.audit.columns import read_columns
from spectra_dl.evaluation.audit.finding import CONSEQUENCE, Finding, Severity, milder
from spectra_dl.evaluation.audit.other_words import check_other_words
from spectra_dl.evaluation.intervals import Interval, percentile_interval
from spectra_dl.evaluation.outcomes.chance import ridge
from spectra_dl.evaluation.outcomes.metrics import Predicted, spearman_within
from spectra_dl.evaluation.outcomes.patient_task import PatientTask
from spectra_dl.evaluation.outcomes.task import OutcomeTask
from spectra_dl.evaluation.wording import figure, first_few

# About as much as refitted models vary more than fixed scores (docs/statistics/calibration.md).
_REFITTING = 1.4


@dataclass(frozen=True)
class Yardstick:
    """By what figure features are found to predict an outcome.

    Attributes
    ----------
    reached
        Returns the out-of-fold figure of ``(n, k)`` features of rows, in a task, with its interval.
    figure
        What it is called.
    chance, warn_above, stop_above
        What features reach that know nothing, and above which lower end of the interval a finding warns and stops.
    """

    reached: Callable[[FloatArray, Any], Interval]
    figure: str
    chance: float
    warn_above: float
    stop_above: float


def outcome_audit_jobs(task: Any, inputs: AuditInputs, yardstick: Yardstick | None = None) -> list[AuditJob]:
    """Return a job for each probe and check.

    Row checks compare two halves of the patients, as if they were classes.

    Parameters
    ----------
    task
        Whose the rows are, what came of the patients and the folds: an `OutcomeTask`, or another with ``outcomes.halves``, ``outcomes.numbers``, ``folds`` and ``settings``.
    inputs
        From the modality.
    yardstick
        How features are measured; by the rank correlation with a number if None.
    """
    measure = yardstick or NUMBER_YARDSTICK
    halves, seed = task.outcomes.halves, task.settings.seed
    probes = [
        AuditJob(f"audit: {probe.name}", partial(_probe, probe, task, measure)) for probe in inputs.probes
    ]
    rows = [
        AuditJob(f"audit: rows, check {number}", partial(check, halves, task.folds, seed=seed))
        for number, check in enumerate(inputs.row_checks, start=1)
    ]
    said = partial(
        check_other_words, inputs.columns, task.outcomes.of_row, task.outcomes.numbers, task.settings.subject
    )
    columns = AuditJob("audit: columns", partial(_columns, inputs, task, measure))
    return [*probes, columns, AuditJob("audit: target in other words", said), *rows]


def probe_correlation(features: FloatArray, task: OutcomeTask) -> Interval:
    """Return the out-of-fold rank correlation of patients that ``(n, k)`` features of rows reach, with its interval.

    Parameters
    ----------
    features
        ``(n, k)`` finite.
    task
        Whose the rows are, the numbers and the folds.
    """
    value = task.outcomes.value
    return out_of_fold(
        features,
        task,
        linear=lambda means, train: ridge(means, value, train),
        figure=lambda predicted, fold, drawn: spearman_within(
            Predicted(value, predicted, value, fold), drawn
        ),
    )


def out_of_fold(
    features: FloatArray,
    task: PatientTask,
    *,
    linear: Callable[[FloatArray, NDArray[np.bool_]], FloatArray],
    figure: Callable[[FloatArray, IndexArray, FloatArray], FloatArray],
) -> Interval:
    """Return the figure that a linear model of ``(n, k)`` features of rows reaches on patients left out, averaged over repeats.

    Parameters
    ----------
    features
        ``(n, k)`` finite.
    task
        Whose the rows are, and the folds.
    linear
        Takes ``(m, k)`` standardised means of patients and ``(m,)`` who is trained on; returns ``(m,)`` predictions.
    figure
        Takes ``(m,)`` predictions, ``(m,)`` whose fold predicted, and ``(r, m)`` multiplicities; returns ``(r,)``.
    """
    of = task.outcomes
    means = np.stack([of.mean_of(column) for column in features.T], axis=1)
    once, each, resampled = np.ones((1, len(of.names))), [], []
    for fold in task.fold_of_patient:
        predicted = np.empty(len(of.names))
        for number in np.unique(fold):
            test = fold == number
            predicted[test] = linear(_standardised(means, ~test), ~test)[test]
        each.append(float(figure(predicted, fold, once)[0]))
        resampled.append(figure(predicted, fold, task.multiplicity))
    return percentile_interval(float(np.mean(each)), np.mean(resampled, axis=0))


#: Limits are about those of an AUC of .80 and .60 between halves of the patients.
NUMBER_YARDSTICK = Yardstick(probe_correlation, "rank correlation of patients", 0.0, 0.3, 0.8)


def _standardised(features: FloatArray, train: NDArray[np.bool_]) -> FloatArray:
    centre, spread = features[train].mean(axis=0), features[train].std(axis=0)
    # A feature that is constant up to rounding must not be blown up into one that isn't.
    scale = np.where(spread > 1e-9 * np.maximum(1e-300, np.abs(centre)), spread, np.inf)
    return np.asarray((features - centre) / scale)


def _probe(probe: Probe, task: Any, measure: Yardstick) -> Finding:
    if len(probe.features) != len(task.outcomes.of_row):
        raise DataError(
            f"probe {probe.name!r} has {len(probe.features)} rows for {len(task.outcomes.of_row)} of the data"
        )
    reached = measure.reached(probe.features, task)
    raised = _raised_by(reached, measure)
    severity = milder(raised, probe.at_worst)
    weakly = reached.widened(_REFITTING).low > measure.chance
    verb = "can be" if raised != "fine" else "can weakly be" if weakly else "can't be"
    sentence = f"{task.settings.subject} {verb} predicted from {probe.sentence} ({_text(reached, measure)}).{CONSEQUENCE[severity]}"
    return Finding(probe.name, severity, sentence)


def _columns(inputs: AuditInputs, task: Any, measure: Yardstick) -> list[Finding]:
    """Check every column that may say which batch a row is of; those that are fine become one finding together."""
    subject, findings, calm = task.settings.subject, [], []
    for column in read_columns(inputs.columns, task.outcomes.halves):
        reached = measure.reached(column.features(), task)
        severity: Severity = milder(_raised_by(reached, measure), "stop" if column.handling else "warn")
        if severity == "fine":
            calm.append(column.name)
            continue
        sentence = f"{subject} goes with column {column.name!r:.60} ({_text(reached, measure)}).{CONSEQUENCE[severity]}"
        findings.append(Finding(f"column {column.name}", severity, sentence))
    if calm:
        findings.append(
            Finding(
                "columns", "fine", f"{subject} doesn't go with what other columns say: {first_few(calm)}."
            )
        )
    return findings


def _raised_by(reached: Interval, measure: Yardstick) -> Severity:
    return (
        "stop" if reached.low > measure.stop_above else "warn" if reached.low > measure.warn_above else "fine"
    )


def _text(reached: Interval, measure: Yardstick) -> str:
    return f"{measure.figure} {figure(reached.value)}, 95 % interval {figure(reached.low)} to {figure(reached.high)}"
