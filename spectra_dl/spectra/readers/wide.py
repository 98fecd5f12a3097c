"""Tables with one spectrum a row: the header holds the wavenumbers, metadata stand before or after."""

from collections.abc import Iterator, Sequence

import numpy as np

from spectra_dl.spectra.readers.columns import Columns, UniqueIds, assign_columns
from spectra_dl.spectra.readers.dialect import Record, Records
from spectra_dl.spectra.readers.header import Layout, layout_of
from spectra_dl.spectra.readers.options import ReadOptions
from spectra_dl.spectra.readers.shape import CellReader, Shape
from spectra_dl.spectra.table import FloatArray, SpectraTable


def read_rows(records: Records, options: ReadOptions, *, rows: int) -> Iterator[SpectraTable]:
    """Yield a table's spectra in blocks of ``rows``, holding one block in memory.

    Raises
    ------
    DataError, UsageError
        As `layout_of`, `assign_columns`, `Shape.fitted` and `CellReader.numbers`; or the table has no rows.
    """
    table = _RowTable(records, options)
    stream = iter(records)
    next(stream)
    block: list[Record] = []
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
        # The text of the row is not needed any more.
        block.append(Record(record.line, []))
        cells.append(metadata)
        values.append(numbers)
    yield table.block(block, cells, values, count)


class _RowTable:
    """What was decided from a table's first rows, and the reading of the others by it."""

    def __init__(self, records: Records, options: ReadOptions) -> None:
        self._records = records
        self._shape = Shape.of(records.sample, records.name, records.delimiter)
        self._layout: Layout = layout_of(self._shape.header, set(options.named().values()), records.name)
        names = self._layout.names
        metadata = [names[k] for k in self._layout.metadata_columns]
        self._columns: Columns = assign_columns(metadata, options, records.name)
        self._axis_columns: Sequence[int] = self._layout.axis_columns.tolist()
        first, last = self._axis_columns[0], self._axis_columns[-1]
        self._slice = slice(first, last + 1) if last - first + 1 == len(self._axis_columns) else None
        self._axis_values = [0.0] * len(self._axis_columns)
        for place, value in zip(self._layout.axis.order, self._layout.axis.wavenumber, strict=True):
            self._axis_values[place] = float(value)
        self._cells = CellReader(self._shape, self._sample_tokens())
        self._ids = UniqueIds(records.name)

    def _sample_tokens(self) -> Iterator[str]:
        for fields in self._records.sample[1:]:
            if len(fields) >= len(self._shape.header):
                yield from (fields[k] for k in self._axis_columns)

    def row(self, record: Record) -> tuple[list[str], FloatArray]:
        """Return the stripped metadata and the numbers of a row, in file order."""
        fields = self._shape.fitted(record)
        numbers = fields[self._slice] if self._slice else [fields[k] for k in self._axis_columns]
        values = self._cells.numbers(record, numbers, self._axis_columns)
        if values == self._axis_values:
            raise self._shape.second_header(record)
        return [fields[k].strip() for k in self._layout.metadata_columns], np.array(values)

    def block(
        self,
        records: Sequence[Record],
        cells: Sequence[Sequence[str]],
        values: Sequence[FloatArray],
        before: int,
    ) -> SpectraTable:
        """Put rows together, with ``before`` rows already given."""
        name = self._records.name
        axis = self._layout.axis
        intensity = np.array(values)  # (n, p) in file order
        if axis.notes:
            intensity = intensity[:, axis.order]
        table = self._columns.table(
            intensity,
            axis.wavenumber,
            cells,
            default_ids=[str(before + k + 1) for k in range(len(records))],
            source=[f"{name} line {record.line}" for record in records],
            notes=self._notes(),
        )
        return self._ids.check(table)

    def _notes(self) -> tuple[str, ...]:
        ids = () if "sample_id" in self._columns.parts else ("no column sample_id; the rows were numbered",)
        return (
            *self._records.notes,
            *self._shape.notes,
            *self._layout.notes,
            *self._columns.notes,
            *ids,
            *self._cells.notes,
        )
