"""Whose each row is, and the one number of each patient, checked once for everybody."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from spectra_dl.arrays import FloatArray, IndexArray, TextArray, Texts, text_array
from spectra_dl.errors import DataError, UsageError
from spectra_dl.evaluation.class_names import MISSING_LABELS
from spectra_dl.evaluation.patients import Patients, refuse_missing_ids
from spectra_dl.evaluation.person_ids import one_spelling
from spectra_dl.evaluation.wording import counted, first_few

_NUMBER = re.compile(r"[+-]?(?:[0-9]++(?:\.[0-9]*+)?|\.[0-9]++)(?:[eE][+-]?[0-9]++)?")
_FEWEST_VALUES = 3
_TOO_LARGE = 1e100  # its square overflows in sums
_CODES = (-9, -99, -999, -9999, 999, 9999, 99999, 999999)
_FAR = 5.0


@dataclass(frozen=True, eq=False)
class RowsOfPatients:
    """Rows that belong to patients.

    Attributes
    ----------
    names
        The patients' ids, sorted.
    of_row
        ``(n,)`` number of each row's patient, an index into ``names``.
    """

    names: tuple[str, ...]
    of_row: IndexArray

    @property
    def patient_of_row(self) -> TextArray:
        """``(n,)`` the id of each row's patient."""
        return text_array(self.names)[self.of_row]

    def mean_of(self, per_row: FloatArray) -> FloatArray:
        """Return ``(m,)`` each patient's mean of ``(n,)`` numbers of rows."""
        rows = np.bincount(self.of_row, minlength=len(self.names))
        return np.asarray(np.bincount(self.of_row, per_row, minlength=len(self.names)) / rows)


@dataclass(frozen=True, eq=False)
class Outcomes(RowsOfPatients):
    """Rows that belong to patients, each patient with one number.

    Attributes
    ----------
    value
        ``(m,)`` each patient's number.
    """

    value: FloatArray

    @property
    def value_of_row(self) -> FloatArray:
        """``(n,)`` the number of each row's patient."""
        return self.value[self.of_row]

    @property
    def numbers(self) -> list[FloatArray]:
        """What a column may say in other words."""
        return [self.value]

    @cached_property
    def halves(self) -> Patients:
        """The same patients with two classes, above the median or not, for checks that compare classes."""
        above = (self.value > np.median(self.value)).astype(np.intp)
        return Patients(self.names, ("lower", "higher"), self.of_row, above)


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
    names, of_row, (value,) = numbers_of_patients(patient, {column: target})
    if np.unique(value).size < _FEWEST_VALUES:
        listed = first_few(f"{number:g}" for number in np.unique(value))
        raise DataError(
            f"{column!r:.60} has no more than two values ({listed}): that is a class; name it with --label, or is it the right column?"
        )
    return Outcomes(names, of_row, value)


def numbers_of_patients(
    patient: Texts | None, columns: Mapping[str, Texts]
) -> tuple[tuple[str, ...], IndexArray, list[FloatArray]]:
    """Return the patients' names, ``(n,)`` whose each row is, and ``(m,)`` each patient's number in each column.

    Parameters
    ----------
    patient
        ``(n,)`` patient id of each row; ids that differ in spelling only are one person's.
    columns
        ``(n,)`` numbers as text, by what they are called.

    Raises
    ------
    UsageError
        There are no patient ids.
    DataError
        A row lacks an id or a number, a number is none, or a patient has several.
    """
    if patient is None:
        raise UsageError(
            "no patient ids: name their column with --patient, or say with --replicates 3 that each 3 consecutive rows are one patient"
        )
    given, texts = text_array(patient), {name: text_array(cells) for name, cells in columns.items()}
    for cells in texts.values():
        if len(given) != len(cells):
            raise DataError(f"{len(given)} patient ids for {len(cells)} numbers; give one of each per row")
    refuse_missing_ids(given, "patient id")
    numbers = {name: _numbers(cells, name) for name, cells in texts.items()}
    names, first, of_row = np.unique(
        np.array(one_spelling(given).names, dtype=object), return_index=True, return_inverse=True
    )
    for name, values in numbers.items():
        _refuse_several(values, name, names, of_row)
    return tuple(names), of_row.astype(np.intp), [values[first] for values in numbers.values()]


def _refuse_several(numbers: FloatArray, column: str, names: TextArray, of_row: IndexArray) -> None:
    value = np.zeros(len(names))
    value[of_row] = numbers
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
    if not np.all(np.abs(numbers) < _TOO_LARGE):
        raise DataError(
            f"{column!r:.60} holds a number that is too large to compute with; is it the right column?"
        )
    _refuse_codes(numbers, column)
    return numbers


def code_for_missing(numbers: FloatArray) -> int | None:
    """Return the number, such as 999, that programs of statistics write where there is none, if it is among these and nothing like the others.

    Parameters
    ----------
    numbers
        ``(n,)`` without NaN.
    """
    for code in _CODES:
        others = numbers[numbers != code]
        if len(others) == len(numbers) or not others.size:
            continue
        if (code < 0 <= others.min()) or code > _FAR * np.abs(others).max() > 0:
            return code
    return None


def _refuse_codes(numbers: FloatArray, column: str) -> None:
    code = code_for_missing(numbers)
    if code is not None:
        others = numbers[numbers != code]
        raise DataError(
            f"{column!r:.60} is {code} in {counted(len(numbers) - len(others), 'row')} (row {first_few(np.flatnonzero(numbers == code) + 1)}), and "
            f"between {others.min():g} and {others.max():g} elsewhere: a code for a missing number? leave these rows out, or correct them"
        )
