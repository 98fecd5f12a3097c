"""Positions of an array's barcodes as Space Ranger writes them: CSV with or without a header, gzip, or Parquet."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray, IndexArray, TextArray, text_array
from spectra_dl.errors import DataError
from spectra_dl.expression.readers.count_matrix import refuse_duplicates
from spectra_dl.expression.readers.source import refuse_far
from spectra_dl.expression.readers.tenx.parquet_table import read_parquet
from spectra_dl.expression.readers.text_lines import cells_of, numbers_of, text_lines

_COLUMNS = ("barcode", "in_tissue", "array_row", "array_col", "pxl_row_in_fullres", "pxl_col_in_fullres")


@dataclass(frozen=True, eq=False)
class Places:
    """Places of an array, one entry each.

    Attributes
    ----------
    barcode
        ``(n,)`` text, unique.
    in_tissue
        ``(n,)`` whether it lies under tissue.
    array
        ``(n, 2)`` row and column on the array.
    pixel
        ``(n, 2)`` x and y of its centre in full-resolution pixels; NaN where unknown.
    """

    barcode: TextArray
    in_tissue: NDArray[np.bool_]
    array: NDArray[np.int64]
    pixel: FloatArray

    def __len__(self) -> int:
        return len(self.barcode)

    def select(self, rows: IndexArray) -> "Places":
        """Return these places in this order."""
        return replace(
            self,
            barcode=self.barcode[rows],
            in_tissue=self.in_tissue[rows],
            array=self.array[rows],
            pixel=self.pixel[rows],
        )

    def rows_of(self, barcode: TextArray) -> IndexArray:
        """Return where each of these barcodes stands, -1 where it does not."""
        from pandas import Index

        return np.asarray(Index(self.barcode).get_indexer(Index(barcode)), dtype=np.intp)


def read_positions(path: Path) -> Places:
    """Read every place of an array.

    Raises
    ------
    UsageError
        It is Parquet, and pyarrow is not installed.
    DataError
        A column is missing, a value is impossible, or a barcode stands twice.
    """
    if path.suffix == ".parquet":
        barcode, table = read_parquet(path, _COLUMNS[0], _COLUMNS[1:])
        refuse_duplicates(barcode, "barcode", path.name)
    else:
        barcode, table = _text_table(path)
    if not len(barcode):
        raise DataError(f"{path.name}: no positions in it; take a fresh copy")
    refuse_far(table, path.name)
    _check_array(barcode, table, path.name)
    return Places(
        barcode, table[:, 0] == 1, table[:, 1:3].astype(np.int64), np.ascontiguousarray(table[:, [4, 3]])
    )


def _text_table(path: Path) -> tuple[TextArray, FloatArray]:
    places, order = dict[str, list[float]](), list(range(6))
    for number, line in text_lines(path):
        if number == 1 and "barcode" in (header := cells_of(line, ",")):
            order = _order(header, line, path)
            continue
        cells = line.split(",")
        if len(cells) <= max(order):
            raise DataError(f"{path.name} line {number}: {len(cells)} values, {max(order) + 1} are needed")
        name, place = cells[order[0]].strip().strip('"'), f"{path.name} line {number}"
        if name in places:
            raise DataError(f"{place}: barcode {name!r:.60} stands twice; make them unique")
        chosen = cells[1:] if order == list(range(6)) else [cells[at] for at in order[1:]]
        places[name] = numbers_of(",".join(chosen), ",", place, 5)
    return text_array(places), np.array(list(places.values()), dtype=np.float64).reshape(-1, 5)


def _order(header: Sequence[str], line: str, path: Path) -> list[int]:
    """Return where each column stands; what stands besides them is left alone."""
    if any(header.count(column) != 1 for column in _COLUMNS):
        raise DataError(
            f"{path.name} line 1: the columns are {line!r:.120}; {', '.join(_COLUMNS)} are needed"
        )
    return [header.index(column) for column in _COLUMNS]


def _check_array(barcode: TextArray, table: FloatArray, where: str) -> None:
    strange = ~np.isin(table[:, 0], (0, 1))
    if strange.any():
        at = int(np.argmax(strange))
        raise DataError(
            f"{where}: in_tissue of {barcode[at]!r:.60} is {table[at, 0]:g}; 1 or 0 is needed, correct it"
        )
    with np.errstate(invalid="ignore"):
        uneven = (table[:, 1:3] != np.rint(table[:, 1:3])).any(axis=1) | ~np.isfinite(table[:, 1:3]).all(
            axis=1
        )
    if uneven.any():
        at = int(np.argmax(uneven))
        raise DataError(
            f"{where}: {barcode[at]!r:.60} lies in row {table[at, 1]:g} and column {table[at, 2]:g} of the array; whole numbers are needed"
        )
