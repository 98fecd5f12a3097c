"""Cells of an instrument's text file as numbers, in the one format the whole file uses."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from spectra_dl.errors import DataError
from spectra_dl.spectra.readers.numbers import NotANumberError, decide_format
from spectra_dl.spectra.readers.wording import quoted
from spectra_dl.spectra.table import FloatArray

SAMPLE_CELLS = 10_000


@dataclass(frozen=True)
class CellRow:
    """The cells of one line that hold numbers."""

    line: int
    cells: Sequence[str]


def numbers_of(rows: Sequence[CellRow], where: str) -> tuple[FloatArray, tuple[str, ...]]:
    """Return ``(rows, cells)`` float64, NaN for a missing value, with the notes about how numbers are written.

    Raises
    ------
    DataError
        Rows of unequal length, or a cell that is no number, with its line.
    """
    width = len(rows[0].cells)
    for row in rows:
        if len(row.cells) != width:
            raise DataError(
                f"{where} line {row.line}: {len(row.cells)} cells where the lines above have {width}; the file is damaged or "
                f"truncated, export it again"
            )
    cells = [cell for row in rows[: max(1, SAMPLE_CELLS // width)] for cell in row.cells]
    number_format, notes = decide_format(cells, where)
    values = np.empty((len(rows), width))
    for target, row in zip(values, rows, strict=True):
        try:
            target[:] = number_format.row(row.cells)
        except NotANumberError as err:
            raise DataError(
                f"{where} line {row.line}: {quoted(err.token)} is not a number; correct the line, or export the file again"
            ) from None
    return values, tuple(notes)
