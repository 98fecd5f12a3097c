"""Whose each row is: rows, patients and classes as numbers, checked once for everybody."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from spectra_dl.arrays import FloatArray, IndexArray, Texts
from spectra_dl.errors import DataError, UsageError
from spectra_dl.evaluation.class_names import class_names
from spectra_dl.evaluation.person_ids import one_spelling, spelled_alike
from spectra_dl.evaluation.wording import first_few


@dataclass(frozen=True, eq=False)
class Patients:
    """Rows that belong to patients, each patient with one class.

    Attributes
    ----------
    names
        The patients' ids as text, sorted: neither the order of rows nor of folders changes a result.
    classes
        The class names, sorted.
    of_row
        ``(n,)`` number of each row's patient, an index into ``names``.
    class_of_patient
        ``(m,)`` number of each patient's class, an index into ``classes``.
    """

    names: tuple[str, ...]
    classes: tuple[str, ...]
    of_row: IndexArray
    class_of_patient: IndexArray

    @cached_property
    def class_of_row(self) -> IndexArray:
        """``(n,)`` number of each row's class."""
        return self.class_of_patient[self.of_row]

    @cached_property
    def rows_of_patient(self) -> FloatArray:
        """``(m,)`` how many rows each patient has."""
        return np.bincount(self.of_row, minlength=len(self.names)).astype(np.float64)

    def count(self, number: int) -> int:
        """Return how many patients the class with this number has."""
        return int(np.count_nonzero(self.class_of_patient == number))


def read_patients(patient: Texts | None, label: Texts) -> Patients:
    """Check ids and labels of rows, and number them.

    Parameters
    ----------
    patient
        ``(n,)`` patient id of each row. Ids that differ in spelling only (`person_ids.spelling_key`), as "7" and "07", are one person's.
    label
        ``(n,)`` class of each row.

    Raises
    ------
    UsageError
        There are no patient ids.
    DataError
        A row lacks an id or a label, a patient carries more than one label, two ids may be one person's, or there is only one class.
    """
    if patient is None:
        raise UsageError(
            "no patient ids: name their column with --patient, or say with --replicates 3 that each 3 consecutive "
            "rows are one patient; spectra of one patient on both sides of a split inflate every figure"
        )
    if len(patient) != len(label):
        raise DataError(f"{len(patient)} patient ids for {len(label)} labels; give one of each per row")
    given = [str(name) for name in patient]
    ids = np.array(one_spelling(given).names, dtype=object)
    blank = [row + 1 for row, name in enumerate(ids) if not name.strip()]
    if blank:
        raise DataError(f"{len(blank)} rows have no patient id (row {first_few(blank)}); name their patients")
    classes = class_names(label)
    class_of_row = np.searchsorted(
        np.array(classes, dtype=object), np.array([str(c) for c in label], dtype=object)
    )
    names, first_row, of_row = np.unique(ids, return_index=True, return_inverse=True)
    class_of_patient = class_of_row[first_row].astype(np.intp)
    torn = np.unique(of_row[class_of_row != class_of_patient[of_row]])
    if torn.size:
        several = [
            f"{names[person]} ({' and '.join(classes[code] for code in np.unique(class_of_row[of_row == person]))})"
            for person in torn
        ]
        spelled = [spelled_alike(given, names[person]) for person in torn]
        alike = first_few(" = ".join(map(ascii, one)) for one in spelled if len(one) > 1)
        also = f" ({alike}: ids of two people must differ in more than spelling)" if alike else ""
        raise DataError(
            f"patients with more than one label: {first_few(several)}{also}; a patient has one class here: "
            "correct the labels, or leave these patients out"
        )
    return Patients(tuple(names), classes, of_row.astype(np.intp), class_of_patient)
