"""Where the spots of a table of counts lie: their places on the array and on the image, and which lie under tissue.

The columns are those of the first arrays' selection files, of ST-Net's (He et al. 2020, doi 10.1038/s41551-020-0578-x) or of
STimage-1K4M's (Chen et al. 2024, doi 10.48550/arXiv.2406.06393).
"""

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from spectra_dl.arrays import FloatArray
from spectra_dl.errors import DataError
from spectra_dl.expression.readers.count_matrix import refuse_duplicates
from spectra_dl.expression.readers.csv_cells import PLACE
from spectra_dl.expression.readers.gene_names import is_index
from spectra_dl.expression.readers.source import refuse_far
from spectra_dl.expression.readers.text_lines import cells_of, numbers_of, text_lines
from spectra_dl.expression.readers.tissue_marks import ON, is_mark_in_text, joint_marks, says_beside
from spectra_dl.expression.section import pitch_of
from spectra_dl.storage.wording import letters_and_digits

if TYPE_CHECKING:
    from numpy.typing import NDArray

_ARRAY = ("x", "y")
_PIXELS = (
    ("pixelx", "pixely"),
    ("xpixel", "ypixel"),
    ("pxlcolinfullres", "pxlrowinfullres"),
    ("imagecol", "imagerow"),
    ("xaxis", "yaxis"),
)
_IDS = ("barcode", "barcodes", "spot", "spotid", "spotname", "id")
_RADIUS = "r"
_NEEDED = ("x", "y", "pixel_x", "pixel_y")
_LEAST_PITCH = 3.0  # pixels between spots; places of an array lie 1 or 2 apart
_NAMED_PLACE = re.compile(r"(?:.{0,200}[^0-9.])?(\d{1,9}(?:\.\d{1,9})?)[xX](\d{1,9}(?:\.\d{1,9})?)")


@dataclass(frozen=True, eq=False)
class SpotFile:
    """Lines of a spot file.

    Attributes
    ----------
    name
        Of the file.
    id
        Of each spot, unique among those under tissue.
    by_barcode
        Whether the file names spots, not only their places.
    array
        ``(n, 2)`` x and y on the array; NaN where unknown.
    pixel
        ``(n, 2)`` x and y of the centre in pixels of the full-resolution image; NaN where unknown.
    staggered
        Whether every second place of the array is empty.
    in_tissue
        ``(n,)`` which spots lie under tissue; None where nothing is said.
    diameter
        Of a spot in pixels; None where not stated.
    """

    name: str
    id: list[str]
    by_barcode: bool
    array: FloatArray
    pixel: FloatArray
    staggered: bool
    in_tissue: "NDArray[np.bool_] | None"
    diameter: float | None = None


def place_of(identifier: str) -> tuple[float, float] | None:
    """Return the place on the array that an id names, alone or behind other words.

    Examples
    --------
    >>> place_of("10x13"), place_of("BC23209_C1_10x13"), place_of("AAACAAGTATCTCCCA-1")
    ((10.0, 13.0), (10.0, 13.0), None)
    """
    match = PLACE.fullmatch(identifier) or _NAMED_PLACE.fullmatch(identifier)
    return (float(match[1]), float(match[2])) if match else None


def read_spot_file(path: Path) -> SpotFile:
    """Read a spot file with tabs or commas, a header, and the usual names of columns.

    Raises
    ------
    DataError
        A column is missing, a number is impossible, an id stands twice, or no spot lies under tissue.
    """
    columns, rows = _table(path)
    place = _columns(columns)
    if place is None:
        lacking = ", ".join(
            name for name in _NEEDED if letters_and_digits(name) not in {*map(letters_and_digits, columns)}
        )
        raise DataError(
            f"{path.name} line 1: a spot file has the columns {', '.join(_NEEDED)} (or barcode in place of x and y); {lacking} is missing; found "
            f"{', '.join(columns)!r:.120}; rename what they are called here"
        )
    return _spots(columns, rows, place, path.name)


def spots_in_counts(
    ids: Sequence[str], columns: Sequence[tuple[str, Sequence[str]]], where: str
) -> SpotFile | None:
    """Return where spots lie by columns of the table of counts itself; None where it has no such columns.

    Parameters
    ----------
    ids
        ``n`` names of the spots.
    columns
        Names and cells of the columns that are no genes.
    where
        The table, for messages.

    Raises
    ------
    DataError
        A number is impossible, or no spot lies under tissue.
    """
    names = ["barcode", *(name for name, _ in columns)]
    place = _columns(names, bare=False)
    if place is None or len({*map(letters_and_digits, names)}) < len(names):
        return None
    cells = zip(ids, *(cells for _, cells in columns), strict=True)
    rows = [(number, list(line)) for number, line in enumerate(cells, start=2)]
    return _spots(names, rows, place, where)


