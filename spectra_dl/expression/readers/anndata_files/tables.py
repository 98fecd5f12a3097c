"""Tables of AnnData: obs, var, and tables of coordinates, as groups of columns or as one array of records."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from spectra_dl.arrays import TextArray
from spectra_dl.errors import DataError
from spectra_dl.expression.readers.anndata_files.columns import (
    Column,
    check_encoding,
    column_of_codes,
    plain_column,
    read_column,
)
from spectra_dl.expression.readers.stored.nodes import StoredArray, StoredGroup

if TYPE_CHECKING:
    from numpy.typing import NDArray

_OLD_CATEGORIES = "__categories"  # anndata 0.7
_INDEX_NAMES = ("_index", "index")


@dataclass(frozen=True, eq=False)
class Table:
    """A table whose columns are read when they are asked for.

    Attributes
    ----------
    title
        The file and the table, for messages.
    index
        ``(n,)`` text.
    names
        Of the columns.
    read
        Returns a column by its name.
    """

    title: str
    index: TextArray
    names: tuple[str, ...]
    read: Callable[[str], Column]

    def __len__(self) -> int:
        return len(self.index)

    def column(self, name: str) -> Column | None:
        """Return a column; None where there is none.

        Raises
        ------
        DataError
            It has another number of rows, or can't be read.
        """
        return self._whole_column(name) if name in self.names else None

    def _whole_column(self, name: str) -> Column:
        column = self.read(name)
        if len(column.values) != len(self):
            raise DataError(
                f"{self.title}: column {name!r:.60} has {len(column.values)} values for {len(self)} rows; take a fresh copy"
            )
        return column

    def select(self, rows: "NDArray[np.intp]") -> "Table":
        """Return these rows of the table, in this order."""

        def read(name: str) -> Column:
            column = self._whole_column(name)
            return replace(column, values=column.values[rows], missing=column.missing[rows])

        return replace(self, index=self.index[rows], read=read)

    def first(self, *names: str) -> Column | None:
        """Return the first of these columns that there is; None without."""
        return next((self.column(name) for name in names if name in self.names), None)


def read_table(root: StoredGroup, path: str) -> Table:
    """Return a table of a file.

    Parameters
    ----------
    root
        The file.
    path
        Of the table, such as ``"obs"``.

    Raises
    ------
    DataError
        There is no such table, or its index has rows without a name.
    """
    title = f"{root.where} {path}"
    node = root.member(path) if path in root else None
    if isinstance(node, StoredArray) and node.dtype.names:
        return _records(root, node, title)
    if not isinstance(node, StoredGroup):
        raise DataError(
            f"{root.where}: no table {path} with an index; write the file again with anndata 0.8 or later"
        )
    if check_encoding(node, title) not in (None, "dataframe"):
        raise DataError(
            f"{title}: a {node.attributes['encoding-type']!s:.40} and no table; write it as a dataframe"
        )
    index = node.attributes.get("_index")
    if not isinstance(index, str):
        raise DataError(
            f"{root.where}: no table {path} with an index; write the file again with anndata 0.8 or later"
        )
    names = tuple(name for name in node.names if name not in (index, _OLD_CATEGORIES))

    def read(name: str) -> Column:
        old = f"{_OLD_CATEGORIES}/{name}"
        categories = read_column(node.member(old), name, title).text if old in node else None
        return read_column(node.member(name), name, title, categories)

    return Table(title, _named(read_column(node.member(index), index, title)), names, read)


def _named(column: Column) -> TextArray:
    gone = np.flatnonzero(column.missing)
    if len(gone):
        raise DataError(
            f"{column.where}: row {gone[0] + 1} of the index {column.name!r:.60} and {len(gone) - 1} more are rows without a name; name them and write the "
            "file again"
        )
    return column.text


def _records(root: StoredGroup, node: StoredArray, title: str) -> Table:
    """Return a table that is one array of records, its first field the index, as before anndata 0.7."""
    names = tuple(node.dtype.names or ())
    values = node.read()
    if values.ndim != 1:
        raise DataError(
            f"{title}: records of shape {values.shape}; one for each row is needed, take a fresh copy"
        )
    index = next((name for name in _INDEX_NAMES if name in names), names[0])

    def read(name: str) -> Column:
        old = f"uns/{name}_categories"
        column = plain_column(values[name], name, title)
        if old not in root:
            return column
        words = read_column(root.member(old), name, title).text
        return column_of_codes(column.values, words, name, title)

    return Table(title, _named(read(index)), tuple(name for name in names if name != index), read)
