"""Small tables of text that come with the spectra: sample sheets and patients' information."""

from dataclasses import dataclass

from spectra_dl.errors import DataError
from spectra_dl.spectra.readers.options import PathLike
from spectra_dl.spectra.readers.source import open_lines
from spectra_dl.spectra.readers.text.dialect import Records
from spectra_dl.spectra.readers.text.header import column_names
from spectra_dl.spectra.readers.text.shape import Shape
from spectra_dl.storage.text.csv_rows import restored

MAX_ROWS = 1_000_000


@dataclass(frozen=True)
class SmallTable:
    """Named columns of stripped text, with the line of each row."""

    names: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    lines: tuple[int, ...]
    where: str
    notes: tuple[str, ...]


def read_small_table(path: PathLike, *, parent: bool = False) -> SmallTable:
    """Read a table with a header; every cell stays text.

    Parameters
    ----------
    path
        The file, plain or gzip.
    parent
        Name it with its folder in messages.

    Raises
    ------
    DataError
        No rows, ragged rows, or more than a million of them.
    """
    with open_lines(path, parent=parent) as lines:
        records = Records(lines)
        shape = Shape.of(records.sample, records.name, records.delimiter)
        stream = iter(records)
        next(stream)
        rows: list[tuple[str, ...]] = []
        line_numbers: list[int] = []
        for record in stream:
            cells = tuple(field.strip() for field in shape.fitted(record))
            if cells == shape.header:
                raise shape.second_header(record)
            rows.append(tuple(restored(cell) for cell in cells))
            line_numbers.append(record.line)
            if len(rows) > MAX_ROWS:
                raise DataError(f"{records.name}: more than {MAX_ROWS} rows; split it")
        if not rows:
            raise DataError(f"{records.name}: no rows below the header")
        return SmallTable(
            column_names(shape.header), tuple(rows), tuple(line_numbers), records.name, tuple(records.notes)
        )
