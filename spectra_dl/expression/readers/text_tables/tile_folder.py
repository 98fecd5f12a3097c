"""A folder of tiles with one CSV of their positions, and of their counts where there are any."""

import os
import re
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath, PureWindowsPath

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray, TextArray, text_array
from spectra_dl.errors import DataError, UnsafeError, UsageError
from spectra_dl.expression.readers.count_matrix import CountMatrix, checked_counts, refuse_duplicates
from spectra_dl.expression.readers.csv_cells import (
    csv_cells,
    fractional_columns,
    fractional_note,
    refuse_several_sections,
)
from spectra_dl.expression.readers.gene_names import is_index, is_metadata, no_controls
from spectra_dl.expression.readers.pixel_size import PixelSize, agreed_pixel_size
from spectra_dl.expression.readers.scale_factors import possible_size
from spectra_dl.expression.readers.source import IMAGES, SectionSource, refuse_far
from spectra_dl.expression.readers.text_lines import first_lines, number_of
from spectra_dl.expression.readers.tissue_marks import is_mark_in_text, joint_marks
from spectra_dl.expression.section import (
    COUNTS_MISSING,
    NO_COUNTS,
    OFF_TISSUE,
    ArrayPlaces,
    TissueSection,
    pitch_of,
)
from spectra_dl.imaging.precut_tiles import PrecutTiles, TileFiles
from spectra_dl.imaging.slide import open_tissue_image
from spectra_dl.storage.wording import letters_and_digits

_MPP = ("mpp", "umperpixel", "umperpx", "micronsperpixel", "pixelsizeum")
_SQUARE, _LEAST_PITCH, _FEW = 0.05, 3.0, 3
_IDS, _FILES = ("barcode", "spot", "id"), ("file", "tile", "image", "filename")
_SPELLINGS = {
    "x": (
        "x",
        "imagecol",
        "pxl_col_in_fullres",
        "pxl_col",
        "pixel_x",
        "x_pixel",
        "imagex",
        "image_x",
        "coord_x",
    ),
    "y": (
        "y",
        "imagerow",
        "pxl_row_in_fullres",
        "pxl_row",
        "pixel_y",
        "y_pixel",
        "imagey",
        "image_y",
        "coord_y",
    ),
    "barcode": ("barcodes", "spot_id", "spotid", "tile_id"),
    "file": ("file_name", "tile_path", "file_path", "image_path", "img_path", "path"),
}


def tile_table(folder: Path) -> Path | None:
    """Return the one CSV in a folder that has columns of tiles, x and y; None where there is none.

    Raises
    ------
    DataError
        There is more than one.
    """
    paths = [path for path in sorted(folder.glob("*.csv")) if _is_tile_header(first_lines(path, 1))]
    if len(paths) > 1:
        listed = ", ".join(path.name for path in paths)
        raise DataError(
            f"{folder.name}: {len(paths)} tables of tiles ({listed!r:.160}), of which none is chosen; keep the one of the section in the folder"
        )
    return paths[0] if paths else None


def why_no_tiles(folder: Path) -> str:
    """Return what a folder's one CSV has instead of the columns of tiles, and what to rename; empty where there is no single CSV."""
    paths = sorted(path for path in folder.glob("*.[ct]sv") if path.is_file())
    lines = first_lines(paths[0], 1) if len(paths) == 1 else []
    if not lines:
        return ""
    separator = max(",;\t", key=lines[0].count)
    columns = [cell.strip().strip('"') for cell in lines[0].split(separator)]
    remedies = [] if separator == "," else ["write it with commas"]
    for needed, spellings in _SPELLINGS.items():
        other = next((name for name in columns if name.lower() in spellings), None)
        known = {"barcode": {*_IDS, *_FILES}, "file": set(_FILES)}.get(needed, {needed})
        if other and not known & set(columns):
            remedies.append(f"rename {other} to {needed}")
    listed = ", ".join(columns[:8])
    return f"; {paths[0].name:.60} has the columns {listed!r:.120}: {', '.join(remedies) or 'name them file (or barcode), x and y'}"


