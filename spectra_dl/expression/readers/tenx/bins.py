"""Bins of an array joined into larger ones, and cells gathered into squares, both as pseudo-spots."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray, IndexArray, TextArray, text_array
from spectra_dl.errors import DataError
from spectra_dl.expression.readers.count_matrix import CountMatrix
from spectra_dl.expression.readers.tenx.positions import Places

_SAME = 0.05  # by which a block's side may differ from the one asked for: 56 µm for 55
_MOST_SQUARES = 1 << 31


@dataclass(frozen=True, eq=False)
class Binned:
    """Pseudo-spots.

    Attributes
    ----------
    counts
        Of each, summed over its members.
    array
        ``(n, 2)`` row and column among the squares.
    members
        ``(n,)`` bins or cells in each.
    """

    counts: CountMatrix
    array: NDArray[np.int64]
    members: NDArray[np.int64]


def block_side(native_um: float, bin_um: float) -> int | None:
    """Return how many bins a block has along its side; None where no whole number comes within 5 % of what is asked for.

    Parameters
    ----------
    native_um
        The side of a bin in µm.
    bin_um
        The side asked for.

    Examples
    --------
    >>> block_side(8.0, 16.0), block_side(8.0, 55.0), block_side(8.0, 12.0), block_side(8.0, 2.0)
    (2, 7, None, None)
    """
    side = max(1, round(bin_um / native_um))
    return side if abs(side * native_um - bin_um) <= _SAME * bin_um else None


def required_side(native_um: float, bin_um: float, where: str) -> int:
    """Return how many bins a block has along its side.

    Parameters
    ----------
    native_um
        The side of a bin in µm.
    bin_um
        The side asked for.
    where
        The section, for messages.

    Raises
    ------
    DataError
        No whole number of bins comes within 5 %.
    """
    side = block_side(native_um, bin_um)
    if side is None:
        near = sorted({max(1, int(bin_um // native_um)), int(bin_um // native_um) + 1})
        options = " or ".join(f"{count * native_um:g}" for count in near)
        raise DataError(
            f"{where}: bins of {native_um:g} µm can't be joined into such of {bin_um:g} µm; ask for {options} µm, or name a folder with smaller bins"
        )
    return side


def joined_bins(counts: CountMatrix, array: NDArray[np.int64], side: int, bin_um: float) -> Binned:
    """Sum the counts of square blocks of bins.

    Parameters
    ----------
    counts
        Of the bins.
    array
        ``(n, 2)`` each bin's row and column.
    side
        Bins along a block's side.
    bin_um
        The block's side in µm, for its name.
    """
    return _summed(counts, array // side, bin_um)


def block_centres(places: Places, side: int, blocks: NDArray[np.int64]) -> FloatArray:
    """Return the mean place of each block, over all of the array's bins in it, under tissue or not.

    Parameters
    ----------
    places
        The whole array.
    side
        Bins along a block's side.
    blocks
        ``(n, 2)`` row and column of the blocks asked for, each with a bin in ``places``.

    Returns
    -------
    FloatArray
        ``(n, 2)`` x and y in full-resolution pixels.
    """
    known = np.isfinite(places.pixel).all(axis=1)
    keys, group = _grouped(np.concatenate([blocks, places.array[known] // side]))
    group = group[len(blocks) :]
    count = np.bincount(group, minlength=len(keys))
    with np.errstate(invalid="ignore"):
        mean = np.stack(
            [np.bincount(group, weights=axis, minlength=len(keys)) / count for axis in places.pixel[known].T],
            axis=1,
        )
    _, wanted = _grouped(blocks, keys)
    return np.asarray(mean[wanted], dtype=np.float64)


def gathered_cells(counts: CountMatrix, position_um: FloatArray, bin_um: float, where: str) -> Binned:
    """Sum the counts of the cells whose centroids lie in one square.

    Parameters
    ----------
    counts
        Of the cells.
    position_um
        ``(n, 2)`` x and y of their centroids, all known.
    bin_um
        The square's side.
    where
        The file, for messages.

    Raises
    ------
    DataError
        The squares are too many to be numbered.
    """
    square = np.floor(position_um[:, ::-1] / bin_um)
    if np.abs(square).max(initial=0) > _MOST_SQUARES:
        raise DataError(
            f"{where}: squares of {bin_um:g} µm are too small for its positions; ask for larger ones"
        )
    return _summed(counts, square.astype(np.int64), bin_um)


def square_centres(binned: Binned, bin_um: float) -> FloatArray:
    """Return the centres of squares of cells.

    Parameters
    ----------
    binned
        The squares.
    bin_um
        Their side.

    Returns
    -------
    FloatArray
        ``(n, 2)`` x and y in µm.
    """
    return np.asarray((binned.array[:, ::-1] + 0.5) * bin_um, dtype=np.float64)


def square_names(bin_um: float, array: NDArray[np.int64]) -> TextArray:
    """Return the barcodes of squares as Space Ranger writes them.

    Parameters
    ----------
    bin_um
        The side.
    array
        ``(n, 2)`` rows and columns.

    Examples
    --------
    >>> list(square_names(16.0, np.array([[1, 23]])))
    ['s_016um_00001_00023-1']
    """
    size = f"{bin_um:03.0f}" if bin_um == round(bin_um) else f"{bin_um:g}"
    return text_array([f"s_{size}um_{row:05d}_{column:05d}-1" for row, column in array.tolist()])


def _summed(counts: CountMatrix, square: NDArray[np.int64], bin_um: float) -> Binned:
    from scipy.sparse import csr_matrix

    keys, group = _grouped(square)
    shape = (len(keys), len(square))
    chosen: csr_matrix = csr_matrix(
        (np.ones(len(square)), (group, np.arange(len(square)))), shape=shape, dtype=np.float64
    )
    missing = np.bincount(group, weights=counts.missing, minlength=len(keys)) > 0
    total = (chosen @ counts.matrix).tocsr()
    total.sort_indices()
    # Sums of values that are no counts may be whole numbers by chance.
    flaw = "" if counts.whole else counts.first_wrong
    summed = CountMatrix(total, square_names(bin_um, keys), counts.gene, counts.symbol, missing, flaw)
    return Binned(summed, keys, np.bincount(group, minlength=len(keys)))


def _grouped(
    square: NDArray[np.int64], keys: NDArray[np.int64] | None = None
) -> tuple[NDArray[np.int64], IndexArray]:
    """Return the squares that occur, by row and column, and which of them each entry is in."""
    known = square if keys is None else np.concatenate([keys, square])
    low = known.min(axis=0, initial=_MOST_SQUARES)
    width = int(known[:, 1].max(initial=0) - low[1]) + 1
    # One number a square: rows of two are sorted ten times as slowly.
    numbers = (known[:, 0] - low[0]) * width + known[:, 1] - low[1]
    if keys is None:
        _, first, group = np.unique(numbers, return_index=True, return_inverse=True)
        return known[first], np.asarray(group, dtype=np.intp)
    order = np.argsort(numbers[: len(keys)])
    at = np.searchsorted(numbers[: len(keys)], numbers[len(keys) :], sorter=order)
    return keys, np.asarray(order[at], dtype=np.intp)
