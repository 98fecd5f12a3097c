"""What a modality hands to the audit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from spectra_dl.arrays import FloatArray, Texts, unmasked
from spectra_dl.evaluation.audit.copies import check_identical_rows, check_near_copies
from spectra_dl.evaluation.audit.finding import Finding
from spectra_dl.evaluation.audit.probing import Probe
from spectra_dl.evaluation.audit.random_labels import check_random_classes
from spectra_dl.evaluation.audit.replicates import check_hidden_replicates
from spectra_dl.evaluation.context import Words
from spectra_dl.evaluation.folds.splits import Fold
from spectra_dl.evaluation.patients import Patients
from spectra_dl.evaluation.rows import Rows


class RowCheck(Protocol):
    """Looks at the rows themselves, which it brings along; the evaluation never does."""

    def __call__(self, patients: Patients, folds: Sequence[Fold], *, seed: int) -> Finding:
        """Check the rows of these patients.

        Parameters
        ----------
        patients
            Whose each row is.
        folds
            By patient.
        seed
            Of whatever is drawn at random.
        """


@dataclass(frozen=True, eq=False)
class AuditInputs:
    """What other than biology may separate the classes, as far as only the modality knows.

    Attributes
    ----------
    probes
        Features that know nothing of the disease.
    row_checks
        Checks that look at the rows, such as for copies.
    columns
        ``(n,)`` text by name: what else is known of the rows and may name batches. No ids.
    surrogate
        ``(n, k)`` finite features on which a cheap model is fitted to see whether it knows the class in batches it never saw;
        None leaves that out.

    Examples
    --------
    >>> rows, site = np.zeros((4, 20)), ["Rome", "Rome", "Oslo", "Oslo"]
    >>> inputs = AuditInputs.of_rows(rows, columns={"site": site})
    >>> len(inputs.row_checks), list(inputs.columns)
    (4, ['site'])
    """

    probes: Sequence[Probe] = ()
    row_checks: Sequence[RowCheck] = ()
    columns: Mapping[str, Texts] = field(default_factory=dict)
    surrogate: FloatArray | None = None

    @classmethod
    def of_rows(
        cls,
        rows: Rows,
        words: Words | None = None,
        *,
        probes: Sequence[Probe] = (),
        columns: Mapping[str, Texts] | None = None,
    ) -> "AuditInputs":
        """Return what is given with the checks that the rows allow: those of a matrix of numbers, or none.

        Parameters
        ----------
        rows
            ``n`` rows; looked at only where they are a matrix of finite numbers.
        words
            What rows are called.
        probes, columns
            As of the class.
        """
        rows = rows.to_numpy() if hasattr(rows, "to_numpy") else unmasked(rows)
        if not (isinstance(rows, np.ndarray) and rows.ndim == 2 and rows.dtype.kind in "fiu"):
            return cls(probes, columns=columns or {})
        matrix = np.asarray(rows, dtype=np.float64)
        if not np.isfinite(matrix).all():  # for estimators that fill what is missing
            return cls(probes, columns=columns or {})
        return cls(probes, matrix_row_checks(matrix, words or Words()), columns or {}, matrix)


def matrix_row_checks(matrix: FloatArray, words: Words) -> tuple[RowCheck, ...]:
    """Return the checks of a matrix whose columns are in an order: copies, near copies, hidden replicates, random labels.

    Parameters
    ----------
    matrix
        ``(n, p)`` finite, in the order in which the rows came.
    words
        What rows are called.
    """

    def identical(patients: Patients, folds: Sequence[Fold], *, seed: int) -> Finding:
        return check_identical_rows(matrix, _ids(patients), words)

    def near_copies(patients: Patients, folds: Sequence[Fold], *, seed: int) -> Finding:
        return check_near_copies(matrix, _ids(patients), words)

    def replicates(patients: Patients, folds: Sequence[Fold], *, seed: int) -> Finding:
        return check_hidden_replicates(matrix, patients)

    def random_labels(patients: Patients, folds: Sequence[Fold], *, seed: int) -> Finding:
        return check_random_classes(matrix, patients, folds, seed=seed)

    return identical, near_copies, replicates, random_labels


def _ids(patients: Patients) -> list[str]:
    return [patients.subjects[number] for number in patients.subject_of_patient[patients.of_row]]
