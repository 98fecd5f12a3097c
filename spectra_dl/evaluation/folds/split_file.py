"""folds.csv: which row of the input is tested in which fold, for others to repeat."""

import csv
import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from spectra_dl.arrays import IndexArray, Texts
from spectra_dl.errors import DataError
from spectra_dl.evaluation.folds.splits import Fold, folds_from
from spectra_dl.evaluation.wording import first_few
from spectra_dl.storage.text.csv_rows import csv_text, restored

_COLUMNS = ("row", "sample_id", "patient", "repeat", "fold")


@dataclass(frozen=True, eq=False)
class RowNames:
    """What rows are called in the input: one that was left out has a number there too.

    Attributes
    ----------
    number
        ``(n,)`` of each row, counted from 1 over all rows of the input.
    sample_id
        ``(n,)`` text; None where it isn't known.
    """

    number: IndexArray
    sample_id: Sequence[str | None] | Texts

    @classmethod
    def counted(cls, count: int, sample_id: Sequence[str | None] | Texts | None = None) -> "RowNames":
        """Return rows that are numbered one after another.

        Parameters
        ----------
        count
            How many.
        sample_id
            ``(n,)`` text; the number if None.
        """
        number = np.arange(1, count + 1)
        return cls(number, [str(one) for one in number] if sample_id is None else sample_id)


def split_text(folds: Sequence[Fold], patient: Texts, names: RowNames | None = None) -> str:
    """Write folds as CSV text: for each row and repeat, in which fold it is tested.

    Parameters
    ----------
    folds
        Of ``n`` rows.
    patient
        ``(n,)`` text.
    names
        Of the rows in the input; if None they are numbered from 1, and the number is their id too.
    """
    names = names or RowNames.counted(len(patient))
    rows: list[tuple[object, ...]] = [_COLUMNS]
    for fold in sorted(folds, key=lambda fold: (fold.repeat, fold.number)):
        for row in fold.test:
            number, sample = int(names.number[row]), names.sample_id[row]
            rows.append((number, sample, patient[row], fold.repeat + 1, fold.number + 1))
    return csv_text(rows)


def split_sha256(text: str) -> str:
    """Return the SHA-256 of a split's text."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def read_split(
    text: str, patient: Texts, *, unit: Texts | None = None, names: RowNames | None = None
) -> list[Fold]:
    """Read folds written by `split_text`, for rows of the same patients in the same order.

    Parameters
    ----------
    text
        The file's content.
    patient
        ``(n,)`` text.
    unit
        ``(n,)`` what must not be divided; patients if None.
    names
        As for `split_text`. If None, ids are not compared; nor are those of a file that has each row's number in their place, and numbers only rows that
        were used.

    Raises
    ------
    DataError
        The text is no split, names other patients or rows, tests a row twice or never, or puts one patient on
        both sides.
    """
    try:
        heading, *lines = csv.reader(io.StringIO(text))
    except (ValueError, csv.Error):
        heading, lines = [], []
    if tuple(heading) != _COLUMNS:
        raise DataError(
            f"the first line of the folds must be {','.join(_COLUMNS)}; take the folds.csv of another run"
        )
    if names is None or all(cells[:1] == cells[1:2] for cells in lines):
        names = RowNames.counted(len(patient), [None] * len(patient))
    numbers = _read_numbers(lines, patient, names)
    folds = []
    for repeat in range(int(numbers[:, 1].max()) + 1):
        part = _fold_of_row(numbers[numbers[:, 1] == repeat], len(patient), repeat)
        _refuse_divided_patients(part, patient if unit is None else unit)
        folds += folds_from(part, repeat, int(part.max()) + 1)
    return folds


def _read_numbers(lines: list[list[str]], patient: Texts, names: RowNames) -> IndexArray:
    """Return row, repeat and fold of each line, from 0."""
    place = {int(number): row for row, number in enumerate(names.number)}
    numbers = []
    for line, cells in enumerate(lines, start=2):
        try:
            row, repeat, fold = place.get(int(cells[0]), -1), int(cells[3]) - 1, int(cells[4]) - 1
            in_range = row >= 0 and 0 <= repeat < len(lines) and 0 <= fold < len(patient)
            sample = names.sample_id[row]
            known = in_range and (sample is None or restored(cells[1]) == str(sample))
            known = known and restored(cells[2]) == str(patient[row])
        except (ValueError, IndexError):
            known = False
        if not known:
            raise DataError(
                f"split line {line}: it doesn't fit the data (another patient, another sample, or no such row); "
                "use the input this split was made for, in the same order"
            )
        numbers.append((row, repeat, fold))
    if not numbers:
        raise DataError("the split names no rows; take a split file written by spectra-dl")
    return np.array(numbers, dtype=np.intp)


def _fold_of_row(numbers: IndexArray, n_rows: int, repeat: int) -> IndexArray:
    times = np.bincount(numbers[:, 0], minlength=n_rows)
    if np.any(times != 1):
        wrong = np.flatnonzero(times != 1) + 1
        raise DataError(
            f"repeat {repeat + 1} of the split must test each row once; row {first_few(wrong)} is not"
        )
    part = np.empty(n_rows, dtype=np.intp)
    part[numbers[:, 0]] = numbers[:, 2]
    empty = np.flatnonzero(np.bincount(part) == 0) + 1
    if empty.size:
        raise DataError(f"repeat {repeat + 1} of the split tests no row in fold {first_few(empty)}")
    return part


def _refuse_divided_patients(part: IndexArray, patient: Texts) -> None:
    fold_of: dict[str, int] = {}
    divided = sorted(
        {
            str(name)
            for name, fold in zip(patient, part, strict=True)
            if fold_of.setdefault(name, fold) != fold
        }
    )
    if divided:
        raise DataError(f"the split has patients on both sides: {first_few(divided)}; split by patient")
