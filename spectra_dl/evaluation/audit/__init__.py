"""What other than biology separates the classes: probes evaluated like models, ids and spectra that recur, batches, row order.

A probe is a name, what it looks at, and ``(n, k)`` features that know nothing of the disease. If the class can be
predicted from them for patients never seen, a model may do the same, and its score is no evidence.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from spectra_dl.arrays import FloatArray, Texts
from spectra_dl.evaluation.audit.batches import check_columns
from spectra_dl.evaluation.audit.evidence import ClassEvidence, Evidence, Shown
from spectra_dl.evaluation.audit.finding import Audit, Finding, Severity, gravest_first
from spectra_dl.evaluation.audit.identity import check_patient_ids
from spectra_dl.evaluation.audit.inputs import AuditInputs, RowCheck, matrix_row_checks
from spectra_dl.evaluation.audit.probing import Probe, run_probes
from spectra_dl.evaluation.folds.splits import Fold
from spectra_dl.evaluation.intervals import Interval
from spectra_dl.evaluation.patients import read_patients
from spectra_dl.execution.run import Execution

__all__ = [
    "Audit",
    "AuditInputs",
    "AuditJob",
    "Finding",
    "Probe",
    "RowCheck",
    "Severity",
    "Shown",
    "audit",
    "audit_jobs",
    "audit_of",
    "matrix_row_checks",
]


@dataclass(frozen=True, eq=False)
class AuditJob:
    """One check, or one probe.

    Attributes
    ----------
    title
        What it is, for the log.
    check
        Returns what it found.
    """

    title: str
    check: Callable[[], Finding | list[Finding]]
    record_types = (Finding, Interval, Evidence, ClassEvidence)

    def run(self) -> list[Finding]:
        """Return the findings."""
        findings = self.check()
        return findings if isinstance(findings, list) else [findings]


def audit(
    label: Texts,
    patient: Texts,
    inputs: AuditInputs,
    *,
    folds: Sequence[Fold],
    multiplicity: FloatArray,
    seed: int = 0,
    execution: Execution | None = None,
) -> Audit:
    """Run every check.

    Parameters
    ----------
    label, patient
        ``(n,)`` text.
    inputs
        From the modality.
    folds
        By patient; probes are evaluated on the same folds as models.
    multiplicity
        Resampled patients, from `intervals.draw_patients`.
    seed
        Of the permutations.
    execution
        Where the checks run; in this process if None.

    Raises
    ------
    DataError
        Labels or patient ids that can't be used, or a probe of another length.

    Examples
    --------
    >>> import numpy as np
    >>> from spectra_dl.evaluation.folds.splits import patient_folds
    >>> from spectra_dl.evaluation.intervals import draw_patients
    >>> label, patient = ["sick", "well"] * 10, [f"p{k}" for k in range(20)]
    >>> session = Probe("session", "the session", np.arange(20.0)[:, None] % 2)
    >>> folds = patient_folds(patient, label)
    >>> audit(label, patient, AuditInputs([session]), folds=folds, multiplicity=draw_patients(20)).severity
    'stop'
    """
    jobs = audit_jobs(label, patient, inputs, folds=folds, multiplicity=multiplicity, seed=seed)
    return audit_of((execution or Execution()).run(jobs))


def audit_jobs(
    label: Texts,
    patient: Texts,
    inputs: AuditInputs,
    *,
    folds: Sequence[Fold],
    multiplicity: FloatArray,
    seed: int = 0,
) -> list[AuditJob]:
    """Return a job for each probe and check, in the order in which findings of one severity are reported.

    Parameters
    ----------
    label, patient, inputs, folds, multiplicity, seed
        As in `audit`.

    Raises
    ------
    DataError
        Labels or patient ids that can't be used.
    """
    patients = read_patients(patient, label)
    probed = partial(run_probes, label=label, patient=patient, folds=folds, multiplicity=multiplicity)
    probes = [AuditJob(f"audit: {probe.name}", partial(probed, [probe])) for probe in inputs.probes]
    columns = partial(
        check_columns,
        inputs.columns,
        inputs.surrogate,
        patients,
        folds=folds,
        multiplicity=multiplicity,
        seed=seed,
    )
    rows = [
        AuditJob(f"audit: rows, check {number}", partial(check, patients, folds, seed=seed))
        for number, check in enumerate(inputs.row_checks, start=1)
    ]
    ids = partial(check_patient_ids, patient, label)
    return [*probes, AuditJob("audit: columns", columns), AuditJob("audit: patient ids", ids), *rows]


def audit_of(findings: Sequence[Sequence[Finding]]) -> Audit:
    """Return what the jobs of `audit_jobs` found, the gravest first."""
    return Audit(gravest_first([finding for some in findings for finding in some]))
