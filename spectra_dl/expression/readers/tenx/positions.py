"""Positions of an array's barcodes as Space Ranger writes them: CSV with or without a header, gzip, or Parquet."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray, IndexArray, TextArray, text_array
from spectra_dl.errors import DataError
from spectra_dl.expression.readers.count_matrix import refuse_duplicates
from spectra_dl.expression.readers.source import refuse_far
from spectra_dl.expression.readers.tenx.parquet_table import is_parquet, parquet_columns, read_parquet
from spectra_dl.expression.readers.text_lines import cells_of, numbers_of, text_lines
from spectra_dl.expression.readers.tissue_marks import OFF, ON
from spectra_dl.storage.wording import letters_and_digits

_COLUMNS = ("barcode", "in_tissue", "array_row", "array_col", "pxl_row_in_fullres", "pxl_col_in_fullres")
_PANDAS_INDEX, _ROW_NAMES = (
    "__index_level_0__",
    ("", "x", "unnamed0", "index", "rownames", "barcodes", "spot", "spotid", "cell"),
)
_SEPARATORS = (",", ";", "\t")
_MARKS = dict.fromkeys(ON, "1") | dict.fromkeys(OFF, "0")
_WELL = re.compile(r"-[0-9]+$")


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
    if is_parquet(path):
        barcode, table = _parquet_table(path)
    else:
        barcode, table = _text_table(path)
    if not len(barcode):
        raise DataError(f"{path.name}: no positions in it; take a fresh copy")
    refuse_far(table, path.name)
    _check_array(barcode, table, path.name)
    return Places(
        barcode, table[:, 0] == 1, table[:, 1:3].astype(np.int64), np.ascontiguousarray(table[:, [4, 3]])
    )


def _parquet_table(path: Path) -> tuple[TextArray, FloatArray]:
    stored = parquet_columns(path)
    found = _found(stored, path.name)
    if "barcode" not in found and _PANDAS_INDEX in stored:
        found["barcode"] = stored.index(_PANDAS_INDEX)
    names = [stored[found[column]] if column in found else column for column in _COLUMNS]
    barcode, table = read_parquet(path, names[0], names[1:], marks=names[1])
    refuse_duplicates(barcode, "barcode", path.name)
    return barcode, table


def _text_table(path: Path) -> tuple[TextArray, FloatArray]:
    places: dict[str, list[float]] = {}
    header: list[str] | None = None
    order, separator = list(range(6)), ""
    for number, line in text_lines(path):
        if not separator:
            separator = max(_SEPARATORS, key=line.count)
            cells = cells_of(line, separator)
            if {letters_and_digits(cell) for cell in cells} & {
                letters_and_digits(column) for column in _COLUMNS
            }:
                header = cells
                continue
        cells = line.split(separator)
        if header is not None and not places:
            order = _order(header, len(cells), path)
        place = f"{path.name} line {number}"
        if len(cells) <= max(order) or (header is None and len(cells) > len(_COLUMNS)):
            raise DataError(
                f"{place}: {len(cells)} values, {max(order) + 1} are needed{'' if header else ', in a line without names of columns above'}"
            )
        name = cells[order[0]].strip().strip('"')
        if name in places:
            raise DataError(f"{place}: barcode {name!r:.60} stands twice; make them unique")
        places[name] = _five([cells[at] for at in order[1:]] if header else cells[1:], separator, place)
    return text_array(places), np.array(list(places.values()), dtype=np.float64).reshape(-1, 5)


def _five(cells: list[str], separator: str, place: str) -> list[float]:
    """Return the numbers of a line; the mark of tissue may be a word, and semicolons go with decimal commas."""
    mark = cells[0].strip().strip('"').lower()
    if separator == ";":
        cells = [cell.replace(",", ".") for cell in cells]
    return numbers_of(";".join([_MARKS.get(mark, cells[0]), *cells[1:]]), ";", place, 5)


def _found(columns: Sequence[str], where: str) -> dict[str, int]:
    """Return where the needed columns stand, in any case of their letters; what stands besides them is left alone."""
    found: dict[str, int] = {}
    for needed in _COLUMNS:
        at = [row for row, column in enumerate(columns) if column == needed]
        at = at or [
            row
            for row, column in enumerate(columns)
            if letters_and_digits(column) == letters_and_digits(needed)
        ]
        if len(at) > 1:
            raise DataError(f"{where}: {len(at)} columns are called {needed}; remove the wrong one")
        if at:
            found[needed] = at[0]
    return found


def _order(header: Sequence[str], cells: int, path: Path) -> list[int]:
    """Return where each column stands in a line of so many cells; R writes names of rows, with or without a column's name."""
    found = _found(header, path.name)
    beside = 1 if cells == len(header) + 1 else 0
    at = {column: row + beside for column, row in found.items()}
    if "barcode" not in at and (beside or letters_and_digits(header[0]) in _ROW_NAMES):
        at["barcode"] = 0
    if missing := [column for column in _COLUMNS if column not in at]:
        raise DataError(
            f"{path.name} line 1: the columns are {', '.join(header)!r:.160}; {', '.join(missing)} is missing, of {', '.join(_COLUMNS)}"
        )
    return [at[column] for column in _COLUMNS]


def joined_rows(whole: Places, barcode: TextArray, where: str) -> tuple[IndexArray, list[str]]:
    """Return where counted barcodes stand, -1 where they don't, and a note where only one side has the number of a well.

    Parameters
    ----------
    whole
        Places of the array.
    barcode
        ``(n,)`` counted barcodes.
    where
        The file of places, for messages.
    """
    rows = whole.rows_of(barcode)
    ends = [[_WELL.search(str(name)) is not None for name in names] for names in (whole.barcode, barcode)]
    if (rows >= 0).any() or any(ends[0]) == any(ends[1]) or not (all(ends[0]) or all(ends[1])):
        return rows, []
    short = [text_array([_WELL.sub("", str(name)) for name in names]) for names in (whole.barcode, barcode)]
    if any(len(set(names)) < len(names) for names in short):
        return rows, []
    rows = replace(whole, barcode=short[0]).rows_of(short[1])
    return rows, [
        f'barcodes of the counts and of {where} are joined without "-1", which only one of them has'
    ]


def same_places(first: Places, second: Places) -> bool:
    """Say whether two files state the same barcodes, marks of tissue and places, to a pixel.

    Parameters
    ----------
    first, second
        Places, in any order.
    """
    rows = second.rows_of(first.barcode)
    if len(first) != len(second) or (rows < 0).any():
        return False
    other = second.select(rows)
    return bool(
        np.array_equal(first.in_tissue, other.in_tissue)
        and np.array_equal(first.array, other.array)
        and np.allclose(first.pixel, other.pixel, rtol=0, atol=1.0, equal_nan=True)
    )


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
