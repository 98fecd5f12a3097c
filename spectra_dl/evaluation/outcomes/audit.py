"""What other than biology predicts a number: the probes, columns and row checks of classes, asked about the number."""

from functools import partial

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray
from spectra_dl.errors import DataError
from spectra_dl.evaluation.audit import AuditInputs, AuditJob, Probe
from spectra_dl.evaluation.audit.columns import read_columns
from spectra_dl.evaluation.audit.finding import CONSEQUENCE, Finding, Severity, milder
from spectra_dl.evaluation.intervals import Interval, percentile_interval
from spectra_dl.evaluation.outcomes.chance import ridge
from spectra_dl.evaluation.outcomes.metrics import Predicted, spearman_within
from spectra_dl.evaluation.outcomes.task import OutcomeTask
from spectra_dl.evaluation.wording import figure, first_few

# Lower end of the interval of the rank correlation; about an AUC of .80 and .60 between halves of the patients.
_STOP_ABOVE, _WARN_ABOVE = 0.8, 0.3
_REFITTING = 1.4  # about as much as refitted models vary more than fixed scores (docs/statistics.md)


def outcome_audit_jobs(task: OutcomeTask, inputs: AuditInputs) -> list[AuditJob]:
    """Return a job for each probe and check.

    Row checks compare the lower and the higher half of the patients, as if they were classes.

    Parameters
    ----------
    task
        Whose the rows are, the numbers and the folds.
    inputs
        From the modality.
    """
    halves, seed = task.outcomes.halves, task.settings.seed
    probes = [AuditJob(f"audit: {probe.name}", partial(_probe, probe, task)) for probe in inputs.probes]
    rows = [
        AuditJob(f"audit: rows, check {number}", partial(check, halves, task.folds, seed=seed))
        for number, check in enumerate(inputs.row_checks, start=1)
    ]
    return [*probes, AuditJob("audit: columns", partial(_columns, inputs, task)), *rows]


def probe_correlation(features: FloatArray, task: OutcomeTask) -> Interval:
    """Return the out-of-fold rank correlation of patients that ``(n, k)`` features of rows reach, with its interval.

    Parameters
    ----------
    features
        ``(n, k)`` finite.
    task
        Whose the rows are, the numbers and the folds.
    """
    outcomes = task.outcomes
    means = np.stack([outcomes.mean_of(column) for column in features.T], axis=1)
    once, each, resampled = np.ones((1, len(outcomes.names))), [], []
    for numbers in task.fold_of_patient:
        predicted = np.empty(len(outcomes.names))
        for number in np.unique(numbers):
            test = numbers == number
            predicted[test] = ridge(_standardised(means, ~test), outcomes.value, ~test)[test]
        one = Predicted(outcomes.value, predicted, outcomes.value, numbers)
        each.append(float(spearman_within(one, once)[0]))
        resampled.append(spearman_within(one, task.multiplicity))
    return percentile_interval(float(np.mean(each)), np.mean(resampled, axis=0))


def _standardised(features: FloatArray, train: NDArray[np.bool_]) -> FloatArray:
    centre, spread = features[train].mean(axis=0), features[train].std(axis=0)
    # A feature that is constant up to rounding must not be blown up into one that isn't.
    scale = np.where(spread > 1e-9 * np.maximum(1e-300, np.abs(centre)), spread, np.inf)
    return np.asarray((features - centre) / scale)


def _probe(probe: Probe, task: OutcomeTask) -> Finding:
    if len(probe.features) != len(task.outcomes.of_row):
        raise DataError(
            f"probe {probe.name!r} has {len(probe.features)} rows for {len(task.outcomes.of_row)} of the data"
        )
    reached = probe_correlation(probe.features, task)
    raised = _raised_by(reached)
    severity = milder(raised, probe.at_worst)
    weakly = reached.widened(_REFITTING).low > 0
    verb = "can be" if raised != "fine" else "can weakly be" if weakly else "can't be"
    sentence = f"{task.settings.target:.60} {verb} predicted from {probe.sentence} ({_text(reached)}).{CONSEQUENCE[severity]}"
    return Finding(probe.name, severity, sentence)


def _columns(inputs: AuditInputs, task: OutcomeTask) -> list[Finding]:
    """Check every column that may say which batch a row is of; those that are fine become one finding together."""
    target, findings, calm = task.settings.target, [], []
    for column in read_columns(inputs.columns, task.outcomes.halves):
        reached = probe_correlation(column.features(), task)
        severity: Severity = milder(_raised_by(reached), "stop" if column.handling else "warn")
        if severity == "fine":
            calm.append(column.name)
            continue
        sentence = (
            f"{target:.60} goes with column {column.name!r:.60} ({_text(reached)}).{CONSEQUENCE[severity]}"
        )
        findings.append(Finding(f"column {column.name}", severity, sentence))
    if calm:
        findings.append(
            Finding(
                "columns", "fine", f"{target:.60} doesn't go with what other columns say: {first_few(calm)}."
            )
        )
    return findings


def _raised_by(reached: Interval) -> Severity:
    return "stop" if reached.low > _STOP_ABOVE else "warn" if reached.low > _WARN_ABOVE else "fine"


def _text(reached: Interval) -> str:
    return f"rank correlation of patients {figure(reached.value)}, 95 % interval {figure(reached.low)} to {figure(reached.high)}"
