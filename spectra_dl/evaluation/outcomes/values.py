"""Whose each row is, and the one number of each patient, checked once for everybody."""

import re
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from spectra_dl.arrays import FloatArray, IndexArray, TextArray, Texts, text_array
from spectra_dl.errors import DataError, UsageError
from spectra_dl.evaluation.class_names import MISSING_LABELS
from spectra_dl.evaluation.patients import Patients, refuse_missing_ids
from spectra_dl.evaluation.person_ids import one_spelling
from spectra_dl.evaluation.wording import first_few

_NUMBER = re.compile(r"[+-]?(?:[0-9]++(?:\.[0-9]*+)?|\.[0-9]++)(?:[eE][+-]?[0-9]++)?")
_FEWEST_VALUES = 3


@dataclass(frozen=True, eq=False)
class Outcomes:
    """Rows that belong to patients, each patient with one number.

    Attributes
    ----------
    names
        The patients' ids, sorted.
    of_row
        ``(n,)`` number of each row's patient, an index into ``names``.
    value
        ``(m,)`` each patient's number.
    """

    names: tuple[str, ...]
    of_row: IndexArray
    value: FloatArray

    @property
    def value_of_row(self) -> FloatArray:
        """``(n,)`` the number of each row's patient."""
        return self.value[self.of_row]

    @property
    def patient_of_row(self) -> TextArray:
        """``(n,)`` the id of each row's patient."""
        return text_array(self.names)[self.of_row]

    @cached_property
    def halves(self) -> Patients:
        """The same patients with two classes, above the median or not, for checks that compare classes."""
        above = (self.value > np.median(self.value)).astype(np.intp)
        return Patients(self.names, ("lower", "higher"), self.of_row, above)

    def mean_of(self, per_row: FloatArray) -> FloatArray:
        """Return ``(m,)`` each patient's mean of ``(n,)`` numbers of rows."""
        rows = np.bincount(self.of_row, minlength=len(self.names))
        return np.asarray(np.bincount(self.of_row, per_row, minlength=len(self.names)) / rows)


def read_outcomes(patient: Texts | None, target: Texts, *, column: str = "target") -> Outcomes:
    """Check ids and numbers of rows.

    Parameters
    ----------
    patient
        ``(n,)`` patient id of each row; ids that differ in spelling only are one person's.
    target
        ``(n,)`` the number of each row's patient, as text.
    column
        What the numbers are called, for messages.

    Raises
    ------
    UsageError
        There are no patient ids.
    DataError
        A row lacks an id or a number, a number is none, a patient has several, or there are fewer than three different ones.

    Examples
    --------
    >>> read_outcomes(["b", "a", "b", "c"], ["2.5", "1", "2.50", "-3e1"]).value.tolist()
    [1.0, 2.5, -30.0]
    """
    if patient is None:
        raise UsageError(
            "no patient ids: name their column with --patient, or say with --replicates 3 that each 3 consecutive rows are one patient"
        )
    given, texts = text_array(patient), text_array(target)
    if len(given) != len(texts):
        raise DataError(f"{len(given)} patient ids for {len(texts)} numbers; give one of each per row")
    refuse_missing_ids(given, "patient id")
    numbers = _numbers(texts, column)
    names, first, of_row = np.unique(
        np.array(one_spelling(given).names, dtype=object), return_index=True, return_inverse=True
    )
    value = numbers[first]
    torn = np.unique(of_row[numbers != value[of_row]])
    if torn.size:
        several = [
            f"{names[person]} ({' and '.join(f'{number:g}' for number in np.unique(numbers[of_row == person]))})"
            for person in torn
        ]
        raise DataError(
            f"patients with more than one {column!r:.60}: {first_few(several, at_most=3)}; a patient has one number here: correct them, or name with "
            "--patient the column of what was measured"
        )
    if np.unique(value).size < _FEWEST_VALUES:
        listed = first_few(f"{number:g}" for number in np.unique(value))
        raise DataError(
            f"{column!r:.60} has no more than two values ({listed}): that is a class; name it with --label, or is it the right column?"
        )
    return Outcomes(tuple(names), of_row.astype(np.intp), value)


def _numbers(texts: TextArray, column: str) -> FloatArray:
    cells = [text.strip() for text in texts]
    missing = [row for row, cell in enumerate(cells, start=1) if cell.lower() in MISSING_LABELS]
    if missing:
        raise DataError(
            f"{len(missing)} of {len(cells)} rows have no {column!r:.60} (row {first_few(missing)}); fill it in, or leave these rows out"
        )
    wrong = [row for row, cell in enumerate(cells, start=1) if not _NUMBER.fullmatch(cell)]
    if wrong:
        raise DataError(
            f"{column!r:.60} holds {cells[wrong[0] - 1]!r:.40} in row {wrong[0]} ({len(wrong)} such rows), which is no number with a decimal point; write it as "
            "one, or leave these rows out"
        )
    numbers = np.array([float(cell) for cell in cells])
    if not np.all(np.isfinite(numbers)):
        raise DataError(
            f"{column!r:.60} holds a number that is too large to compute with; is it the right column?"
        )
    return numbers
