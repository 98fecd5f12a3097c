"""Counts of 10x Genomics: one HDF5 file, or a folder of three text files."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from spectra_dl.arrays import TextArray, text_array
from spectra_dl.errors import DataError
from spectra_dl.expression.readers.count_matrix import CountMatrix, checked_counts, compressed_rows
from spectra_dl.expression.readers.source import usual_files
from spectra_dl.expression.readers.text_lines import cells_of, text_lines
from spectra_dl.storage.hdf5_checks import (
    check_size,
    check_text_width,
    opened_hdf5,
    refuse_foreign,
    stored_dataset,
)

if TYPE_CHECKING:
    import h5py
    from scipy.sparse import csr_matrix

_WANTED = "Gene Expression"
_BANNER = "%%matrixmarket matrix coordinate"
_BLOCK_LINES, _MOST_VALUES = 1_000_000, 150_000_000


@dataclass(frozen=True, eq=False)
class _Features:
    """What 10x's features are: ids, names and types, ``(g,)`` each."""

    id: TextArray
    name: TextArray
    type: TextArray


def read_tenx_h5(path: Path) -> CountMatrix:
    """Read ``filtered_feature_bc_matrix.h5``; genes are Ensembl ids, and only features of gene expression are kept.

    Raises
    ------
    DataError
        Damaged, truncated, or its parts don't fit.
    UnsafeError
        A part of it lies in another file.
    """
    where = path.name
    with opened_hdf5(path, where) as file:
        refuse_foreign(file, where)
        if "matrix" not in file:
            raise DataError(
                f"{where}: HDF5 without the group matrix; Space Ranger's filtered_feature_bc_matrix.h5 is needed"
            )
        group = file["matrix"]
        barcode = texts(group, "barcodes", where)
        features = _Features(
            *(texts(group, f"features/{column}", where) for column in ("id", "name", "feature_type"))
        )
        n_features = len(features.id)
        if not n_features == len(features.name) == len(features.type):
            raise DataError(
                f"{where}: {n_features} gene ids, {len(features.name)} names and {len(features.type)} types; take a fresh copy"
            )
        shape = tuple(int(length) for length in stored_dataset(group, "shape", where)[()].ravel())
        if shape != (n_features, len(barcode)):
            raise DataError(
                f"{where}: a matrix of {shape} for {n_features} genes and {len(barcode)} barcodes; take a fresh copy"
            )
        matrix = compressed_rows(group, (len(barcode), n_features), where)
    return _gene_expression(matrix, barcode, features, where)


def read_tenx_folder(folder: Path) -> CountMatrix:
    """Read matrix.mtx, features.tsv (or genes.tsv) and barcodes.tsv, plain or gzip.

    Raises
    ------
    DataError
        A file is missing or damaged, or they don't fit.
    """
    rows = [cells_of(line) for _, line in text_lines(_one_of(folder, ["features.tsv", "genes.tsv"]))]
    if any(len(cells) < 2 for cells in rows):
        raise DataError(f"{folder.name}: features.tsv has lines without id and name; take a fresh copy")
    barcode = text_array([cells_of(line)[0] for _, line in text_lines(_one_of(folder, ["barcodes.tsv"]))])
    features = _Features(
        text_array([cells[0] for cells in rows]),
        text_array([cells[1] for cells in rows]),
        text_array([cells[2] if len(cells) > 2 else _WANTED for cells in rows]),
    )
    matrix = _matrix_market(_one_of(folder, ["matrix.mtx"]), (len(rows), len(barcode)))
    return _gene_expression(matrix, barcode, features, folder.name)


def is_tenx_folder(folder: Path) -> bool:
    """Say whether a folder holds matrix.mtx, plain or gzip."""
    return bool(usual_files([folder], ["matrix.mtx", "matrix.mtx.gz"]))


def _gene_expression(
    matrix: "csr_matrix", barcode: TextArray, features: _Features, where: str
) -> CountMatrix:
    kept = np.flatnonzero(features.type == _WANTED)
    if not len(kept):
        raise DataError(
            f"{where}: none of its {len(features.type)} features is of type {_WANTED}; is it another assay?"
        )
    return checked_counts(matrix[:, kept], barcode, features.id[kept], features.name[kept], where)


