"""What estimators take: rows that can be taken by number, whatever a row is."""

from functools import cached_property
from typing import Any, Protocol

from spectra_dl.arrays import IndexArray, unmasked
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


class FrameRows:
    """A data frame's rows; indexing gives an estimator a data frame, so that it can look at the columns.

    Parameters
    ----------
    frame
        A pandas data frame.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> FrameRows(pd.DataFrame({"400.0": [1.0, 2.0]}))[np.array([1])].columns[0]
    '400.0'
    """

    def __init__(self, frame: Any) -> None:
        self.frame = frame

    def __len__(self) -> int:
        return len(self.frame)

    def __getitem__(self, rows: IndexArray, /) -> Any:
        return self.frame.iloc[rows]

    def to_numpy(self) -> Any:
        """Return the values of all rows."""
        return self.frame.to_numpy()


def count_rows(values: Any) -> int:
    """Return how many rows an estimator was given; a tuple is blocks of the same rows."""
    return len(values[0]) if isinstance(values, tuple) else len(values)


def as_rows(rows: Rows | tuple[Rows, ...]) -> Rows:
    """Return rows as the evaluation takes them; a tuple is blocks of the same rows, and a masked cell is NaN."""
    if isinstance(rows, tuple):
        return RowBlocks(*(as_rows(block) for block in rows))
    return FrameRows(rows) if hasattr(rows, "iloc") else unmasked(rows)
