"""Types of arrays that every room uses."""

import math
import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IndexArray = NDArray[np.intp]
TextArray = NDArray[np.object_]
Texts = Sequence[str] | NDArray[np.object_] | NDArray[np.str_]


def is_missing(value: object) -> bool:
    """Return whether a value stands for no value: None, NaN, NaT, pandas.NA or a masked cell.

    Examples
    --------
    >>> [is_missing(value) for value in (None, float("nan"), np.ma.masked, "", 0)]
    [True, True, True, False, False]
    """
    if isinstance(value, str):
        return False
    # Known by their types' names, so that neither pandas nor numpy.ma is imported for them.
    if value is None or type(value).__name__ in ("NAType", "NaTType", "MaskedConstant"):
        return True
    if isinstance(value, float | np.floating):
        return math.isnan(value)
    return isinstance(value, np.datetime64 | np.timedelta64) and bool(np.isnat(value))


def text_array(values: Iterable[object]) -> TextArray:
    """Return ``values`` as a one-dimensional object array of str, so that no id is ever a number.

    A missing value becomes the empty text, as an empty cell of a file does, and never a name such as "None".
    """
    # Most values are texts already, in tables of any length.
    texts = [value if type(value) is str else "" if is_missing(value) else str(value) for value in values]
    return np.array(texts, dtype=object)


def unmasked(values: Any) -> Any:
    """Return a masked array's numbers as float64 with NaN for what the mask hides, and anything else as it is.

    NumPy drops a mask without a word where an array is wanted, and gives the numbers underneath.

    Examples
    --------
    >>> unmasked(np.ma.array([1, 2], mask=[False, True]))
    array([ 1., nan])
    """
    # Where numpy.ma was never imported (it takes 50 ms) nobody has a masked array.
    if "numpy.ma" not in sys.modules or not isinstance(values, np.ma.MaskedArray):
        return values
    return np.ma.filled(values.astype(np.float64), np.nan) if values.mask.any() else values.data


def median(values: FloatArray) -> FloatArray:
    """Return the median along the last axis, which has at least one number, as `numpy.median` does of finite numbers; up to three times as fast.

    Examples
    --------
    >>> median(np.array([[1.0, 5.0, 2.0, 4.0], [0.0, 0.0, 1.0, 9.0]]))
    array([3. , 0.5])
    """
    middle = values.shape[-1] // 2
    parted = np.partition(values, middle, axis=-1)
    upper: FloatArray = parted[..., middle]
    return upper if values.shape[-1] % 2 else (parted[..., :middle].max(axis=-1) + upper) / 2


def equal_blocks(rows: NDArray[Any], length: int = 64) -> Iterator[NDArray[Any]]:
    """Yield rows in blocks of one length, the last one filled up with zeros.

    A product of matrices may add in another order where their shapes are others; those of one shape give a row the same bits.

    Parameters
    ----------
    rows
        ``(n, ...)``.
    length
        Rows in each block.

    Examples
    --------
    >>> [block.tolist() for block in equal_blocks(np.array([[1], [2], [3]]), length=2)]
    [[[1], [2]], [[3], [0]]]
    """
    for start in range(0, len(rows), length):
        there = rows[start : start + length]
        if len(there) == length:
            yield there
            continue
        block = np.zeros((length, *rows.shape[1:]), dtype=rows.dtype)
        block[: len(there)] = there
        yield block


def group_means(values: FloatArray, group: IndexArray) -> FloatArray:
    """Return the mean of each group's rows.

    Parameters
    ----------
    values
        ``(n, c)``.
    group
        ``(n,)`` numbers from 0, each of a group with a row.

    Examples
    --------
    >>> group_means(np.array([[1.0], [3.0], [5.0]]), np.array([0, 0, 1]))
    array([[2.],
           [5.]])
    """
    rows = np.bincount(group)
    total = np.zeros((len(rows), values.shape[1]))
    np.add.at(total, group, values)
    means: FloatArray = total / rows[:, None]
    return means
