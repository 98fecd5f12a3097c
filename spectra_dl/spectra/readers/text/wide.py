"""Tables with one spectrum a row: the header holds the wavenumbers, metadata stand before or after."""

from collections.abc import Iterator, Sequence

import numpy as np

from spectra_dl.arrays import FloatArray
from spectra_dl.errors import DataError
from spectra_dl.spectra.readers.columns import ROWS_NUMBERED, Columns, assign_columns
from spectra_dl.spectra.readers.options import ReadOptions
from spectra_dl.spectra.readers.stated.statements import read_statements
from spectra_dl.spectra.readers.stated.units import AxisUnit, stated_unit
from spectra_dl.spectra.readers.text.columns.companions import is_no_sample
from spectra_dl.spectra.readers.text.dialect import Record, Records
from spectra_dl.spectra.readers.text.header import Layout, layout_of
from spectra_dl.spectra.readers.text.numbers import looks_numeric
from spectra_dl.spectra.readers.text.plain_row import PlainRow
from spectra_dl.spectra.readers.text.ramps import is_monotonic, like_an_axis
from spectra_dl.spectra.readers.text.shape import CellReader, Shape
from spectra_dl.spectra.readers.unique_ids import UniqueIds
from spectra_dl.spectra.readers.wording import quoted
from spectra_dl.spectra.table import SpectraTable

_FEWEST_IN_LINE = 5


def read_rows(records: Records, options: ReadOptions, *, rows: int) -> Iterator[SpectraTable]:
    """Yield a table's spectra in blocks of ``rows``, with one block in memory.

    Parameters
    ----------
    records
        The table from its header on.
    options
        Which columns give sample id, patient, label and batch.
    rows
        Spectra in a block, at least 1.

    Raises
    ------
    DataError, UsageError
        As `layout_of`, `assign_columns`, `Shape.fitted` and `CellReader.numbers`; or the table has no rows.
    """
    table = _RowTable(records, options)
    stream = iter(records)
    next(stream)
    block: list[int] = []
    cells: list[list[str]] = []
    values: list[FloatArray] = []
    count = 0
    for record in stream:
        # A full block waits for the next row, so that the last block carries every note.
        if len(block) == rows:
            yield table.block(block, cells, values, count)
            count += len(block)
            block, cells, values = [], [], []
        metadata, numbers = table.row(record)
        block.append(record.line)
        cells.append(metadata)
        values.append(numbers)
    if not block:
        raise DataError(f"{records.name}: no spectra below the header; export the spectra again")
    yield table.block(block, cells, values, count)


