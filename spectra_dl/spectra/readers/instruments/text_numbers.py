"""Cells of an instrument's text file as numbers, in the one format the whole file uses."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from spectra_dl.arrays import FloatArray
from spectra_dl.errors import DataError
from spectra_dl.spectra.readers.text.numbers import NotANumberError, NumberFormat, decide_format
from spectra_dl.spectra.readers.wording import quoted

SAMPLE_ROWS = 64


@dataclass(frozen=True)
class CellRow:
    """The cells of one line that hold numbers."""

    line: int
    cells: Sequence[str]


class NumberTable:
    """Rows of numbers, kept as text only until the first rows reveal how numbers are written."""

    def __init__(self, where: str) -> None:
        self._where = where
        self._width = 0
        self._waiting: list[CellRow] = []
        self._format: NumberFormat | None = None
        self._notes: list[str] = []
        self._values: list[FloatArray] = []

    def __len__(self) -> int:
        return len(self._values) + len(self._waiting)

    def add(self, row: CellRow) -> None:
        """Add a row.

        Raises
        ------
        DataError
            It is longer or shorter than those above, or a cell is no number.
        """
        self._width = self._width or len(row.cells)
        if len(row.cells) != self._width:
            raise DataError(
                f"{self._where} line {row.line}: {len(row.cells)} cells where the lines above have {self._width}; the file is "
                f"damaged or truncated, export it again"
            )
        if self._format is not None:
            self._values.append(self._numbers(row, self._format))
            return
        self._waiting.append(row)
        if len(self._waiting) == SAMPLE_ROWS:
            self._convert()

    def values(self) -> tuple[FloatArray, tuple[str, ...]]:
        """Return ``(rows, cells)`` float64, NaN for a missing value, with the notes about how numbers are written."""
        self._convert()
        return np.array(self._values), tuple(self._notes)

    def _convert(self) -> None:
        """Turn the rows that wait for the format into numbers."""
        if self._format is None:
            cells = (cell for row in self._waiting for cell in row.cells)
            self._format, self._notes = decide_format(cells, self._where)
        self._values += [self._numbers(row, self._format) for row in self._waiting]
        self._waiting = []

    def _numbers(self, row: CellRow, number_format: NumberFormat) -> FloatArray:
        try:
            return np.array(number_format.row(row.cells))
        except NotANumberError as err:
            raise DataError(
                f"{self._where} line {row.line}: {quoted(err.token)} is not a number; correct the line, or export the file "
                f"again"
            ) from None