def read_tile_folder(source: SectionSource, table: Path) -> TissueSection:
    """Read one section: columns barcode or file (or both), x and y in pixels of the full image, and a column for each gene.

    Parameters
    ----------
    source
        The folder, the section's ids, and µm per pixel, which a table of tiles doesn't state.
    table
        The CSV in the folder, as `tile_table` finds it.

    Raises
    ------
    DataError
        The table is damaged, µm per pixel are not given, or no tile is in the folder.
    UnsafeError
        A file's name leads out of the folder.
    UsageError
        A scale of the image is given.
    """
    if source.image_scale is not None:
        raise UsageError(
            f"{table.name}: tiles are no image that could have a scale; leave --image-scale and image_scale away"
        )
    rows = _tile_rows(table)
    size, differing = agreed_pixel_size(source.um_per_pixel, _stated_sizes(rows), table.name)
    um_per_pixel = size.um_per_pixel
    barcode, places = _spots(rows)
    genes, notes = rows.gene_columns()
    others = [name for name in rows.columns if name not in {rows.columns[column] for column in genes}]
    notes += refuse_several_sections([(name, rows.cells(name) or []) for name in others], places, table.name)
    values = _numbers(rows, genes) if genes else None
    paths = _tile_paths(source.path, rows, barcode)
    counts = None if values is None else _counts(rows, genes, values, notes)
    array = _array(rows, notes)
    reason = _reasons(counts, paths, places)
    if array.in_tissue is not None:
        reason[~array.in_tissue] = OFF_TISSUE
    image, side = _tiles(table, paths, places)
    _refuse_near(places, side, table.name)
    pitch = pitch_of(places) * um_per_pixel
    tiles = f"tiles of {side:.0f} pixels, {side * um_per_pixel:.4g} µm wide; {um_per_pixel:.4g} µm per pixel, {size.source}"
    return TissueSection(
        name=source.stem,
        patient=source.patient,
        image=image,
        um_per_pixel=um_per_pixel,
        um_per_pixel_source=size.source,
        barcode=text_array(barcode),
        position_um=places * um_per_pixel,
        reason=reason,
        counts=None if counts is None else counts.matrix,
        gene=None if counts is None else counts.gene,
        spot_pitch_um=pitch if np.isfinite(pitch) and pitch > 0 else None,
        notes=(*(f"{source.stem}: {note}" for note in (tiles, *notes)), *differing),
        array=array,
    )


@dataclass(frozen=True, eq=False)
class _TileRows:
    """The table of a folder of tiles as text.

    Attributes
    ----------
    path
        The CSV.
    columns
        Their names.
    rows
        Each row's line number and cells.
    id_at, file_at
        The columns of barcodes and of file names; None where there is none.
    """

    path: Path
    columns: list[str]
    rows: list[tuple[int, list[str]]]
    id_at: int | None
    file_at: int | None

    def barcodes(self) -> list[str]:
        """Return each row's barcode, or its file's name where the table has no barcodes."""
        column = self.id_at if self.id_at is not None else self.file_at
        return [cells[column or 0] for _, cells in self.rows]

    def gene_columns(self) -> tuple[list[int], list[str]]:
        """Return the columns that hold counts of a gene, and a note on those that hold neither that nor positions."""
        others = [
            column
            for column, name in enumerate(self.columns)
            if column not in (self.id_at, self.file_at) and name not in ("x", "y")
        ]
        names = text_array([self.columns[column] for column in others])
        kept = no_controls(names) & ~np.array([is_metadata(str(name)) for name in names], dtype=bool)
        listed = ", ".join(str(name) or "(no name)" for name in names[~kept])
        notes = [f"columns that are no genes are left out: {listed!r:.80}"] if listed else []
        return [column for column, gene in zip(others, kept, strict=True) if gene], notes

    def cells(self, name: str) -> list[str] | None:
        """Return a column's cells; None where there is no such column."""
        if name not in self.columns:
            return None
        return [cells[self.columns.index(name)] for _, cells in self.rows]


def _is_tile_header(lines: list[str]) -> bool:
    columns = {cell.strip().strip('"') for cell in lines[0].split(",")} if lines else set()
    first = lines[0].split(",")[0].strip().strip('"') if lines else ""
    return {"x", "y"} <= columns and bool(columns & {*_IDS, *_FILES} or is_index(first))


