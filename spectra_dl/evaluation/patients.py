"""Whose each row is: rows, patients and classes as numbers, checked once for everybody."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from spectra_dl.arrays import FloatArray, IndexArray, TextArray, Texts, group_means, text_array
from spectra_dl.errors import DataError, UsageError
from spectra_dl.evaluation.class_names import MISSING_LABELS, class_names
from spectra_dl.evaluation.intervals import draw_patients
from spectra_dl.evaluation.person_ids import one_spelling, spelled_alike
from spectra_dl.evaluation.sample_units import shown_unit, subjects_of, with_subjects
from spectra_dl.evaluation.wording import as_written, first_few

# What missing ids are written as: as missing labels are, by str() of None, and by a dash, which may be a label.
MISSING_IDS = MISSING_LABELS | {"none", "-", "\u2013"}


@dataclass(frozen=True, eq=False)
class Patients:
    """Rows that belong to patients, each patient with one class.

    Where labels are of samples (`sample_units`), a patient here is a subject's rows of one class, and `subjects` are the people: folds,
    resamples and permutations go by them.

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

    @cached_property
    def subjects(self) -> tuple[str, ...]:
        """The people's ids, sorted; the patients' own but where labels are of samples."""
        return tuple(sorted(set(subjects_of(self.names))))

    @cached_property
    def subject_of_patient(self) -> IndexArray:
        """``(m,)`` number of each patient's subject, an index into ``subjects``."""
        return np.unique(subjects_of(self.names), return_inverse=True)[1].astype(np.intp)

    @property
    def cluster(self) -> IndexArray | None:
        """``subject_of_patient`` where a subject has several patients, that is classes; None where each is a subject of its own."""
        return self.subject_of_patient if len(self.subjects) < len(self.names) else None

    @cached_property
    def shown_names(self) -> tuple[str, ...]:
        """The patients' ids as reports write them."""
        return tuple(shown_unit(name) for name in self.names)

    def mean(self, rows: FloatArray) -> FloatArray:
        """Return the mean ``(m, c)`` over each patient's rows of what is given for all rows ``(n, c)``."""
        return group_means(rows, self.of_row)

    def draw(self, *, resamples: int = 2000, seed: int = 0) -> FloatArray:
        """Draw subjects with replacement, each with all it has: ``(resamples, m)`` multiplicities of the patients.

        Parameters
        ----------
        resamples
            How many times they are drawn.
        seed
            Of the draws.
        """
        return draw_patients(len(self.subjects), resamples=resamples, seed=seed)[:, self.subject_of_patient]

    def count(self, number: int) -> int:
        """Return how many patients the class with this number has."""
        return int(np.count_nonzero(self.class_of_patient == number))


def read_patients(patient: Texts | None, label: Texts) -> Patients:
    """Check ids and labels of rows, and number them.

    Parameters
    ----------
    patient
        ``(n,)`` patient id of each row. Ids that differ in spelling only (`person_ids.spelling_key`), as "P7" and "p07", are one person's.
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
    given, label = _column(patient, "patient ids"), _column(label, "labels")
    if len(given) != len(label):
        raise DataError(f"{len(given)} patient ids for {len(label)} labels; give one of each per row")
    refuse_missing_ids(given, "patient id")
    ids = np.array(with_subjects(given, one_spelling(subjects_of(given)).names), dtype=object)
    classes = class_names(label)
    class_of_row = np.searchsorted(np.array(classes, dtype=object), label)
    names, first_row, of_row = np.unique(ids, return_index=True, return_inverse=True)
    class_of_patient = class_of_row[first_row].astype(np.intp)
    torn = np.unique(of_row[class_of_row != class_of_patient[of_row]])
    if torn.size:
        several = [
            f"{names[person]} ({' and '.join(classes[code] for code in np.unique(class_of_row[of_row == person]))})"
            for person in torn
        ]
        spelled = [spelled_alike(list(given), names[person]) for person in torn]
        alike = first_few(" = ".join(map(ascii, one)) for one in spelled if len(one) > 1)
        also = f" ({alike}: ids of two people must differ in more than spelling)" if alike else ""
        raise DataError(
            f"patients with more than one label: {first_few(several)}{also}; a patient has one class here: "
            "correct the labels, leave these patients out, or say --label-per-sample where the label is the sample's"
        )
    return Patients(tuple(names), classes, of_row.astype(np.intp), class_of_patient)


def _column(values: Texts, what: str) -> TextArray:
    dimensions = getattr(values, "ndim", 1)
    if dimensions != 1:
        raise DataError(f"the {what} have {dimensions} dimensions; give one per row, of shape (n,)")
    return text_array(values)


def refuse_missing_ids(ids: TextArray, what: str) -> None:
    """Refuse ids that stand for no id: empty texts, and what programs write for a missing value.

    Parameters
    ----------
    ids
        ``(n,)`` from `spectra_dl.arrays.text_array`.
    what
        Of what they are, for the message.

    Raises
    ------
    DataError
        With the rows.
    """
    missing = [row for row, name in enumerate(ids) if name.strip().lower() in MISSING_IDS]
    if missing:
        words = as_written(ids[row] for row in missing)
        raise DataError(
            f"{len(missing)} rows have no {what} (row {first_few(row + 1 for row in missing)}{words}); give them one, or leave these "
            "rows out"
        )