def _spots(
    columns: list[str], rows: list[tuple[int, list[str]]], place: dict[str, int], where: str
) -> SpotFile:
    ids, by_barcode = _ids(place, rows)
    array, pixel = _numbers(rows, place, where)
    if np.isnan(array).all():
        named = [place_of(identifier) for identifier in ids]
        if all(found is not None for found in named):
            array = np.array(named, dtype=np.float64).reshape(-1, 2)
    in_tissue = _marks(columns, rows, where)
    if not ids or (in_tissue is not None and not in_tissue.any()):
        raise DataError(
            f"{where}: no selected spots; in the column selected, 1 says that a spot lies under tissue"
        )
    refuse_duplicates(ids if in_tissue is None else np.array(ids, dtype=object)[in_tissue], "spot", where)
    refuse_far(np.hstack([array, pixel]), where)
    _refuse_places(pixel, where)
    whole = np.rint(array[np.isfinite(array).all(axis=1)])
    staggered = len(whole) > 3 and len(set((whole.sum(axis=1) % 2).tolist())) == 1
    diameter = _diameter(place, rows, where)
    return SpotFile(where, ids, by_barcode, array, pixel, staggered, in_tissue, diameter)


def _table(path: Path) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """Return the header's cells, and each line's number and cells; R leaves out the name of row names."""
    lines = ((number, line) for number, line in text_lines(path) if not line.startswith("#"))
    head = next(lines, (1, ""))[1]
    separator = "\t" if "\t" in head else ","
    columns = cells_of(head, separator)
    first = next(lines, None)
    if first is None:
        return columns, []
    if len(cells_of(first[1], separator)) == len(columns) + 1:
        columns = ["", *columns]
    refuse_duplicates(filter(None, columns), "column", path.name)
    rows = []
    for number, line in itertools.chain([first], lines):
        cells = cells_of(line, separator)
        if len(cells) != len(columns):
            raise DataError(
                f"{path.name} line {number}: {len(cells)} cells for {len(columns)} columns; export it again"
            )
        rows.append((number, cells))
    return columns, rows


def _columns(columns: list[str], *, bare: bool = True) -> dict[str, int] | None:
    """Return where id, place on the array, pixels and radius stand; None where pixels, or both of the first, are missing.

    With ``bare``, x and y beside ids are pixels where no other columns are.
    """
    plain = [letters_and_digits(name) for name in columns]
    pixels = next((pair for pair in _PIXELS if set(pair) <= set(plain)), None)
    named = next((plain.index(name) for name in _IDS if name in plain), None)
    if named is None and columns and is_index(columns[0]):
        named = 0
    on_array = set(_ARRAY) <= set(plain)
    if bare and on_array and pixels is None and named is not None:
        pixels, on_array = _ARRAY, False  # beside ids, the only pair of numbers
    if pixels is None or (named is None and not on_array):
        return None
    place = {"pixel_x": plain.index(pixels[0]), "pixel_y": plain.index(pixels[1])}
    if on_array:
        place |= {"x": plain.index("x"), "y": plain.index("y")}
    # An index without a name only counts lines where places on the array are there.
    if named is not None and (columns[named] or not on_array):
        place["id"] = named
    if _RADIUS in columns:
        place["radius"] = columns.index(_RADIUS)
    return place


def _ids(place: dict[str, int], rows: list[tuple[int, list[str]]]) -> tuple[list[str], bool]:
    if "id" in place:
        return [cells[place["id"]] for _, cells in rows], True
    return [f"{cells[place['x']]}x{cells[place['y']]}" for _, cells in rows], False


def _numbers(
    rows: list[tuple[int, list[str]]], place: dict[str, int], where: str
) -> tuple[FloatArray, FloatArray]:
    """Return places on the array and on the image, both ``(n, 2)``."""
    names = ["x", "y"] * ("x" in place) + ["pixel_x", "pixel_y"]
    numbers = np.full((len(rows), 4), np.nan)
    for row, (number, cells) in enumerate(rows):
        text = "\t".join(cells[place[name]] for name in names)
        numbers[row, -len(names) :] = numbers_of(text, "\t", f"{where} line {number}", len(names))
    return numbers[:, :2], numbers[:, 2:]


def _marks(columns: list[str], rows: list[tuple[int, list[str]]], where: str) -> "NDArray[np.bool_] | None":
    """Return which spots lie under tissue by the columns that say it, none of them where a column says so of all; None without one."""
    stated = [
        (name, cells)
        for at, name in enumerate(columns)
        if is_mark_in_text(name, cells := [line[at] for _, line in rows])
    ]
    if any(all(_off(value) for value in cells) for name, cells in stated if not says_beside(name)):
        return np.zeros(len(rows), dtype=bool)
    return joint_marks(stated, where)


def _off(value: str) -> bool:
    return value.strip().lower() not in ON


def _diameter(place: dict[str, int], rows: Sequence[tuple[int, list[str]]], where: str) -> float | None:
    """Return twice the radius, where it is stated and the same for all spots."""
    if "radius" not in place:
        return None
    stated = {cells[place["radius"]] for _, cells in rows}
    if len(stated) != 1:
        return None
    (radius,) = numbers_of(stated.pop(), "\t", f"{where} line 2, column {_RADIUS}", 1)
    return 2 * radius if radius > 0 else None


def _refuse_places(pixel: FloatArray, where: str) -> None:
    """Refuse pixels that lie as near to each other as places of an array do."""
    pitch = pitch_of(pixel)
    if 0 < pitch < _LEAST_PITCH and len(pixel) > 3:
        raise DataError(
            f"{where}: its spots lie {pitch:.3g} pixels apart; if these are places on the array, add pixel_x and pixel_y, their places on the image"
        )
