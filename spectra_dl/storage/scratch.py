"""Temporary tables for what would not fit into memory; nothing is left of them when the process ends, however it ends."""

import contextlib
import sqlite3
from collections.abc import Iterable, Iterator, Sequence

from spectra_dl.errors import EnvironmentFault

Row = Sequence[bytes | str | int | float | None]


class Scratch:
    """A temporary SQLite database: in memory while it is small, else in the system's temporary folder.

    Parameters
    ----------
    *tables
        SQL that makes the tables.

    Raises
    ------
    EnvironmentFault
        In every method: there is no room for it.
    """

    def __init__(self, *tables: str) -> None:
        self._connection = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        # Nobody reads it after a crash, so there is nothing to protect.
        for statement in ("PRAGMA journal_mode=OFF", "PRAGMA synchronous=OFF", *tables):
            self._connection.execute(statement)

    def __del__(self) -> None:
        """Take the tables away."""
        self._connection.close()

    def write(self, statement: str, rows: Iterable[Row]) -> None:
        """Run a statement once for each row of values.

        Parameters
        ----------
        statement
            SQL with a ``?`` for each value of a row.
        rows
            Rows of values, of any number.

        Raises
        ------
        sqlite3.IntegrityError
            A row breaks a rule of its table; those before it are written.
        """
        with _full_disk_as_fault():
            self._connection.executemany(statement, rows)

    def read(self, query: str, values: Row = ()) -> Iterator[tuple[object, ...]]:
        """Yield the rows of a query.

        Parameters
        ----------
        query
            SQL with a ``?`` for each of ``values``.
        values
            The query's values.
        """
        with _full_disk_as_fault():
            yield from self._connection.execute(query, values)


@contextlib.contextmanager
def _full_disk_as_fault() -> Iterator[None]:
    try:
        yield
    except sqlite3.OperationalError as err:
        raise EnvironmentFault(
            f"no room for temporary data ({err}); free space, or name another folder in the environment variable TMPDIR"
        ) from err


def stored_text(text: str) -> bytes:
    """Return any text, half a character of a file's name among it, as bytes that `given_text` turns back."""
    return text.encode("utf-8", "surrogatepass")


def given_text(stored: bytes) -> str:
    """Return the text of `stored_text`."""
    return stored.decode("utf-8", "surrogatepass")
