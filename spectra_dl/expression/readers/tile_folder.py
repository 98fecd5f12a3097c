"""A folder of tiles with one CSV that says where each lies, and what was counted in it where anything was."""

import os
from pathlib import Path, PurePosixPath, PureWindowsPath

import numpy as np

from spectra_dl.arrays import FloatArray, text_array
from spectra_dl.errors import DataError, UnsafeError
from spectra_dl.expression.readers.counted import counted, refuse_twice
from spectra_dl.expression.readers.csv_cells import csv_cells
from spectra_dl.expression.readers.source import IMAGES, SectionSource, refuse_far
from spectra_dl.expression.readers.text_lines import first_lines
from spectra_dl.expression.section import NO_COUNTS, TissueSection, pitch_of
from spectra_dl.imaging.image_file import open_image
from spectra_dl.imaging.precut_tiles import PrecutTiles, TileFiles

_IDS, _FILES = ("barcode", "spot", "id"), ("file", "tile", "image", "filename")


def tile_table(folder: Path) -> Path | None:
    """Return the one CSV in a folder that has columns of tiles, x and y; None where there is none or more than one."""
    found = [path for path in sorted(folder.glob("*.csv")) if _is_tile_header(first_lines(path, 1))]
    return found[0] if len(found) == 1 else None


def read_tile_folder(source: SectionSource, table: Path) -> TissueSection:
    """Read one section: columns barcode or file (or both), x and y in pixels of the full image, and a column for each gene.

    Raises
    ------
    DataError
        The table is damaged, µm per pixel are not given, no tile is there, or counts are not whole numbers from 0.
    UnsafeError
        A file's name leads out of the folder.
    """
    from scipy.sparse import csr_matrix

    columns, rows = _table(table)
    if source.um_per_pixel is None:
        raise DataError(
            f"{table.name}: it does not say how many µm a pixel has; say --mpp, or fill in the column mpp"
        )
    name_at, file_at = _first(columns, _IDS), _first(columns, _FILES)
    id_at = name_at if name_at is not None else file_at
    barcode = [cells[id_at or 0] for _, cells in rows]
    refuse_twice(barcode, "barcode", table.name)
    places = _numbers(table, rows, [columns.index("x"), columns.index("y")])
    refuse_far(places, table.name)
    genes = [at for at, name in enumerate(columns) if at not in (name_at, file_at) and name not in ("x", "y")]
    values = _numbers(table, rows, genes) if genes else None
    found = [
        _tile_file(
            source.path,
            barcode[at],
            cells[file_at] if file_at is not None else None,
            f"{table.name} line {line}",
        )
        for at, (line, cells) in enumerate(rows)
    ]
    reason = text_array([""] * len(rows))
    counts = None
    if values is not None:
        _check_whole(values, columns, genes, table, [line for line, _ in rows])
        counts = counted(
            csr_matrix(values),
            text_array(barcode),
            text_array([columns[at] for at in genes]),
            None,
            table.name,
        )
        reason[counts.per_spot <= 0] = NO_COUNTS
    reason[[path is None for path in found]] = "no tile"
    reason[~np.isfinite(places).all(axis=1)] = "no position"
    there = [at for at, path in enumerate(found) if path is not None and np.isfinite(places[at]).all()]
    if not there:
        raise DataError(
            f"{table.name}: none of its {len(rows)} tiles is in the folder; are the names those of the files?"
        )
    files = TileFiles(table, tuple(path for at in there if (path := found[at]) is not None))
    side = float(open_image(files.file[0]).width)
    pitch = pitch_of(places) * source.um_per_pixel
    return TissueSection(
        name=source.stem,
        patient=source.patient,
        image=PrecutTiles(files, places[there], side),
        um_per_pixel=source.um_per_pixel,
        um_per_pixel_source="as given",
        barcode=text_array(barcode),
        position_um=places * source.um_per_pixel,
        reason=reason,
        counts=None if counts is None else counts.matrix,
        gene=None if counts is None else counts.gene,
        spot_pitch_um=pitch if np.isfinite(pitch) and pitch > 0 else None,
        notes=(
            f"{source.stem}: tiles of {side:.0f} pixels, {side * source.um_per_pixel:.4g} µm wide at the µm per pixel given",
        ),
    )


def _is_tile_header(lines: list[str]) -> bool:
    columns = {cell.strip().strip('"') for cell in lines[0].split(",")} if lines else set()
    return {"x", "y"} <= columns and bool(columns & {*_IDS, *_FILES})


def _table(path: Path) -> tuple[list[str], list[tuple[int, list[str]]]]:
    columns, rows = csv_cells(path)
    refuse_twice(columns, "column", path.name)
    if not rows:
        raise DataError(f"{path.name}: no tiles in it; add a line for each")
    return columns, rows


def _first(columns: list[str], names: tuple[str, ...]) -> int | None:
    return next((columns.index(name) for name in names if name in columns), None)


def _numbers(path: Path, rows: list[tuple[int, list[str]]], columns: list[int]) -> FloatArray:
    values = np.empty((len(rows), len(columns)))
    for at, (line, cells) in enumerate(rows):
        for place, column in enumerate(columns):
            try:
                values[at, place] = float(cells[column] or "nan")
            except ValueError as err:
                raise DataError(
                    f"{path.name} line {line}, column {column + 1}: {cells[column]!r:.40} is no number; every column but file and barcode is "
                    "x, y or a gene"
                ) from err
    return values


def _check_whole(
    values: FloatArray, columns: list[str], genes: list[int], path: Path, lines: list[int]
) -> None:
    wrong = ~np.isfinite(values) | (values < 0) | (values != np.rint(values))
    if wrong.any():
        row, column = np.argwhere(wrong)[0]
        raise DataError(
            f"{path.name} line {lines[row]}, gene {columns[genes[column]]!r:.40}: {values[row, column]} is no count; bring raw counts, or leave the column out"
        )


def _tile_file(folder: Path, barcode: str, named: str | None, place: str) -> Path | None:
    """Return a tile's file inside the folder; None where it isn't there."""
    names = [named] if named else [f"{barcode}{ending}" for ending in IMAGES]
    for name in names:
        parts = {*PurePosixPath(name).parts, *PureWindowsPath(name).parts}
        if ".." in parts or PurePosixPath(name).is_absolute() or PureWindowsPath(name).anchor or "\0" in name:
            raise UnsafeError(f"{place}: {name!r:.60} leads out of the folder; name files inside it")
    return next((folder / name for name in names if os.path.isfile(folder / name)), None)
