"""A table with a point of the axis a row, read whole: numbers by column, and the rows of names above them."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from spectra_dl.arrays import FloatArray
from spectra_dl.errors import DataError
from spectra_dl.spectra.readers.axis import check_size
from spectra_dl.spectra.readers.columns import USUAL_NAMES
from spectra_dl.spectra.readers.options import ReadOptions
from spectra_dl.spectra.readers.stated.statements import bare_unit
from spectra_dl.spectra.readers.text.columns.layout import ColumnLayout, column_layout
from spectra_dl.spectra.readers.text.dialect import Record, Records
from spectra_dl.spectra.readers.text.header import axis_spelling, heads_an_axis
from spectra_dl.spectra.readers.text.numbers import is_missing, looks_numeric
from spectra_dl.spectra.readers.text.shape import CellReader, Shape, table_rows
from spectra_dl.spectra.readers.wording import quoted


@dataclass(frozen=True)
class NameRow:
    """A row whose cell in the axis' column is no number.

    Attributes
    ----------
    name
        That cell.
    line
        Of the file.
    cells
        All cells, stripped.
    """

    name: str
    line: int
    cells: tuple[str, ...]


class PointRows:
    """The rows of a table; what they hold together is known once they are read.

    Parameters
    ----------
    records
        The table from its first row on.
    options
        Columns that the user named.

    Attributes
    ----------
    layout
        What the columns are.
    name_rows
        Rows of names and of metadata.
    lines
        Of the points.
    """

    def __init__(self, records: Records, options: ReadOptions) -> None:
        self._records = records
        self._named = set(options.named().values())
        self._shape = Shape.of(records.sample, records.name, records.delimiter)
        rows = table_rows(records.sample, records.name, records.delimiter)
        self.layout: ColumnLayout = column_layout(rows, self._named, records.name)
        axis, texts = self.layout.axis, self.layout.texts
        self._numeric = [k for k in range(len(self._shape.header)) if k != axis and k not in texts]
        names = [fields[axis] for fields in rows]
        self._spelling, self._spelling_notes = axis_spelling(names, records.name)
        numeric = [fields for fields in rows if self._is_point(fields)]
        self._cells = CellReader(self._shape, (fields[k] for fields in numeric for k in self._numeric))
        self.name_rows: list[NameRow] = []
        self.lines: list[int] = []
        self._axis: list[float] = []
        self._values: list[list[float]] = []
        self._texts: list[list[str]] = []

    def _is_point(self, fields: Sequence[str]) -> bool:
        return self._spelling.wavenumber(fields[self.layout.axis]) is not None

    def read(self) -> None:
        """Read all rows.

        Raises
        ------
        DataError
            A row is short or long, a cell is no number, there are more points than can be read, or none.
        """
        stream = iter(self._records)
        self._take(next(stream), self._shape.header)
        for record in stream:
            self._take(record, self._shape.fitted(record))
        if not self.lines:
            raise DataError(
                f"{self._records.name}: no wavenumbers in the first column; give Raman shifts in cm⁻¹ there"
            )
        self._refuse_doubtful()

    def _take(self, record: Record, fields: Sequence[str]) -> None:
        """Add a row to the points or to the names."""
        name = fields[self.layout.axis].strip()
        number = None if name in self._named else self._spelling.wavenumber(name)
        if number is None and not self._ends_an_axis(name, fields):
            cells = tuple(text.strip() for text in fields)
            self.name_rows.append(NameRow(name or f"row {record.line}", record.line, cells))
            return
        self._axis.append(np.nan if number is None else number)
        self.lines.append(record.line)
        numbers = self._cells.numbers(record, [fields[k] for k in self._numeric], self._numeric)
        self._values.append(numbers)
        if self.layout.texts:
            self._texts.append([fields[k].strip() for k in self.layout.texts])
        check_size(len(self._axis), self._records.name)

    def _ends_an_axis(self, name: str, fields: Sequence[str]) -> bool:
        """Return whether a row has no value on this axis, but on another beside it that is longer."""
        return (
            bool(self.lines) and is_missing(name) and len(fields) > 3 and sum(map(looks_numeric, fields)) > 1
        )

    @cached_property
    def axis(self) -> FloatArray:
        """``(p,)`` the axis in the file's order and unit, NaN where it has ended."""
        return np.array(self._axis)

    @cached_property
    def columns(self) -> dict[int, FloatArray]:
        """``(p,)`` numbers of every other column, by its position."""
        columns = zip(self._numeric, np.array(self._values).T, strict=True)
        # A column without name and numbers only sets others apart.
        return {
            k: np.ascontiguousarray(column)
            for k, column in columns
            if self.names[k] or not bool(np.isnan(column).all())
        }

    @property
    def texts(self) -> dict[int, list[str]]:
        """The cells of columns of text, by their position."""
        return {k: [row[at] for row in self._texts] for at, k in enumerate(self.layout.texts)}

    @cached_property
    def header(self) -> NameRow | None:
        """The row that names the axis, else the first above the points; None where the table has none."""
        above = [row for row in self.name_rows if row.line < self.lines[0]]
        return next((row for row in above if self._names_axis(row)), above[0] if above else None)

    def _names_axis(self, row: NameRow) -> bool:
        """Return whether a row names the axis, and not only its unit below the names."""
        name = row.cells[self.layout.axis]
        return heads_an_axis(name) and not (row is not self.name_rows[0] and bare_unit(name))

    @property
    def names(self) -> tuple[str, ...]:
        """Of all columns, "" where the table has no header."""
        return self.header.cells if self.header else ("",) * len(self._shape.header)

    @property
    def unit_in_names(self) -> str:
        """The unit that the numbers of the axis carry, "" for none."""
        return self._spelling.unit.text if self._spelling.unit else ""

    @property
    def spelling_notes(self) -> list[str]:
        """How the axis is spelled."""
        return self._spelling_notes

    @property
    def first_notes(self) -> list[str]:
        """What was guessed about the file."""
        return [*self._records.notes, *self._shape.notes]

    @property
    def cell_notes(self) -> list[str]:
        """What was guessed about the numbers."""
        return self._cells.notes

    def _refuse_doubtful(self) -> None:
        """Refuse rows that may be a spoilt point: between or below wavenumbers, or with a name like a number."""
        known = self._named | USUAL_NAMES
        for row in self.name_rows:
            if bare_unit(row.name) and row.line < self.lines[0]:
                continue
            inside = self.lines[0] < row.line < self.lines[-1]
            strange = row.line > self.lines[-1] or row.name[0] in "+-.0123456789" or _like_a_point(row)
            if inside or (strange and row.name not in known):
                raise DataError(
                    f"{self._records.name} line {row.line}: {quoted(row.name)} is not a wavenumber; correct the line, or "
                    f"delete it (metadata stand above the wavenumbers)"
                )


def _like_a_point(row: NameRow) -> bool:
    """Say whether a row could be one point of a single spectrum with a misspelt wavenumber."""
    return len(row.cells) == 2 and looks_numeric(row.cells[1]) and any(map(str.isdigit, row.name))
