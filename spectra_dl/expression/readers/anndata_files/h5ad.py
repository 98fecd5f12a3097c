"""AnnData files, read with h5py and every part checked; nothing in them is unpickled."""

import re
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray, TextArray, text_array
from spectra_dl.errors import DataError
from spectra_dl.expression.readers.count_matrix import (
    CountMatrix,
    checked_counts,
    compressed_rows,
    dense_rows,
    refuse_duplicates,
)
from spectra_dl.storage.hdf5_checks import (
    check_size,
    check_text_width,
    is_hdf5,
    opened_hdf5,
    refuse_foreign,
    stored_dataset,
    stored_object,
)

if TYPE_CHECKING:
    import h5py
    from scipy.sparse import csr_matrix

__all__ = ["is_hdf5", "number_column", "read_counts", "read_h5ad_counts", "text_column"]

_MASKED_TEXTS = "nullable-string-array"
_VERSIONS = {
    "anndata": ("0.1.0",),
    "dataframe": ("0.2.0",),
    "csr_matrix": ("0.1.0",),
    "csc_matrix": ("0.1.0",),
    "array": ("0.2.0",),
    "categorical": ("0.2.0",),
    "string-array": ("0.2.0",),
    _MASKED_TEXTS: ("0.1.0",),
}
_ENSEMBL = re.compile(r"ENS[A-Z]*G\d{6,}(\.\d+)?")
_SYMBOLS = ("gene_symbol", "gene_symbols", "gene_name", "gene_names", "feature_name", "symbol")
_IDS = ("gene_ids", "gene_id", "feature_id", "ensembl_id")


def read_h5ad_counts(path: Path) -> tuple["csr_matrix", TextArray, TextArray]:
    """Return raw counts ``(n, g)``, barcodes and genes of an ``.h5ad``.

    Raises
    ------
    UnsafeError
        The file links to another file.
    DataError
        It is damaged, its parts don't fit, or it holds no raw counts.
    """
    with opened_hdf5(path, path.name) as file:
        counts, place = read_counts(file, path.name)
    if counts.missing.any():
        row = int(np.flatnonzero(counts.missing)[0])
        raise DataError(
            f"{path.name} {place}: values of spot {counts.barcode[row]!r:.60} are not finite; bring raw counts"
        )
    if not counts.whole:
        raise DataError(
            f"{path.name} {place}: values that are no whole numbers, as after log-normalising; put raw counts into layers/counts"
        )
    return counts.matrix, counts.barcode, counts.gene


def read_counts(file: "h5py.File", where: str) -> tuple[CountMatrix, str]:
    """Read counts: the first of layers/counts, raw/X and X that holds whole numbers, else X.

    Parameters
    ----------
    file
        An open ``.h5ad``.
    where
        Its name, for messages.

    Returns
    -------
    counts
        Counts and ids.
    place
        Their path in the file.

    Raises
    ------
    UnsafeError
        The file links to another file.
    DataError
        It is damaged, or its parts don't fit.
    """
    refuse_foreign(file, where)
    _check_encoding(file, "anndata", where)
    barcode = _index(_table(file, "obs", where), where)
    for place, genes in (("layers/counts", "var"), ("raw/X", "raw/var")):
        if place in file and genes in file:
            counts = _counts(file, (place, genes), barcode, where)
            if counts.whole:
                return counts, place
    if "X" not in file:
        raise DataError(f"{where}: no counts in layers/counts, raw/X or X; bring raw counts")
    return _counts(file, ("X", "var"), barcode, where), "X"


def text_column(file: "h5py.File", table: str, name: str, where: str) -> TextArray | None:
    """Read a column of texts or categories, ``(n,)``; empty where a value is missing, None where there is no such column.

    Parameters
    ----------
    file
        An open ``.h5ad``.
    table
        ``"obs"`` or ``"var"``.
    name
        The column.
    where
        The file's name, for messages.

    Raises
    ------
    DataError
        A category's code points at no category, or the column is damaged.
    """
    group = _table(file, table, where)
    if name not in group:
        return None
    return _column(group, name, len(_index(group, where)), f"{where} {table}")


def number_column(file: "h5py.File", table: str, name: str, where: str) -> FloatArray | None:
    """Read a column of numbers, ``(n,)`` float64; None where there is no such column.

    Parameters
    ----------
    file
        An open ``.h5ad``.
    table
        ``"obs"`` or ``"var"``.
    name
        The column.
    where
        The file's name, for messages.

    Raises
    ------
    DataError
        It holds anything else.
    """
    group = _table(file, table, where)
    if name not in group:
        return None
    stored = stored_dataset(group, name, where)
    if stored.ndim != 1 or stored.dtype.kind not in "iufb":
        raise DataError(f"{where}: {table}['{name:.40}'] is no column of numbers; write it as numbers")
    check_size(stored, where)
    return np.asarray(stored[()], dtype=np.float64)


def _counts(file: "h5py.File", place: tuple[str, str], barcode: TextArray, where: str) -> CountMatrix:
    table = _table(file, place[1], where)
    index = _index(table, where)
    gene, symbol = _gene_ids(table, index, where)
    shape = (len(barcode), len(gene))
    matrix = _matrix(stored_object(file, place[0], where), shape, f"{where} {place[0]}")
    return checked_counts(matrix, barcode, gene, symbol, f"{where} {place[0]}")


def _gene_ids(table: "h5py.Group", index: TextArray, where: str) -> tuple[TextArray, TextArray | None]:
    """Return ids and symbols: Ensembl ids where the table has them for every gene, and their symbols."""
    if all(_ENSEMBL.fullmatch(gene) for gene in index):
        name = next((column for column in _SYMBOLS if column in table), None)
        return index, _column(table, name, len(index), where) if name else None
    for name in _IDS:
        if name in table:
            ids = _column(table, name, len(index), where)
            if all(_ENSEMBL.fullmatch(gene) for gene in ids):
                return ids, index
    refuse_duplicates(index, "gene", where)
    return index, None


