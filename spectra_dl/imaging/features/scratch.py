"""Numbers of many spots that would not fit into memory, in a temporary file that is gone when the process ends, however it ends."""

import contextlib
import os
import tempfile
from collections.abc import Iterator

import numpy as np

from spectra_dl.errors import EnvironmentFault
from spectra_dl.imaging.features.block import Features


class ScratchColumns:
    """An array ``(n, r, d)`` float32 on disk, written and read by a few columns of all rows or by a few rows of all columns.

    Columns lie together ``at_once`` by ``at_once``, row after row.

    Parameters
    ----------
    n, regions, width
        The array's shape.
    at_once
        How many columns lie together.
    """

    def __init__(self, n: int, regions: int, width: int, *, at_once: int) -> None:
        self.shape = (n, regions, width)
        self.at_once = at_once
        with _full_disk_as_fault():
            self._file = tempfile.TemporaryFile()  # noqa: SIM115  # it lives as long as the array

    @property
    def column_slices(self) -> list[slice]:
        """The columns that lie together."""
        width = self.shape[2]
        return [slice(at, min(at + self.at_once, width)) for at in range(0, width, self.at_once)]

    def write(self, values: Features, *, row: int, column: int) -> None:
        """Write ``(k, r, c)`` values from a row and a column on; any rows, and columns that may end within a slice.

        Parameters
        ----------
        values
            What is written.
        row, column
            Where the first of them belongs.
        """
        for columns in self.column_slices:
            low, high = max(columns.start, column), min(columns.stop, column + values.shape[2])
            if low >= high:
                continue
            part = np.ascontiguousarray(values[:, :, low - column : high - column], dtype=np.float32)
            if high - low == columns.stop - columns.start:
                self._put(part, row, columns)
            else:
                # A block of features ends within a slice: what lies beside it stays.
                whole = self._got(row, row + len(part), columns)
                whole[:, :, low - columns.start : high - columns.start] = part
                self._put(whole, row, columns)

    def columns(self, columns: slice) -> Features:
        """Return ``(n, r, c)``, one of `column_slices` of all rows."""
        return self._got(0, self.shape[0], columns)

    def rows(self, first: int, last: int) -> Features:
        """Return ``(last - first, r, d)``.

        Parameters
        ----------
        first, last
            Rows, the last excluded.
        """
        values = np.empty((last - first, *self.shape[1:]), dtype=np.float32)
        for columns in self.column_slices:
            values[:, :, columns] = self._got(first, last, columns)
        return values

    def close(self) -> None:
        """Give the space back."""
        self._file.close()

    def _place(self, row: int, columns: slice) -> int:
        n, regions, _ = self.shape
        together: int = columns.stop - columns.start
        return 4 * regions * (n * int(columns.start) + row * together)

    def _put(self, values: Features, row: int, columns: slice) -> None:
        with _full_disk_as_fault():
            self._file.seek(self._place(row, columns))
            self._file.write(values.data)

    def _got(self, first: int, last: int, columns: slice) -> Features:
        values = np.zeros((last - first, self.shape[1], columns.stop - columns.start), dtype=np.float32)
        with _full_disk_as_fault():
            self._file.seek(self._place(first, columns))
            # What was never written lies beyond the file's end, or is zero.
            self._file.readinto(values.data.cast("B"))
        return values


@contextlib.contextmanager
def _full_disk_as_fault() -> Iterator[None]:
    try:
        yield
    except OSError as err:
        raise EnvironmentFault(
            f"no room for temporary data ({os.strerror(err.errno or 0)}); free space, or name another folder in the environment variable TMPDIR"
        ) from err
