"""The shape of a text table: its first line, its width, and rows that don't keep to it."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice

from spectra_dl.errors import DataError
from spectra_dl.spectra.readers.text.dialect import DELIMITERS, Record
from spectra_dl.spectra.readers.text.numbers import NotANumberError, decide_format
from spectra_dl.spectra.readers.text.table_start import IN_BRACKETS
from spectra_dl.spectra.readers.wording import quoted

FORMAT_SAMPLE = 10_000


def trimmed(sample: Sequence[Sequence[str]]) -> list[list[str]]:
    """Return the rows without the columns at the end that are empty in every row."""
    width = max((k + 1 for fields in sample for k, field in enumerate(fields) if field), default=0)
    return [list(fields[:width]) for fields in sample]


def table_rows(sample: Sequence[Sequence[str]], where: str, delimiter: str) -> list[list[str]]:
    """Return the first rows of a table, all as wide as its first line.

    Parameters
    ----------
    sample
        Stripped fields of the first rows, the header first.
    where
        The file, for messages.
    delimiter
        Between the fields.
    """
    header = list(Shape.of(sample, where, delimiter).header)
    rows = [fields for fields in trimmed(sample)[1:] if any(fields)]
    width = len(header)
    return [header, *(fields[:width] + [""] * (width - len(fields)) for fields in rows)]


@dataclass(frozen=True)
class Shape:
    """The first line of a table and what every row must keep to.

    Attributes
    ----------
    header
        Stripped fields of the first line.
    where
        The file, for messages.
    delimiter
        Between the fields.
    row_names
        The header lacks a name for the first column, as R's write.table leaves it.
    notes
        What was guessed.
    """

    header: tuple[str, ...]
    where: str
    delimiter: str
    row_names: bool = False

    @classmethod
    def of(cls, sample: Sequence[Sequence[str]], where: str, delimiter: str) -> "Shape":
        """Derive the shape from the first rows.

        Parameters
        ----------
        sample
            Stripped fields of the first rows, the header first.
        where
            The file, for messages.
        delimiter
            Between the fields.
        """
        header, *rows = trimmed(sample)
        lengths = {len(fields) for fields in rows if any(fields)}
        if lengths == {len(header) + 1}:
            return cls(("", *header), where, delimiter, row_names=True)
        return cls(tuple(header), where, delimiter)

    @property
    def notes(self) -> tuple[str, ...]:
        """What was guessed."""
        return (
            ("the header has no name for the first column; it was read as row names",)
            if self.row_names
            else ()
        )

    def fitted(self, record: Record) -> list[str]:
        """Return the fields of ``record``, cut to the table's width where only empty ones are lost.

        Raises
        ------
        DataError
            The row is short or long.
        """
        fields, width = record.fields, len(self.header)
        if len(fields) == width:
            return fields
        if len(fields) > width and not any(field.strip() for field in fields[width:]):
            return fields[:width]
        if len(fields) == width - 1 and all(IN_BRACKETS.fullmatch(field.strip()) for field in fields):
            return [*fields, ""]  # AvaSoft leaves the last unit out
        text = self.delimiter.join(fields)
        better = [
            word
            for mark, word in DELIMITERS.items()
            if mark != self.delimiter and text.count(mark) * 2 > width
        ]
        hint = f" (it is separated by {better[0]}s)" if better else ""
        raise DataError(
            f"{self.where} line {record.line}: number of fields is {len(fields)} where the first line has {width}{hint}; "
            f"correct the line, or export the file again"
        )

    def bad_cell(self, record: Record, column: int, token: str) -> DataError:
        """Return the refusal of a cell that is no number.

        Parameters
        ----------
        record
            The row it stands in.
        column
            Its position, from 0.
        token
            Its text.
        """
        if [field.strip() for field in record.fields][: len(self.header)] == list(self.header):
            return self.second_header(record)
        name = self.header[column] if self.header[column].strip() else "unnamed"
        return DataError(
            f"{self.where} line {record.line}, column {column + 1} ({quoted(name)}): {quoted(token)} is not a number; "
            f"correct it, or leave the cell empty if the value is missing"
        )

    def second_header(self, record: Record) -> DataError:
        """Return the refusal of a header in the middle of a table."""
        return DataError(
            f"{self.where} line {record.line}: a second header (files put together?); delete the line, or export once"
        )


class CellReader:
    """Numbers of a table's rows by its number format; remembers the first missing value.

    Parameters
    ----------
    shape
        Of the table.
    tokens, beside
        As of `decide_format`.
    """

    def __init__(self, shape: Shape, tokens: Iterable[str], beside: Iterable[str] = ()) -> None:
        self._shape = shape
        self.format, self._notes = decide_format(islice(tokens, FORMAT_SAMPLE), shape.where, beside)
        self._missing = ""

    @property
    def notes(self) -> list[str]:
        """How numbers are written, and where the first missing value stands."""
        return [*self._notes, *([self._missing] if self._missing else [])]

    def numbers(self, record: Record, fields: Sequence[str], columns: Sequence[int]) -> list[float]:
        """Return the numbers in some fields of a row, NaN where missing.

        Parameters
        ----------
        record
            The row, for messages.
        fields
            The texts to read.
        columns
            Their positions in the row, from 0, one for each.

        Raises
        ------
        DataError
            A field is neither a number nor a known spelling of a missing value.
        """
        try:
            values = self.format.row(fields)
        except NotANumberError as err:
            raise self._shape.bad_cell(record, columns[err.position], err.token) from None
        # The sum of a row is NaN if one value is: far quicker than looking at each.
        total = sum(values)
        if math.isnan(total) and not self._missing:
            self._note_missing(record, fields, columns, values)
        return values

    def _note_missing(
        self, record: Record, fields: Sequence[str], columns: Sequence[int], values: Sequence[float]
    ) -> None:
        position = next((k for k, value in enumerate(values) if math.isnan(value)), None)
        if position is not None:
            self._missing = (
                f"some cells hold no value, the first in line {record.line}, column {columns[position] + 1}: "
                f"{quoted(fields[position].strip())}"
            )
