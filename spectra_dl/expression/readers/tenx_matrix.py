"""Counts of 10x Genomics: one HDF5 file, or a folder of three text files."""

import re
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from spectra_dl.arrays import TextArray, text_array
from spectra_dl.errors import DataError
from spectra_dl.expression.readers.counted import Counted, compressed_rows, counted
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


def read_tenx_h5(path: Path) -> Counted:
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
        ids, symbols = texts(group, "features/id", where), texts(group, "features/name", where)
        kinds = texts(group, "features/feature_type", where)
        if len({len(ids), len(symbols), len(kinds)}) != 1:
            raise DataError(
                f"{where}: {len(ids)} gene ids, {len(symbols)} names and {len(kinds)} types; take a fresh copy"
            )
        shape = tuple(int(one) for one in stored_dataset(group, "shape", where)[()].ravel())
        if shape != (len(ids), len(barcode)):
            raise DataError(
                f"{where}: a matrix of {shape} for {len(ids)} genes and {len(barcode)} barcodes; take a fresh copy"
            )
        matrix = compressed_rows(group, (len(barcode), len(ids)), where)
    return _gene_expression(matrix, barcode, ids, symbols, kinds, where)


def read_tenx_folder(folder: Path) -> Counted:
    """Read matrix.mtx, features.tsv (or genes.tsv) and barcodes.tsv, plain or gzip.

    Raises
    ------
    DataError
        A file is missing or damaged, or they don't fit.
    """
    features = [cells_of(line) for _, line in text_lines(_one_of(folder, ["features.tsv", "genes.tsv"]))]
    if any(len(cells) < 2 for cells in features):
        raise DataError(f"{folder.name}: features.tsv has lines without id and name; take a fresh copy")
    barcode = text_array([cells_of(line)[0] for _, line in text_lines(_one_of(folder, ["barcodes.tsv"]))])
    ids, symbols = (text_array([cells[at] for cells in features]) for at in (0, 1))
    kinds = text_array([cells[2] if len(cells) > 2 else _WANTED for cells in features])
    matrix = _matrix_market(_one_of(folder, ["matrix.mtx"]), (len(ids), len(barcode)))
    return _gene_expression(matrix, barcode, ids, symbols, kinds, folder.name)


def is_tenx_folder(folder: Path) -> bool:
    """Say whether a folder holds matrix.mtx, plain or gzip."""
    return bool(usual_files([folder], ["matrix.mtx", "matrix.mtx.gz"]))


def _gene_expression(
    matrix: "csr_matrix", barcode: TextArray, ids: TextArray, symbols: TextArray, kinds: TextArray, where: str
) -> Counted:
    kept = np.flatnonzero(kinds == _WANTED)
    if not len(kept):
        raise DataError(
            f"{where}: none of its {len(kinds)} features is of type {_WANTED}; is it another assay?"
        )
    return counted(matrix[:, kept], barcode, ids[kept], symbols[kept], where)


def _one_of(folder: Path, names: list[str]) -> Path:
    found = usual_files([folder], [name + end for name in names for end in ("", ".gz")])
    if len(found) != 1:
        raise DataError(
            f"{folder.name}: {len(found)} files {' or '.join(names)}(.gz) where one is needed; take a fresh copy"
        )
    return found[0]


def _matrix_market(path: Path, shape: tuple[int, int]) -> "csr_matrix":
    """Return barcodes in rows from a file with genes in rows, every index found inside its bounds."""
    from scipy.sparse import coo_matrix

    lines = text_lines(path)
    banner = next(lines, (1, ""))[1].lower()
    if not banner.startswith(_BANNER) or not banner.split()[-1] == "general":
        raise DataError(
            f"{path.name} line 1: not a general coordinate matrix of Matrix Market; take a fresh copy"
        )
    said = next((line for _, line in lines if not line.startswith("%")), "")
    sizes = said.split()
    if sizes[:2] != [str(shape[0]), str(shape[1])] or not re.fullmatch(r"[0-9]{1,18}", " ".join(sizes[2:])):
        raise DataError(
            f"{path.name}: it says {said!r:.60} and there are {shape[0]} features and {shape[1]} barcodes; take a fresh copy"
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
    """Return a dataset of texts ``(n,)``, or ``(n, 1)`` as HEST stores them.

    Raises
    ------
    DataError
        It is missing or anything else.
    """
    found = stored_dataset(group, name, where)
    if found.ndim not in (1, 2) or found.shape[1:] not in ((), (1,)) or found.dtype.kind not in "SO":
        raise DataError(f"{where}: {name} is no list of texts; take a fresh copy")
    check_text_width(found, name, where)
    check_size(found, where)
    try:
        return text_array(
            [one.decode("utf-8") if isinstance(one, bytes) else str(one) for one in found[()].ravel()]
        )
    except UnicodeDecodeError as err:
        raise DataError(f"{where}: {name} is not UTF-8; take a fresh copy") from err
