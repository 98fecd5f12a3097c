"""A count matrix read from a file, checked: ids unique, values possible, every sparse index inside its bounds."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from spectra_dl.arrays import FloatArray, TextArray
from spectra_dl.errors import DataError
from spectra_dl.storage.hdf5_checks import check_size, stored_dataset

if TYPE_CHECKING:
    import h5py
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

_MOST_BYTES = 4 << 30
_SURE_REPEATS = 50.0  # values above 1 that are expected, where there are none
_FEW_SPOTS, _SCALED_SUM, _SAME_SUM = (
    20,
    1e4,
    1e-3,
)  # spots, least sum and relative spread of sums: counts scaled per spot


@dataclass(frozen=True, eq=False)
class CountMatrix:
    """Counts of spots and genes with their ids.

    Attributes
    ----------
    matrix
        ``(n, g)`` float64 CSR, counts where ``whole``; a row with missing values is empty.
    barcode, gene
        ``(n,)`` and ``(g,)`` text, each unique.
    symbol
        ``(g,)`` text; None where not known.
    missing
        ``(n,)`` whether a row had values that are not finite.
    flaw
        Why whole numbers are no counts nevertheless; empty where they are.
    """

    matrix: "csr_matrix"
    barcode: TextArray
    gene: TextArray
    symbol: TextArray | None
    missing: "NDArray[np.bool_]"
    flaw: str = ""

    @property
    def per_spot(self) -> FloatArray:
        """``(n,)`` sums; NaN where values are missing."""
        total = np.asarray(self.matrix.sum(axis=1), dtype=np.float64).ravel()
        return np.where(self.missing, np.nan, total)

    @property
    def whole(self) -> bool:
        """Whether every value is a whole number from 0, as counts are, and nothing says that they are none."""
        return not self.flaw and not _no_counts(self.matrix).any()

    @property
    def counts(self) -> "csr_matrix | None":
        """The matrix where it holds counts; None where it holds other values."""
        return self.matrix if self.whole else None

    @property
    def depth(self) -> FloatArray:
        """``(n,)`` counts over all genes; 1 where the values are no counts, as such a spot can be predicted on."""
        return self.per_spot if self.whole else np.ones(len(self.barcode))

    @property
    def first_wrong(self) -> str:
        """What is wrong with the first value that is no count, with its spot and gene; empty where all are counts."""
        wrong = _no_counts(self.matrix)
        if not wrong.any():
            return self.flaw
        row, column = _place(self.matrix, wrong)
        value = self.matrix.data[np.flatnonzero(wrong)[0]]
        what = "below 0" if value < 0 else "no whole number"
        return f"spot {self.barcode[row]!r:.60}, gene {self.gene[column]!r:.60}: {value:.4g} is {what}"

    def select(self, rows: "NDArray[np.intp]") -> "CountMatrix":
        """Return these rows only, in this order."""
        return replace(self, matrix=self.matrix[rows], barcode=self.barcode[rows], missing=self.missing[rows])

    def of_genes(self, kept: "NDArray[np.bool_]") -> "CountMatrix":
        """Return these genes only, in this order."""
        return replace(
            self,
            matrix=self.matrix[:, np.flatnonzero(kept)],
            gene=self.gene[kept],
            symbol=None if self.symbol is None else self.symbol[kept],
        )


def checked_counts(
    matrix: "csr_matrix", barcode: TextArray, gene: TextArray, symbol: TextArray | None, where: str
) -> CountMatrix:
    """Check ids and values of counts.

    Parameters
    ----------
    matrix
        ``(n, g)`` float64; rows with a value that is not finite are emptied and marked as missing.
    barcode, gene
        ``(n,)`` and ``(g,)`` ids.
    symbol
        ``(g,)`` gene symbols; None where not known.
    where
        The file, for messages.

    Raises
    ------
    DataError
        An id appears twice, a value is below 0, the sum is no finite number, or whole numbers are no counts. Fractions are let through.
    """
    values = matrix.data
    if np.any(values < 0):
        row, column = _place(matrix, values < 0)
        raise DataError(
            f"{where}: spot {barcode[row]!r:.60}, gene {gene[column]!r:.60}: a count below 0; bring raw counts"
        )
    counts = checked_values(matrix, barcode, gene, symbol, where)
    if counts.flaw:
        raise DataError(f"{where}: {counts.flaw}; bring raw counts")
    return counts


def checked_values(
    matrix: "csr_matrix", barcode: TextArray, gene: TextArray, symbol: TextArray | None, where: str
) -> CountMatrix:
    """Check ids of values that need not be counts; see `CountMatrix.whole`.

    Parameters
    ----------
    matrix
        ``(n, g)`` float64; rows with a value that is not finite are emptied and marked as missing.
    barcode, gene
        ``(n,)`` and ``(g,)`` ids.
    symbol
        ``(g,)`` gene symbols; None where not known.
    where
        The file, for messages.

    Raises
    ------
    DataError
        An id appears twice, a gene has no name, or the sum is no finite number.
    """
    nameless = [number for number, name in enumerate(gene, start=1) if not str(name).strip()]
    if nameless:
        raise DataError(
            f"{where}: gene {nameless[0]} of {len(gene)} has no name{f' ({len(nameless)} have none)' if len(nameless) > 1 else ''}; name it and write the "
            "file again"
        )
    refuse_duplicates(barcode, "barcode", where)
    refuse_duplicates(gene, "gene", where)
    missing = np.zeros(matrix.shape[0], dtype=bool)
    wrong = ~np.isfinite(matrix.data)
    if wrong.any():
        missing[np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))[wrong]] = True
        matrix = matrix.copy()
        matrix.data[np.repeat(missing, np.diff(matrix.indptr))] = 0.0
        matrix.eliminate_zeros()
    with np.errstate(over="ignore"):
        if not np.isfinite(matrix.sum()):
            raise DataError(f"{where}: the counts' sum is too large to be true; bring raw counts")
    return CountMatrix(matrix, barcode, gene, symbol, missing, _flaw(matrix))


def _flaw(matrix: "csr_matrix") -> str:
    """Return why whole numbers are no counts; empty where nothing speaks against them."""
    if _no_counts(matrix).any():
        return ""
    if _only_marks(matrix):
        return "its values are 0 and 1 alone, where counts of so many genes would be larger too, and say only whether a gene was found"
    total = np.asarray(matrix.sum(axis=1), dtype=np.float64).ravel()
    total = total[total > 0]
    if len(total) <= _FEW_SPOTS or total.min() < (1 - _SAME_SUM) * _SCALED_SUM:
        return ""
    middle = float(np.median(total))
    if total.max() - total.min() >= _SAME_SUM * middle:
        return ""
    return f"each of {len(total)} spots has the same sum, {middle:.6g}, as after scaling to a library size and rounding"


def _only_marks(matrix: "csr_matrix") -> bool:
    """Say whether no value is above 1, although many of that many counts would be, were they spread evenly."""
    if not matrix.nnz or matrix.data.max() > 1:
        return False
    mean = matrix.data.sum() / max(1, math.prod(matrix.shape))
    # P(k >= 2) of a Poisson distribution; genes and spots that differ make more.
    return bool(math.prod(matrix.shape) * (1 - np.exp(-mean) * (1 + mean)) > _SURE_REPEATS)


def refuse_duplicates(ids: Iterable[object], what: str, where: str) -> None:
    """Refuse ids of which one appears twice, naming it and its two places.

    Parameters
    ----------
    ids
        In the file's order.
    what
        What they name, such as "barcode".
    where
        The file, for messages.

    Raises
    ------
    DataError
        One appears twice.
    """
    first: dict[object, int] = {}
    for number, identifier in enumerate(ids, start=1):
        if identifier in first:
            raise DataError(
                f"{where}: {what} {str(identifier)!r:.60} stands twice, as number {first[identifier]} and {number}; make them unique"
            )
        first[identifier] = number


def compressed_rows(group: "h5py.Group", shape: tuple[int, int], where: str) -> "csr_matrix":
    """Read a sparse matrix from the datasets data, indices and indptr, every index checked against its bounds.

    Parameters
    ----------
    group
        Holds the three datasets.
    shape
        Rows and columns of the result, float64 CSR; the rows are those that indptr delimits.
    where
        The file, for messages.

    Raises
    ------
    DataError
        The parts don't fit each other or the shape.
    UnsafeError
        One lies in another file.
    """
    parts = [stored_dataset(group, name, where) for name in ("data", "indices", "indptr")]
    check_parts([(str(part.name), part.shape, part.dtype) for part in parts], shape, where)
    for part in parts:
        check_size(part, where)
    data, indices, ends = (part[()] for part in parts)
    return rows_of_parts(data, indices, ends, shape, where)


def check_parts(
    parts: "Sequence[tuple[str, tuple[int, ...], np.dtype[Any]]]", shape: tuple[int, int], where: str
) -> None:
    """Check what the three arrays of a sparse matrix declare, before they are read.

    Parameters
    ----------
    parts
        Name, shape and type of data, indices and indptr.
    shape
        Rows, which indptr delimits, and columns.
    where
        The file, for messages.

    Raises
    ------
    DataError
        They don't fit each other or the shape, or there are more values than can be held.
    """
    for (name, length, dtype), kinds in zip(parts, ("iufb", "iu", "iu"), strict=True):
        if len(length) != 1 or dtype.kind not in kinds:
            raise DataError(f"{where}: {name} has shape {length} and type {dtype}; take a fresh copy")
    (values,), (indices,), (ends,) = (length for _, length, _ in parts)
    if 24 * values + 8 * ends > _MOST_BYTES:
        raise DataError(f"{where}: more values than can be held at once; split the file by section")
    if values != indices or ends != shape[0] + 1:
        raise DataError(
            f"{where}: {values} values, {indices} indices and {ends - 1} rows for {shape[0]}; take a fresh copy"
        )


def rows_of_parts(
    data: "NDArray[Any]", indices: "NDArray[Any]", ends: "NDArray[Any]", shape: tuple[int, int], where: str
) -> "csr_matrix":
    """Return a sparse matrix as float64 CSR, every index checked against its bounds.

    Parameters
    ----------
    data, indices
        ``(k,)`` values and their columns.
    ends
        ``(n + 1,)`` where each row ends.
    shape
        ``n`` rows and the columns.
    where
        The file, for messages.

    Raises
    ------
    DataError
        An index lies outside the matrix.
    """
    from scipy.sparse import csr_matrix

    inside = not len(indices) or (int(indices.min()) >= 0 and int(indices.max()) < shape[1])
    ends = ends.astype(np.int64)
    if not inside or ends[0] != 0 or ends[-1] != len(data) or np.any(np.diff(ends) < 0):
        raise DataError(
            f"{where}: its sparse matrix points outside itself; the file is damaged, take a fresh copy"
        )
    matrix = csr_matrix((data.astype(np.float64), indices.astype(np.int64), ends), shape=shape)
    matrix.sum_duplicates()
    return matrix


def check_dense(stored: tuple[int, ...], dtype: "np.dtype[Any]", shape: tuple[int, int], where: str) -> None:
    """Check what a dense matrix declares, before it is read.

    Parameters
    ----------
    stored, dtype
        Its shape and type.
    shape
        Rows and columns it must have.
    where
        The file, for messages.

    Raises
    ------
    DataError
        Its shape is another, or it is too large to hold.
    """
    if stored != shape or dtype.kind not in "iufb":
        raise DataError(
            f"{where}: numbers of shape {stored} and type {dtype} for {shape[0]} barcodes and {shape[1]} genes; take a fresh copy"
        )
    if 8 * math.prod(shape) > _MOST_BYTES:
        raise DataError(f"{where}: more values than can be held at once; write X as a sparse matrix")


def rows_of_dense(values: "NDArray[Any]") -> "csr_matrix":
    """Return numbers ``(n, g)`` as float64 CSR."""
    from scipy.sparse import csr_matrix

    return csr_matrix(values.astype(np.float64))


def first_no_count(values: "NDArray[Any]") -> str:
    """Return what is wrong with the first of a row's values that is no count, as "gene 3: 0.5 is no count"; empty where all are."""
    wrong = np.flatnonzero((values < 0) | (np.isfinite(values) & (values != np.rint(values))))
    return f"gene {wrong[0] + 1}: {values[wrong[0]]} is no count" if len(wrong) else ""


def _no_counts(matrix: "csr_matrix") -> "NDArray[np.bool_]":
    return np.asarray((matrix.data < 0) | (matrix.data != np.rint(matrix.data)))


def _place(matrix: "csr_matrix", wrong: "NDArray[np.bool_]") -> tuple[int, int]:
    at = int(np.flatnonzero(wrong)[0])
    return int(np.searchsorted(matrix.indptr, at, side="right")) - 1, int(matrix.indices[at])