def _matrix(stored: "h5py.Group | h5py.Dataset", shape: tuple[int, int], where: str) -> "csr_matrix":
    import h5py

    if isinstance(stored, h5py.Dataset):
        return dense_rows(stored, shape, where)
    kind = stored.attrs.get("encoding-type")
    stated = stored.attrs.get("shape", stored.attrs.get("h5sparse_shape"))
    stated_shape = tuple(int(length) for length in np.ravel(stated)) if stated is not None else ()
    if kind not in ("csr_matrix", "csc_matrix") or stated_shape != shape:
        raise DataError(
            f"{where}: {kind!s:.40} of shape {stated_shape} for {shape[0]} barcodes and {shape[1]} genes; take a fresh copy"
        )
    _check_encoding(stored, str(kind), where)
    if kind == "csr_matrix":
        return compressed_rows(stored, shape, where)
    return compressed_rows(stored, shape[::-1], where).T.tocsr()


def _table(file: "h5py.File", name: str, where: str) -> "h5py.Group":
    import h5py

    group = stored_object(file, name, where) if name in file else None
    if not isinstance(group, h5py.Group) or not isinstance(group.attrs.get("_index"), str):
        raise DataError(
            f"{where}: no table {name} with an index; write the file again with anndata 0.8 or later"
        )
    _check_encoding(group, "dataframe", f"{where} {name}")
    return group


def _index(table: "h5py.Group", where: str) -> TextArray:
    name = str(table.attrs["_index"])
    index, missing = _texts(stored_object(table, name, where), name, where)
    if missing.any():
        raise DataError(
            f"{where}: the index {name!r:.60} has rows without a name; name them and write the file again"
        )
    return index


def _column(table: "h5py.Group", name: str, n: int, where: str) -> TextArray:
    """Return a column of ``n`` texts, numbers or categories as text."""
    import h5py

    stored = stored_object(table, name, where)
    if isinstance(stored, h5py.Group) and stored.attrs.get("encoding-type") != _MASKED_TEXTS:
        return _categories(stored, name, n, where)
    return _texts(stored, name, where, n)[0]


def _texts(
    stored: "h5py.Group | h5py.Dataset", name: str, where: str, n: int | None = None
) -> tuple[TextArray, NDArray[np.bool_]]:
    """Return a column of texts or numbers as text, empty where one is missing, and where; ``n`` of them, or any number.

    What may be missing is a group of values and a mask, as anndata 0.13 writes the texts of pandas 3.
    """
    import h5py

    values, mask = stored, None
    if isinstance(stored, h5py.Group):
        _check_encoding(stored, _MASKED_TEXTS, f"{where} {name:.40}")
        values, mask = (stored_dataset(stored, part, where) for part in ("values", "mask"))
        if mask.shape != values.shape or mask.dtype.kind != "b" or values.dtype.kind not in "SO":
            raise DataError(
                f"{where}: column {name!r:.60} has texts of shape {values.shape} and a mask of shape {mask.shape} for {values.size} rows; take a fresh copy"
            )
        check_size(mask, where)
    if n is not None and values.shape != (n,):
        raise DataError(
            f"{where}: column {name!r:.60} has shape {values.shape} for {n} rows; take a fresh copy"
        )
    text = text_array(_values(values, name, where))
    missing = np.zeros(len(text), dtype=bool) if mask is None else mask[()]
    return np.where(missing, "", text), missing


def _categories(group: "h5py.Group", name: str, n: int, where: str) -> TextArray:
    _check_encoding(group, "categorical", f"{where} {name:.40}")
    codes = stored_dataset(group, "codes", where)
    if codes.shape != (n,) or codes.dtype.kind not in "iu":
        raise DataError(
            f"{where}: column {name!r:.60} has codes of shape {codes.shape} for {n} rows; take a fresh copy"
        )
    check_size(codes, where)
    values = np.asarray(codes[()], dtype=np.int64)
    categories, _ = _texts(stored_object(group, "categories", where), name, where)
    wrong = (values < -1) | (values >= len(categories))
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        raise DataError(
            f"{where}: column {name!r:.60} row {row + 1} has category {values[row]} of {len(categories)}; the file is damaged, take a fresh copy"
        )
    return np.append(categories, "")[values]


def _values(stored: "h5py.Dataset", name: str, where: str) -> "list[str]":
    if stored.ndim != 1 or stored.dtype.kind not in "SOiufb":
        raise DataError(
            f"{where}: column {name!r:.60} has shape {stored.shape} and type {stored.dtype!s:.40}; take a fresh copy"
        )
    check_text_width(stored, f"column {name!r:.60}", where)
    check_size(stored, where)
    values = stored[()]
    if stored.dtype.kind == "O" and not all(isinstance(value, bytes | str) for value in values):
        raise DataError(f"{where}: column {name!r:.60} holds neither texts nor numbers; write it as text")
    try:
        return [
            value.decode("utf-8") if isinstance(value, bytes) else str(value) for value in values.tolist()
        ]
    except UnicodeDecodeError as err:
        raise DataError(f"{where}: column {name!r:.60} is not UTF-8; write the file again") from err


def _check_encoding(group: "h5py.Group", kind: str, where: str) -> None:
    version = group.attrs.get("encoding-version")
    if version is not None and str(version) not in _VERSIONS[kind]:
        raise DataError(
            f"{where}: written as {kind} version {version!s:.40}, known is {', '.join(_VERSIONS[kind])}; write it with anndata 0.8 to 0.13"
        )