def _tile_rows(path: Path) -> _TileRows:
    columns, rows = csv_cells(path)
    refuse_duplicates(columns, "column", path.name)
    if not rows:
        raise DataError(f"{path.name}: no tiles in it; add a line for each")
    named, file_at = _first(columns, _IDS), _first(columns, _FILES)
    if named is None and file_at is None and is_index(columns[0]):
        named = 0  # a data frame's index is its barcodes where no column is
    return _TileRows(path, columns, rows, named, file_at)


def _spots(table: _TileRows) -> tuple[list[str], FloatArray]:
    """Return the barcodes, each unique as each file is, and ``(n, 2)`` positions in pixels of the full image."""
    barcode = table.barcodes()
    refuse_duplicates(barcode, "barcode", table.path.name)
    if table.file_at is not None:
        refuse_duplicates((cells[table.file_at] for _, cells in table.rows), "file", table.path.name)
    places = _numbers(table, [table.columns.index("x"), table.columns.index("y")])
    refuse_far(places, table.path.name)
    _refuse_other_places(table, places)
    return barcode, places


def _first(columns: list[str], names: tuple[str, ...]) -> int | None:
    return next((columns.index(name) for name in names if name in columns), None)


def _numbers(table: _TileRows, columns: list[int]) -> FloatArray:
    values = np.empty((len(table.rows), len(columns)))
    for row, (line, cells) in enumerate(table.rows):
        for at, column in enumerate(columns):
            try:
                values[row, at] = number_of(cells[column])
            except ValueError as err:
                raise DataError(
                    f"{table.path.name} line {line}, column {column + 1}: {cells[column]!r:.40} is no number; every column but file and barcode is "
                    "x, y or a gene"
                ) from err
    return values


def _stated_sizes(table: _TileRows) -> list[PixelSize]:
    """Return µm per pixel as columns of the table state it."""
    sizes = []
    for name in table.columns:
        if letters_and_digits(name) not in _MPP:
            continue
        (column,) = _numbers(table, [table.columns.index(name)]).T
        if (column != column[0]).any() or not possible_size(float(column[0])):
            raise DataError(
                f"{table.path.name}: its column {name!r:.40} goes from {column.min():.4g} to {column.max():.4g}; one number of µm per pixel is needed for all "
                "tiles, cut them at one"
            )
        sizes.append(PixelSize(float(column[0]), f"from the column {name:.40}"))
    return sizes


def _refuse_other_places(table: _TileRows, places: FloatArray) -> None:
    """Refuse a table that states positions in pixels beside other x and y."""
    plain = {letters_and_digits(name): at for at, name in enumerate(table.columns)}
    for across, down in zip(_SPELLINGS["x"][1:], _SPELLINGS["y"][1:], strict=True):
        at = [plain.get(letters_and_digits(name)) for name in (across, down)]
        if at[0] is None or at[1] is None:
            continue
        other = _numbers(table, [at[0], at[1]])
        off = np.abs(other - places) > 1.0
        if off.any():
            row = int(np.flatnonzero(off.any(axis=1))[0])
            names = table.columns[at[0]], table.columns[at[1]]
            raise DataError(
                f"{table.path.name} line {table.rows[row][0]}: x and y are {places[row][0]:g}, {places[row][1]:g}, but {names[0]:.40} and {names[1]:.40} "
                f"{other[row][0]:g}, {other[row][1]:g}; call the position in pixels of the full image x and y, and the place on an array array_col and array_row"
            )


def _refuse_near(places: FloatArray, side: float, where: str) -> None:
    """Refuse tiles that lie as near to each other as places on an array."""
    pitch = pitch_of(places)
    if len(places) > _FEW and 0 < pitch < min(_LEAST_PITCH, side / 4):
        raise DataError(
            f"{where}: its tiles are {side:.0f} pixels wide and lie {pitch:.3g} pixels apart; x and y are positions in pixels of the full image, not places on "
            "an array, which are called array_col and array_row"
        )


