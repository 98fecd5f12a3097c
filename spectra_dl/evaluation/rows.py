"""What estimators take: rows that can be taken by number, whatever a row is."""

from functools import cached_property
from typing import Any, Protocol

from spectra_dl.arrays import IndexArray
from spectra_dl.errors import DataError


class Rows(Protocol):
    """Anything with a length and integer-array indexing: a matrix, a table, tiles that are read when they are asked for.

    The evaluation never looks inside.
    """

    def __len__(self) -> int: ...

    def __getitem__(self, rows: IndexArray, /) -> Any: ...


class RowBlocks:
    """Several blocks of the same rows side by side, such as image features and clinical columns.

    Indexing gives an estimator the tuple of the blocks' rows.

    Parameters
    ----------
    *blocks
        Each of ``n`` rows.

    Raises
    ------
    DataError
        No blocks, or blocks of different lengths.

    Examples
    --------
    >>> import numpy as np
    >>> rows = RowBlocks(np.zeros((3, 4)), np.ones((3, 2)))
    >>> [block.shape for block in rows[np.array([0, 2])]]
    [(2, 4), (2, 2)]
    """

    def __init__(self, *blocks: Rows) -> None:
        lengths = [len(block) for block in blocks]
        if len(set(lengths)) != 1:
            raise DataError(f"blocks of {lengths} rows; give one or more blocks of the same rows")
        self.blocks = blocks

    def __len__(self) -> int:
        return len(self.blocks[0])

    def __getitem__(self, rows: IndexArray, /) -> tuple[Any, ...]:
        return tuple(block[rows] for block in self.blocks)


class RowSubset:
    """Some of all rows: as an estimator gets them, and to be taken from again by number.

    Parameters
    ----------
    rows
        All ``n`` rows.
    index
        ``(k,)`` numbers of those that are meant.
    """

    def __init__(self, rows: Rows, index: IndexArray) -> None:
        self.rows = rows
        self.index = index

    @cached_property
    def values(self) -> Any:
        """The rows as an estimator gets them."""
        return self.rows[self.index]

    def __len__(self) -> int:
        return len(self.index)

    def __getitem__(self, rows: IndexArray, /) -> Any:
        return self.rows[self.index[rows]]


def count_rows(values: Any) -> int:
    """Return how many rows an estimator was given; a tuple is blocks of the same rows."""
    return len(values[0]) if isinstance(values, tuple) else len(values)


def as_rows(rows: Rows | tuple[Rows, ...]) -> Rows:
    """Return rows as the evaluation takes them; a tuple is blocks of the same rows."""
    return RowBlocks(*rows) if isinstance(rows, tuple) else rows
