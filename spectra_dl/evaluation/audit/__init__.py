"""What other than biology separates the classes: probes evaluated like models, ids and spectra that recur, batches, row order.

A probe is a name, what it looks at, and ``(n, k)`` features that know nothing of the disease. If the class can be
predicted from them for patients never seen, a model may do the same, and its score is no evidence.
"""

from collections.abc import Sequence

from spectra_dl.arrays import FloatArray, Texts
from spectra_dl.evaluation.audit.batches import check_columns
from spectra_dl.evaluation.audit.finding import Audit, Finding, Severity, gravest_first
from spectra_dl.evaluation.audit.identity import check_patient_ids
from spectra_dl.evaluation.audit.inputs import AuditInputs, RowCheck, matrix_row_checks
from spectra_dl.evaluation.audit.probing import Probe, run_probes
from spectra_dl.evaluation.folds.splits import Fold
from spectra_dl.evaluation.patients import read_patients

__all__ = [
    "Audit",
    "AuditInputs",
    "Finding",
    "Probe",
    "RowCheck",
    "Severity",
    "audit",
    "matrix_row_checks",
]


def audit(
    label: Texts,
    patient: Texts,
    inputs: AuditInputs,
    *,
    folds: Sequence[Fold],
    multiplicity: FloatArray,
    seed: int = 0,
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
    patients = read_patients(patient, label)
    findings = [
        *run_probes(inputs.probes, label, patient, folds=folds, multiplicity=multiplicity),
        *check_columns(
            inputs.columns, inputs.surrogate, patients, folds=folds, multiplicity=multiplicity, seed=seed
        ),
        check_patient_ids(patient, label),
        *(check(patients, folds, seed=seed) for check in inputs.row_checks),
    ]
    return Audit(gravest_first(findings))