def _one_of(folder: Path, names: list[str]) -> Path:
    paths = usual_files([folder], [name + end for name in names for end in ("", ".gz")])
    if len(paths) != 1:
        raise DataError(
            f"{folder.name}: {len(paths)} files {' or '.join(names)}(.gz) where one is needed; take a fresh copy"
        )
    return paths[0]


def _matrix_market(path: Path, shape: tuple[int, int]) -> "csr_matrix":
    """Return barcodes in rows from a file with genes in rows, every index checked against its bounds."""
    from scipy.sparse import coo_matrix

    lines = text_lines(path)
    banner = next(lines, (1, ""))[1].lower()
    if not banner.startswith(_BANNER) or not banner.split()[-1] == "general":
        raise DataError(
            f"{path.name} line 1: not a general coordinate matrix of Matrix Market; take a fresh copy"
        )
    size_line = next((line for _, line in lines if not line.startswith("%")), "")
    sizes = size_line.split()
    if sizes[:2] != [str(shape[0]), str(shape[1])] or not re.fullmatch(r"[0-9]{1,18}", " ".join(sizes[2:])):
        raise DataError(
            f"{path.name}: it says {size_line!r:.60} and there are {shape[0]} features and {shape[1]} barcodes; take a fresh copy"
        )
    if int(sizes[2]) > _MOST_VALUES:
        raise DataError(
            f"{path.name}: {sizes[2]:.20} values are more than can be held at once; split it by section"
        )
    blocks, block = [np.empty((0, 3))], []
    for number, line in lines:
        block.append(line)
        if len(block) == _BLOCK_LINES:
            blocks.append(_triples(block, f"{path.name} up to line {number}"))
            block = []
    table = np.concatenate([*blocks, _triples(block, f"{path.name} at its end")])
    if len(table) != int(sizes[2]):
        raise DataError(f"{path.name}: {len(table)} of {sizes[2]} values; it is not whole, take a fresh copy")
    inside = (table[:, :2] >= 1) & (table[:, :2] <= shape) & (table[:, :2] == np.rint(table[:, :2]))
    if not inside.all():
        raise DataError(
            f"{path.name}: an index outside {shape[0]} features and {shape[1]} barcodes; take a fresh copy"
        )
    places = table[:, :2].astype(np.int64) - 1
    return coo_matrix((table[:, 2], (places[:, 1], places[:, 0])), shape=shape[::-1]).tocsr()


def _triples(lines: list[str], place: str) -> "np.ndarray[tuple[int, int], np.dtype[np.float64]]":
    if not lines:
        return np.empty((0, 3))
    try:
        return np.loadtxt(lines, dtype=np.float64, ndmin=2, usecols=(0, 1, 2), comments=None)
    except (ValueError, IndexError) as err:
        raise DataError(f"{place}: a line is not row, column and value; take a fresh copy") from err


def texts(group: "h5py.Group", name: str, where: str) -> TextArray:
    """Read a dataset of texts ``(n,)``, or ``(n, 1)`` as HEST stores them.

    Parameters
    ----------
    group
        An open HDF5 file or a group in it.
    name
        The dataset.
    where
        The file's name, for messages.

    Returns
    -------
    TextArray
        ``(n,)``.

    Raises
    ------
    DataError
        It is missing or anything else.
    """
    stored = stored_dataset(group, name, where)
    if stored.ndim not in (1, 2) or stored.shape[1:] not in ((), (1,)) or stored.dtype.kind not in "SO":
        raise DataError(f"{where}: {name} is no list of texts; take a fresh copy")
    check_text_width(stored, name, where)
    check_size(stored, where)
    try:
        return text_array(
            [
                value.decode("utf-8") if isinstance(value, bytes) else str(value)
                for value in stored[()].ravel()
            ]
        )
    except UnicodeDecodeError as err:
        raise DataError(f"{where}: {name} is not UTF-8; take a fresh copy") from err
