"""Counts of 10x Genomics as three text files: a matrix of Matrix Market, barcodes and features.

scanpy reads them, some seven times as fast as lines of text are read here; what it can't read is read line by line, which names the line.
"""

import gzip
import re
import warnings
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

import numpy as np

from spectra_dl.arrays import text_array
from spectra_dl.errors import DataError
from spectra_dl.expression.readers.gene_names import GENE_EXPRESSION
from spectra_dl.expression.readers.source import usual_files
from spectra_dl.expression.readers.tenx.tenx_matrix import Features, TenxCounts, gene_counts
from spectra_dl.expression.readers.text_lines import cells_of, text_lines

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

_BANNER = "%%matrixmarket matrix coordinate"
_BLOCK_LINES, _MOST_VALUES = 1_000_000, 150_000_000
_CHUNK, _MOST_LINE_BYTES = 1 << 20, 80  # two indices and a value
_FREE_BYTES, _MOST_EXPANSION = 256 << 20, 300  # as for any text
_LARGEST_FLOAT32 = 1 << 24  # whole numbers above aren't exact in scanpy's float32
_GZIP = b"\x1f\x8b"


def read_tenx_folder(folder: Path, prefix: str = "") -> TenxCounts:
    """Read matrix.mtx, features.tsv (or genes.tsv) and barcodes.tsv, plain or gzip.

    Parameters
    ----------
    folder
        Holds the three.
    prefix
        In front of their names.

    Raises
    ------
    DataError
        A file is missing or damaged, or they don't fit.
    """
    named = _one_of(folder, [f"{prefix}features.tsv", f"{prefix}genes.tsv"])
    rows = [cells_of(line) for _, line in text_lines(named)]
    if any(len(cells) < 2 for cells in rows):
        raise DataError(f"{folder.name}: features.tsv has lines without id and name; take a fresh copy")
    listed = _one_of(folder, [f"{prefix}barcodes.tsv"])
    barcode = text_array([cells_of(line)[0] for _, line in text_lines(listed)])
    features = Features(
        text_array([cells[0] for cells in rows]),
        text_array([cells[1] for cells in rows]),
        text_array([cells[2] if len(cells) > 2 else GENE_EXPRESSION for cells in rows]),
    )
    path, shape = _one_of(folder, [f"{prefix}matrix.mtx"]), (len(rows), len(barcode))
    values = _stated_values(path, shape)
    matrix = _by_scanpy(path, prefix, shape, values)
    if matrix is None:
        matrix = _line_by_line(path, shape, values)
    return gene_counts(matrix, barcode, features, folder.name)


def _one_of(folder: Path, names: list[str]) -> Path:
    paths = usual_files([folder], [name + end for name in names for end in ("", ".gz")])
    if len(paths) != 1:
        raise DataError(
            f"{folder.name}: {len(paths)} files {' or '.join(names)}(.gz) where one is needed; take a fresh copy"
        )
    return paths[0]


def _stated_values(path: Path, shape: tuple[int, int]) -> int:
    """Return how many values a matrix says it has, its banner and sizes checked."""
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
    return int(sizes[2])


def _by_scanpy(path: Path, prefix: str, shape: tuple[int, int], values: int) -> "csr_matrix | None":
    """Return barcodes in rows as scanpy reads them; None where it can't, or where its numbers would not be exact."""
    if not _fits_scanpy(path, values):
        return None
    from scanpy import read_10x_mtx
    from scipy.sparse import csr_matrix

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            table = read_10x_mtx(
                path.parent, var_names="gene_ids", make_unique=False, gex_only=False, prefix=prefix or None
            )
        matrix = csr_matrix(table.X, dtype=np.float64)
    except Exception:  # whatever it says of a damaged file, the reader of lines says it with the line
        return None
    exact = matrix.shape == shape[::-1] and np.all(matrix.data < _LARGEST_FLOAT32)
    matrix.sum_duplicates()
    return matrix if exact else None


def _fits_scanpy(path: Path, values: int) -> bool:
    """Walk the file once: whether it holds as many bytes as its values can take, in whole numbers."""
    read, most = 0, (values + 100) * _MOST_LINE_BYTES + (1 << 20)
    try:
        most = min(most, max(_FREE_BYTES, _MOST_EXPANSION * path.stat().st_size))
        with open(path, "rb") as plain:
            packed = plain.read(2) == _GZIP
            plain.seek(0)
            stream = cast(BinaryIO, gzip.GzipFile(fileobj=plain)) if packed else plain
            while chunk := stream.read(_CHUNK):
                read += len(chunk)
                body = chunk if read > len(chunk) else chunk[chunk.find(b"\n", chunk.rfind(b"%")) :]
                if read > most or b"." in body or b"\0" in body:
                    return False
    except (OSError, EOFError, zlib.error):
        return False
    return True


def _line_by_line(path: Path, shape: tuple[int, int], values: int) -> "csr_matrix":
    """Return barcodes in rows from a file with genes in rows, every index checked against its bounds."""
    from scipy.sparse import coo_matrix

    lines = text_lines(path)
    next(line for _, line in lines if not line.startswith("%"))
    blocks, block = [np.empty((0, 3))], []
    for number, line in lines:
        block.append(line)
        if len(block) == _BLOCK_LINES:
            blocks.append(_triples(block, f"{path.name} up to line {number}"))
            block = []
    table = np.concatenate([*blocks, _triples(block, f"{path.name} at its end")])
    if len(table) != values:
        raise DataError(f"{path.name}: {len(table)} of {values} values; it is not whole, take a fresh copy")
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
