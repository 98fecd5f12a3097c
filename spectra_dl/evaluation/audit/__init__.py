"""What besides biology tells the classes apart: probes judged like models, ids and spectra that recur, batches, row order.

A probe is a name, what it looks at, and ``(n, k)`` features that know nothing of the disease. If the class can be
predicted from them for patients never seen, a model may do the same, and its score is no evidence.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray, Texts
from spectra_dl.evaluation.audit.batches import check_columns
from spectra_dl.evaluation.audit.copies import check_identical_rows, check_near_copies
from spectra_dl.evaluation.audit.finding import Audit, Finding, Severity, gravest_first
from spectra_dl.evaluation.audit.identity import check_patient_ids
from spectra_dl.evaluation.audit.probing import Probe, run_probes
from spectra_dl.evaluation.audit.random_labels import check_random_classes
from spectra_dl.evaluation.audit.replicates import check_hidden_replicates
from spectra_dl.evaluation.folds.splits import Fold
from spectra_dl.evaluation.patients import read_patients

__all__ = ["Audit", "Finding", "Probe", "Severity", "audit"]


def audit(
    rows: NDArray[np.float64],
    label: Texts,
    patient: Texts,
    probes: Sequence[Probe],
    *,
    folds: Sequence[Fold],
    multiplicity: FloatArray,
    columns: Mapping[str, Texts] | None = None,
    seed: int = 0,
) -> Audit:
    """Run every check.

    Parameters
    ----------
    rows
        ``(n, p)`` the data in the order in which they came, looked through for copies and hidden replicates.
    label, patient
        ``(n,)`` text.
    probes
        From the modality.
    folds
        By patient; probes are judged on the same folds as models.
    multiplicity
        Resampled patients, from `intervals.draw_patients`.
    columns
        ``(n,)`` text by name: what else is known of the rows and may tell batches. No ids.
    seed
        Of the permutations.

    Raises
    ------
    DataError
        Labels or patient ids that can't be used, or a probe of another length.

    Examples
    --------
    >>> from spectra_dl.evaluation.folds.splits import patient_folds
    >>> from spectra_dl.evaluation.intervals import draw_patients
    >>> rng = np.random.default_rng(0)
    >>> patient = np.repeat([f"p{k}" for k in range(12)], 3)
    >>> label = np.where(np.arange(36) < 18, "healthy", "sick")
    >>> rows = rng.normal(size=(36, 4))
    >>> level = Probe("level", "the level", (label == "sick")[:, np.newaxis] * 1.0)
    >>> folds = patient_folds(patient, label, folds=3, seed=0)
    >>> findings = audit(rows, label, patient, [level], folds=folds, multiplicity=draw_patients(12, resamples=200)).findings
    >>> findings[0].name, findings[0].severity
    ('level', 'stop')
    """
    patients = read_patients(patient, label)
    found = [
        *run_probes(probes, label, patient, folds=folds, multiplicity=multiplicity),
        *check_columns(columns or {}, rows, patients, folds=folds, multiplicity=multiplicity, seed=seed),
        check_patient_ids(patient, label),
        check_identical_rows(rows, patient),
        check_near_copies(rows, patient),
        check_hidden_replicates(rows, patients),
        check_random_classes(rows, patients, folds, seed=seed),
    ]
    return Audit(gravest_first(found))
