"""Write a CSV file row by row, whole or not at all."""

import contextlib
import csv
import io
import os
from collections.abc import Callable, Iterable, Iterator

from spectra_dl.storage.atomic import whole_file


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
        yield csv.writer(text, lineterminator="\n").writerow
        text.detach()
