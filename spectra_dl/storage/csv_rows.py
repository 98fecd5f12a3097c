"""Write CSV, with no cell that a spreadsheet would run."""

import contextlib
import csv
import io
import os
from collections.abc import Callable, Iterable, Iterator

from spectra_dl.storage.atomic import whole_file
from spectra_dl.storage.spreadsheet import harmless


@contextlib.contextmanager
def csv_rows(path: str | os.PathLike[str]) -> Iterator[Callable[[Iterable[object]], object]]:
    """Yield a function that appends a row; the file has its name once all are written.

    Raises
    ------
    EnvironmentFault
        The file can't be written.
    """
    with whole_file(path) as stream:
        text = io.TextIOWrapper(stream, encoding="utf-8", newline="", write_through=True)
        yield _row_writer(text)
        text.detach()


def csv_text(rows: Iterable[Iterable[object]]) -> str:
    r"""Return rows as the text of a CSV file.

    Parameters
    ----------
    rows
        The header first.

    Examples
    --------
    >>> csv_text([["id", "value"], ["=1+1", -0.5]])
    "id,value\n'=1+1,-0.5\n"
    """
    text = io.StringIO()
    write_row = _row_writer(text)
    for row in rows:
        write_row(row)
    return text.getvalue()


def _row_writer(text: io.TextIOBase) -> Callable[[Iterable[object]], object]:
    writer = csv.writer(text, lineterminator="\n")
    return lambda row: writer.writerow([harmless(cell) if isinstance(cell, str) else cell for cell in row])