class _RowTable:
    """What was decided from a table's first rows, and the reading of the others by it."""

    def __init__(self, records: Records, options: ReadOptions) -> None:
        self._records = records
        self._shape = Shape.of(records.sample, records.name, records.delimiter)
        self._statements = read_statements(
            [line.text for line in records.text], self._corner(), records.name, records.heading
        )
        self._layout: Layout = layout_of(self._shape.header, options, records.name, self._statements)
        names = self._layout.names
        metadata = [names[k] for k in self._layout.metadata_columns]
        self._metadata_names = metadata
        self._columns: Columns = assign_columns(metadata, options, records.name)
        self._id_column = self._columns.parts.get("sample_id", 0)
        self._axis_columns: Sequence[int] = self._layout.axis_columns.tolist()
        first, last = self._axis_columns[0], self._axis_columns[-1]
        self._slice = slice(first, last + 1) if last - first + 1 == len(self._axis_columns) else None
        self._axis_values = self._layout.axis.in_file
        wavenumbers = [names[k] for k in self._axis_columns]
        self._cells = CellReader(self._shape, self._sample_tokens(), beside=wavenumbers)
        self._plain = self._plain_row(len(metadata))
        self._adjacent_notes = self._numbers_next_to_the_axis()
        self._ids = UniqueIds(records.name)

    def _corner(self) -> tuple[str, ...]:
        """Return the first name where it stands over names of rows, and so says what the header holds."""
        name = self._shape.header[0]
        rows = [fields[0] for fields in self._whole_sample_rows()]
        stated = stated_unit(name)
        foreign = stated is not None and stated.unit in (AxisUnit.TIME, AxisUnit.OTHER)
        return () if foreign or any(map(looks_numeric, rows)) else (name,)

    def _whole_sample_rows(self) -> Iterator[list[str]]:
        """Yield the rows of the sample that are not short."""
        return (fields for fields in self._records.sample[1:] if len(fields) >= len(self._shape.header))

    def _sample_tokens(self) -> Iterator[str]:
        return (fields[k] for fields in self._whole_sample_rows() for k in self._axis_columns)

    def _numbers_next_to_the_axis(self) -> list[str]:
        """Return notes of metadata next to the wavenumbers that could be a point of the spectra by their cells."""
        parts = {self._layout.metadata_columns[k] for k in self._columns.parts.values()}
        rows = list(self._whole_sample_rows())
        notes = []
        for k in (min(self._axis_columns) - 1, max(self._axis_columns) + 1):
            if k in self._layout.metadata_columns and k not in parts:
                name = quoted(self._layout.names[k])
                if rows and all(looks_numeric(fields[k]) for fields in rows):
                    notes.append(
                        f"column {name} beside the wavenumbers holds numbers; it was read as metadata"
                    )
        return notes

    def _plain_row(self, texts: int) -> PlainRow | None:
        columns = (*self._layout.metadata_columns, *self._axis_columns)
        if columns != tuple(range(len(self._shape.header))):
            return None
        return PlainRow.of(self._records.delimiter, self._cells.format, texts, len(self._axis_columns))

    def row(self, record: Record) -> tuple[list[str], FloatArray]:
        """Return the stripped metadata and the numbers of a row, in file order."""
        plain = self._plain.read(record.text) if self._plain and record.quoted is None else None
        metadata, values = plain or self._field_by_field(record)
        if like_an_axis(values, self._axis_values) or self._named_like_columns(metadata, values):
            raise self._shape.second_header(record)
        texts = [text.strip() for text in metadata]
        if texts and not texts[self._id_column][-1:].isdigit():  # nearly every id ends in a number
            self._refuse_no_sample(record, texts)
        return texts, values

    def _refuse_no_sample(self, record: Record, texts: Sequence[str]) -> None:
        """Refuse a row that by its name is the dark, the mean or anything else but a sample."""
        name = texts[self._id_column]
        patient = self._columns.parts.get("patient")
        if is_no_sample(name) and (patient is None or texts[patient] in ("", name)):
            raise DataError(
                f"{self._records.name} line {record.line}: {quoted(name)} is no sample by its name; delete the line, or give it the id "
                "of its sample"
            )

    def _named_like_columns(self, metadata: Sequence[str], values: FloatArray) -> bool:
        """Return whether a row repeats the names of the columns before numbers that could be any axis."""
        alike = any(text.strip() == name for text, name in zip(metadata, self._metadata_names, strict=True))
        return alike and (len(values) < _FEWEST_IN_LINE or is_monotonic(values))

    def _field_by_field(self, record: Record) -> tuple[list[str], FloatArray]:
        fields = self._shape.fitted(record)
        numbers = fields[self._slice] if self._slice else [fields[k] for k in self._axis_columns]
        values = self._cells.numbers(record, numbers, self._axis_columns)
        return [fields[k] for k in self._layout.metadata_columns], np.array(values)

    def block(
        self,
        lines: Sequence[int],
        cells: Sequence[Sequence[str]],
        values: Sequence[FloatArray],
        before: int,
    ) -> SpectraTable:
        """Assemble rows to spectra.

        Parameters
        ----------
        lines
            On which the n rows began.
        cells
            For each row the stripped metadata.
        values
            For each row its ``(p,)`` intensities, in file order.
        before
            How many rows were in the blocks before.
        """
        name = self._records.name
        axis = self._layout.axis
        intensity = np.array(values)  # (n, p) in file order
        if axis.notes:
            intensity = intensity[:, axis.order]
        table = self._columns.table(
            intensity,
            axis.wavenumber,
            cells,
            default_ids=[str(before + k + 1) for k in range(len(lines))],
            source=[f"{name} line {line}" for line in lines],
            notes=self._notes(),
            overlaps=axis.overlaps,
        )
        return self._ids.check(table)

    def _notes(self) -> tuple[str, ...]:
        ids = () if "sample_id" in self._columns.parts else (ROWS_NUMBERED,)
        return (
            *self._records.notes,
            *self._shape.notes,
            *self._layout.notes,
            *self._columns.notes,
            *ids,
            *self._adjacent_notes,
            *self._cells.notes,
        )
