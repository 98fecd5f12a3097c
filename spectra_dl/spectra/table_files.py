"""Write spectra to a CSV file that the reader takes back unchanged."""

import contextlib
import math
import os
from collections.abc import Callable, Iterator

from spectra_dl.spectra.hdf5_files import named_columns
from spectra_dl.spectra.table import SpectraTable
from spectra_dl.storage.text.csv_rows import csv_rows


@contextlib.contextmanager
def csv_file(path: str | os.PathLike[str]) -> Iterator[Callable[[SpectraTable], None]]:
    """Yield a function that appends a block of spectra as rows; the file has its name once all are written.

    Ids and labels come first, then one column per wavenumber; every float64 comes back exactly, a missing value is an
    empty cell. All blocks have the axis and the columns of the first.

    Raises
    ------
    EnvironmentFault
        The file can't be written.
    """
    with csv_rows(path) as write_row:
        begun = False

        def append(table: SpectraTable) -> None:
            nonlocal begun
            columns = named_columns(table)
            if not begun:
                write_row([*columns, *map(repr, table.wavenumber.tolist())])
                begun = True
            for row, spectrum in enumerate(table.intensity.tolist()):
                values = ("" if math.isnan(value) else value for value in spectrum)
                write_row([*(column[row] for column in columns.values()), *values])

        yield append


def write_table(path: str | os.PathLike[str], table: SpectraTable) -> None:
    """Write a whole table as `csv_file` does.

    Parameters
    ----------
    path
        Of the CSV file; it is there once all is written.
    table
        The spectra.

    Raises
    ------
    EnvironmentFault
        The file can't be written.
    """
    with csv_file(path) as append:
        append(table)
