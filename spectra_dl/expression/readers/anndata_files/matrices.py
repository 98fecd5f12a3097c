"""Matrices of AnnData: sparse by rows or columns, or dense, as float64 by rows."""

from typing import TYPE_CHECKING

import numpy as np

from spectra_dl.errors import DataError
from spectra_dl.expression.readers.anndata_files.columns import check_encoding
from spectra_dl.expression.readers.count_matrix import check_dense, check_parts, rows_of_dense, rows_of_parts
from spectra_dl.expression.readers.stored.nodes import StoredArray, StoredGroup

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

_PARTS = ("data", "indices", "indptr")
_OLD_KINDS = {"csr": "csr_matrix", "csc": "csc_matrix"}  # h5sparse_format, before anndata 0.7


def read_matrix(node: StoredGroup | StoredArray, shape: tuple[int, int], where: str) -> "csr_matrix":
    """Return a matrix as float64 CSR.

    Parameters
    ----------
    node
        An array, or a group with the parts of a sparse matrix.
    shape
        Rows and columns it must have.
    where
        The file and the matrix, for messages.

    Raises
    ------
    DataError
        Its shape is another, or its parts don't fit each other.
    """
    if isinstance(node, StoredGroup):
        return read_sparse(node, shape, where)
    check_matrix(node, shape, where)
    return rows_of_dense(node.read())


def check_matrix(node: StoredGroup | StoredArray, shape: tuple[int, int], where: str) -> str | None:
    """Check what a matrix declares, before it is read, and return how it is encoded.

    Parameters
    ----------
    node
        An array, or a group with the parts of a sparse matrix.
    shape
        Rows and columns it must have.
    where
        The file and the matrix, for messages.

    Raises
    ------
    DataError
        Its kind is not known, or its shape is another.
    """
    kind = check_encoding(node, where)
    if isinstance(node, StoredArray):
        check_dense(node.shape, node.dtype, shape, where)
        return kind
    kind = kind or _OLD_KINDS.get(str(node.attributes.get("h5sparse_format")))
    stated = node.attributes.get("shape", node.attributes.get("h5sparse_shape"))
    stated_shape = tuple(int(length) for length in np.ravel(np.asarray(stated))) if stated is not None else ()
    if kind not in ("csr_matrix", "csc_matrix") or stated_shape != shape:
        raise DataError(
            f"{where}: {kind!s:.40} of shape {stated_shape} for {shape[0]} barcodes and {shape[1]} genes; take a fresh copy"
        )
    return kind


def read_sparse(group: StoredGroup, shape: tuple[int, int], where: str) -> "csr_matrix":
    """Return a sparse matrix as float64 CSR, every index checked against its bounds.

    Parameters
    ----------
    group
        Holds data, indices and indptr.
    shape
        Rows and columns it must have.
    where
        The file and the matrix, for messages.

    Raises
    ------
    DataError
        Its kind is not known, its shape is another, or its parts don't fit each other.
    """
    kind = check_matrix(group, shape, where)
    by_rows = shape if kind == "csr_matrix" else shape[::-1]
    parts = [group.array(name) for name in _PARTS]
    check_parts([(part.path, part.shape, part.dtype) for part in parts], by_rows, where)
    data, indices, ends = (part.read() for part in parts)
    matrix = rows_of_parts(data, indices, ends, by_rows, where)
    return matrix if kind == "csr_matrix" else matrix.T.tocsr()
