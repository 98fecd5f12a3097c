"""Tables with one spectrum a column: the first column holds the wavenumbers; two columns are one spectrum."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from spectra_dl.arrays import FloatArray
from spectra_dl.errors import DataError
from spectra_dl.spectra.readers.axis import check_size, sorted_axis
from spectra_dl.spectra.readers.columns import USUAL_NAMES, Columns, assign_columns
from spectra_dl.spectra.readers.options import ReadOptions
from spectra_dl.spectra.readers.text.dialect import Record, Records
from spectra_dl.spectra.readers.text.header import INTENSITY_WORD, axis_spelling
from spectra_dl.spectra.readers.text.numbers import looks_numeric
from spectra_dl.spectra.readers.text.shape import CellReader, Shape, trimmed
from spectra_dl.spectra.readers.unique_ids import UniqueIds
from spectra_dl.spectra.readers.windows import average_duplicates
from spectra_dl.spectra.readers.wording import quoted, stem
from spectra_dl.spectra.table import SpectraTable


def read_columns(records: Records, options: ReadOptions) -> SpectraTable:
    """Read a table with one spectrum a column, whole.

    Rows above the wavenumbers are metadata by the name in their first cell; the first of them, the header, gives the
    sample ids unless a row ``sample_id`` does. Below the wavenumbers only rows of a usual or chosen name are metadata.

    Parameters
    ----------
    records
        The table from its first row on.
    options
        Which rows of metadata give sample id, patient, label and batch.

    Raises
    ------
    DataError, UsageError
        As `sorted_axis`, `assign_columns`, `Shape.fitted` and `CellReader.numbers`; or a row between the
        wavenumbers begins with none.
    """
    table = _ColumnTable(records, options)
    stream = iter(records)
    table.take(next(stream), table.shape.header)
    for record in stream:
        table.take(record, table.shape.fitted(record))
    return UniqueIds(records.name).check(table.table())


def iter_columns(table: SpectraTable, rows: int) -> Iterator[SpectraTable]:
    """Yield a table in blocks.

    Parameters
    ----------
    table
        Of any length.
    rows
        Spectra in a block, at least 1; only the last block is smaller.
    """
    for start in range(0, len(table), rows):
        yield table.select(np.arange(start, min(start + rows, len(table))))


@dataclass(frozen=True)
class _MetadataRow:
    """A row that begins with a name."""

    name: str
    line: int
    cells: tuple[str, ...]


class _ColumnTable:
    """The rows of a table read so far, wavenumbers apart from metadata."""

    def __init__(self, records: Records, options: ReadOptions) -> None:
        self._records = records
        self._options = options
        self._named = set(options.named().values())
        self.shape = Shape.of(records.sample, records.name, records.delimiter)
        rows = [fields for fields in trimmed(records.sample) if any(fields)]
        self._spelling, self._spelling_notes = axis_spelling([fields[0] for fields in rows], records.name)
        numeric = [fields for fields in rows if self._spelling.wavenumber(fields[0]) is not None]
        self._cells = CellReader(self.shape, (token for fields in numeric for token in fields[1:]))
        self._wavenumber: list[float] = []
        self._axis_lines: list[int] = []
        self._values: list[FloatArray] = []
        self._metadata: list[_MetadataRow] = []

    def take(self, record: Record, fields: Sequence[str]) -> None:
        """Add a row to the wavenumbers or to the metadata."""
        name = fields[0].strip()
        wavenumber = None if name in self._named else self._spelling.wavenumber(name)
        if wavenumber is None:
            cells = tuple(text.strip() for text in fields[1:])
            self._metadata.append(_MetadataRow(name or f"row {record.line}", record.line, cells))
            return
        self._wavenumber.append(wavenumber)
        self._axis_lines.append(record.line)
        self._values.append(np.array(self._cells.numbers(record, fields[1:], range(1, len(fields)))))
        check_size(len(self._wavenumber), self._records.name)

    def table(self) -> SpectraTable:
        """Put the spectra together when all rows are taken."""
        name, count = self._records.name, len(self.shape.header) - 1
        if not self._wavenumber:
            raise DataError(f"{name}: no wavenumbers in the first column; give Raman shifts in cm⁻¹ there")
        self._refuse_doubtful()
        places = [f"line {line}" for line in self._axis_lines]
        # A point of one spectrum may have been measured twice; in a table a duplicate row is a mistake.
        axis = sorted_axis(np.array(self._wavenumber), places, name, keep_duplicates=count == 1)
        intensity = np.array(self._values)[axis.order].T  # (p, n) in file order -> (n, p)
        wavenumber, intensity, duplicate_notes = average_duplicates(axis.wavenumber, intensity)
        ids, id_note = self._default_ids(count)
        columns = self._columns()
        notes = [*self._records.notes, *self.shape.notes]
        if count > 1:
            notes.append("the table is transposed: each column is a spectrum")
        notes += [*self._spelling_notes, *axis.notes, *duplicate_notes, *columns.notes]
        if "sample_id" not in columns.parts:
            notes.append(id_note)
        return columns.table(
            intensity,
            wavenumber,
            [[row.cells[k] for row in self._metadata] for k in range(count)],
            default_ids=ids,
            source=[f"{name} column {k + 2}" for k in range(count)],
            notes=[*notes, *self._cells.notes],
            overlaps=axis.overlaps,
        )

    def _columns(self) -> Columns:
        return assign_columns([row.name for row in self._metadata], self._options, self._records.name)

    def _default_ids(self, count: int) -> tuple[list[str], str]:
        """Take the header off the metadata as the sample ids, unless it or another row has that part."""
        parts = self._columns().parts
        has_header = bool(self._metadata) and self._metadata[0].line < self._axis_lines[0]
        if has_header and "sample_id" not in parts and 0 not in parts.values():
            header = self._metadata.pop(0).cells
            if count > 1 or not INTENSITY_WORD.fullmatch(header[0]):
                return list(header), "the sample ids are the names of the columns"
        if count == 1:
            return [stem(self._records.name)], "the sample id is the file's name"
        return [str(k + 1) for k in range(count)], "no sample ids; the columns were numbered"

    def _refuse_doubtful(self) -> None:
        """Refuse rows that may be a spoilt point: between or below wavenumbers, or with a name like a number."""
        known = self._named | USUAL_NAMES
        for row in self._metadata:
            inside = self._axis_lines[0] < row.line < self._axis_lines[-1]
            strange = row.line > self._axis_lines[-1] or row.name[0] in "+-.0123456789" or _like_a_point(row)
            if inside or (strange and row.name not in known):
                raise DataError(
                    f"{self._records.name} line {row.line}: {quoted(row.name)} is not a wavenumber; correct the line, or "
                    f"delete it (metadata stand above the wavenumbers)"
                )


def _like_a_point(row: _MetadataRow) -> bool:
    """Say whether a row could be one point of a single spectrum with a misspelt wavenumber."""
    return len(row.cells) == 1 and looks_numeric(row.cells[0]) and any(map(str.isdigit, row.name))