def _counts(table: _TileRows, genes: list[int], values: FloatArray, notes: list[str]) -> CountMatrix | None:
    """Return ``values`` (n, g) as counts; None with a note where one is no whole number from 0."""
    from scipy.sparse import csr_matrix

    if (odd := fractional_columns(csr_matrix(values))).any():
        notes.append(fractional_note([table.columns[genes[at]] for at in np.flatnonzero(odd)]))
        genes, values = [genes[at] for at in np.flatnonzero(~odd)], values[:, ~odd]
    wrong = (values < 0) | (np.isfinite(values) & (values != np.rint(values)))
    if wrong.any():
        row, column = np.argwhere(wrong)[0]
        notes.append(
            f"{table.path.name} line {table.rows[row][0]}, gene {table.columns[genes[column]]!r:.40}: {values[row, column]} is no count; values are not "
            "taken as counts, bring raw counts where they are needed, or leave the column out"
        )
        return None
    gene = text_array([table.columns[column] for column in genes])
    return checked_counts(csr_matrix(values), text_array(table.barcodes()), gene, None, table.path.name)


def _array(table: _TileRows, notes: list[str]) -> ArrayPlaces:
    """Return marks of tissue and places of the array, where the table states them."""
    columns = [(name, table.cells(name) or []) for name in table.columns]
    marked = [(name, cells) for name, cells in columns if is_mark_in_text(name, cells)]
    marks = joint_marks(marked, table.path.name)
    if marks is not None and (off := int((~marks).sum())):
        notes.append(f"{off} of {len(marks)} spots are not under tissue by {marked[0][0]} and are left out")
    places: list[NDArray[np.int64] | None] = []
    for name in ("array_row", "array_col"):
        plain = letters_and_digits(name)
        cells = table.cells(next((own for own in table.columns if letters_and_digits(own) == plain), name))
        whole = cells is not None and all(re.fullmatch(r"-?[0-9]{1,9}", cell) for cell in cells)
        places.append(np.array([int(cell) for cell in cells or ()], dtype=np.int64) if whole else None)
    row, column = places if all(place is not None for place in places) else (None, None)
    return ArrayPlaces(marks, row, column)


def _reasons(counts: CountMatrix | None, paths: list[Path | None], places: FloatArray) -> TextArray:
    reason = text_array([""] * len(paths))
    if counts is not None:
        reason[counts.per_spot <= 0] = NO_COUNTS
        reason[counts.missing] = COUNTS_MISSING
    reason[[path is None for path in paths]] = "no tile"
    reason[~np.isfinite(places).all(axis=1)] = "no position"
    return reason


def _tiles(table: Path, paths: list[Path | None], places: FloatArray) -> tuple[PrecutTiles, float]:
    """Return the tiles of spots that have a file and a position, and a tile's side in pixels."""
    known = np.asarray(np.isfinite(places).all(axis=1), dtype=bool)
    rows = [row for row, path in enumerate(paths) if path is not None and known[row]]
    if not rows:
        raise DataError(
            f"{table.name}: none of its {len(paths)} tiles is in the folder; are the names those of the files?"
        )
    files = TileFiles(table, tuple(path for row in rows if (path := paths[row]) is not None))
    first = open_tissue_image(files.file[0])
    if abs(first.width - first.height) > _SQUARE * first.width:
        raise DataError(
            f"{first.path.name}: a tile of {first.width} x {first.height} pixels; tiles are square around the spot's centre, cut them again"
        )
    return PrecutTiles(replace(files, side=first.width), places[rows], float(first.width)), float(first.width)


def _tile_paths(folder: Path, table: _TileRows, barcode: list[str]) -> list[Path | None]:
    """Return each row's file inside the folder; None where it doesn't exist."""
    return [
        _tile_file(
            folder,
            barcode[row],
            cells[table.file_at] if table.file_at is not None else None,
            f"{table.path.name} line {line}",
        )
        for row, (line, cells) in enumerate(table.rows)
    ]


def _tile_file(folder: Path, barcode: str, named: str | None, place: str) -> Path | None:
    """Return a tile's file inside the folder; None where it doesn't exist."""
    endings = (*IMAGES, *(ending.upper() for ending in IMAGES))
    names = [named] if named else []
    names += [f"{named or barcode}{ending}" for ending in endings]
    for name in names:
        parts = {*PurePosixPath(name).parts, *PureWindowsPath(name).parts}
        if ".." in parts or PurePosixPath(name).is_absolute() or PureWindowsPath(name).anchor or "\0" in name:
            raise UnsafeError(f"{place}: {name!r:.60} leads out of the folder; name files inside it")
    return next((folder / name for name in names if os.path.isfile(folder / name)), None)
