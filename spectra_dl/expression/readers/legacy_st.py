"""Sections of the first Spatial Transcriptomics arrays: a table of counts, a spot file and an image.

The arrays have a pitch of 200 µm and spots of 100 µm (Ståhl et al. 2016, doi 10.1126/science.aaf2403). Later ones leave
every second place empty and have another pitch, which is not guessed.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from spectra_dl.arrays import FloatArray
from spectra_dl.errors import DataError
from spectra_dl.expression.readers.count_matrix import (
    CountMatrix,
    refuse_duplicates,
)
from spectra_dl.expression.readers.csv_cells import PLACE, read_count_table, refuse_several_sections
from spectra_dl.expression.readers.gene_names import is_metadata
from spectra_dl.expression.readers.pixel_size import PixelSize, agreed_pixel_size
from spectra_dl.expression.readers.source import (
    SectionSource,
    find_image,
    pixels_per_um,
    refuse_far,
    spot_reasons,
    usual_files,
)
from spectra_dl.expression.readers.text_lines import cells_of, numbers_of, text_lines
from spectra_dl.expression.readers.tissue_marks import states_tissue, tissue_marks
from spectra_dl.expression.readers.written_sizes import image_notes, written_pixel_sizes
from spectra_dl.expression.section import ArrayPlaces, TissueSection, pitch_of
from spectra_dl.imaging.image import TissueImage
from spectra_dl.imaging.slide import open_tissue_image

if TYPE_CHECKING:
    from numpy.typing import NDArray

_PITCH_UM, _SPOT_UM = 200.0, 100.0
_NEEDED = ("x", "y", "pixel_x", "pixel_y")


def looks_like_legacy_st(lines: list[str]) -> bool:
    """Say whether a file's first two lines are tab-separated gene names and an id followed by numbers."""
    if len(lines) < 2 or "\t" not in lines[0]:
        return False
    names, row = cells_of(lines[0]), cells_of(lines[1])
    if all(PLACE.fullmatch(cell) for cell in names[1:]) or PLACE.fullmatch(row[0]):
        return True
    named = not _all_numbers(names[1:]) and not _all_numbers(row[:1])
    if not named or len(row) - len(names) not in (0, 1):
        return False
    genes = names[len(names) - len(row) + 1 :]
    return _all_numbers([cell for name, cell in zip(genes, row[1:], strict=True) if not is_metadata(name)])


def read_legacy_st(source: SectionSource) -> TissueSection:
    """Read one section; counts and selected spots are joined on ``XxY``, or on barcodes where the spot file has them.

    Values that are no whole numbers from 0 are no counts: such a section can be predicted, but has no counts to train on.

    Raises
    ------
    DataError
        A table can't be read, no spot stands in both, or µm per pixel can't be measured.
    """
    spot_path = _spot_path(source)
    table, spots = read_count_table(source.path), _read_spots(spot_path)
    rows, places, notes = _joined(table.counts, spots, source)
    counts, pixel = table.counts.select(rows), spots.pixel[places]
    stated = table.stated(rows)
    in_tissue, mark_notes = _marks(spots, places, stated, source.path.name)
    notes += refuse_several_sections(stated, pixel, source.path.name)
    image = open_tissue_image(
        find_image(source, [source.path.parent, source.path.parent.parent / "images"], [source.stem])
    )
    scale = source.image_scale or 1.0
    size, differing = _um_per_pixel(spots, source, image)
    per_pixel = size.um_per_pixel
    counted = counts.whole
    per_spot = counts.per_spot if counted else np.ones(len(rows))
    size_note = f"{source.stem}: {per_pixel:.4g} µm per pixel, {size.source}"
    notes = [f"{source.stem}: {note}" for note in (*table.notes, *notes, *mark_notes)]
    return TissueSection(
        name=source.stem,
        patient=source.patient,
        image=image,
        um_per_pixel=per_pixel / scale,
        um_per_pixel_source=size.source,
        barcode=counts.barcode,
        position_um=pixel * per_pixel,
        reason=spot_reasons(pixel * scale, per_spot, image, source.stem, in_tissue),
        counts=counts.matrix if counted else None,
        gene=counts.gene,
        symbol=None,
        spot_diameter_um=None if spots.staggered else _SPOT_UM,
        spot_pitch_um=pitch_of(pixel) * per_pixel if spots.staggered or source.um_per_pixel else _PITCH_UM,
        notes=(size_note, *differing, *image_notes(image), *notes),
        files=(spot_path, image.path),
        full_um_per_pixel=per_pixel,
        array=_array(spots.array[places], in_tissue),
    )


@dataclass(frozen=True, eq=False)
class _Spots:
    """Lines of a spot file: ids, places on the array ``(n, 2)`` and on the image ``(n, 2)``, and which lie under tissue."""

    name: str
    id: list[str]
    by_barcode: bool
    array: FloatArray
    pixel: FloatArray
    staggered: bool
    in_tissue: "NDArray[np.bool_] | None"


def _spot_path(source: SectionSource) -> Path:
    if source.spots is not None:
        return source.spots
    folder, name = source.path.parent, source.stem
    names = [f"{name}_selection.tsv", f"alignment_table_{name}.tsv"]
    paths = usual_files([folder.parent / "spotfiles", folder], names)
    if len(paths) != 1:
        number = "two" if paths else "none"
        raise DataError(
            f"{source.path.name}: one spot file is needed, found {number} (looked for {', '.join(names)} beside it and in ../spotfiles); name it "
            "in the column spots"
        )
    return paths[0]


def _read_spots(path: Path) -> _Spots:
    lines = text_lines(path)
    columns = cells_of(next(lines, (1, ""))[1])
    if missing := [name for name in _NEEDED if name not in columns]:
        raise DataError(f"{path.name} line 1: {_wrong_spot_file(columns, missing)}")
    place = {name: columns.index(name) for name in columns}
    ids, numbers, marks = [], [], []
    marked = [name for name in columns if name == "selected" or states_tissue(name)]
    for number, line in lines:
        cells = cells_of(line)
        if len(cells) != len(columns):
            raise DataError(
                f"{path.name} line {number}: {len(cells)} cells for {len(columns)} columns; export it again"
            )
        numbers.append(
            numbers_of(
                "\t".join(cells[place[name]] for name in _NEEDED), "\t", f"{path.name} line {number}", 4
            )
        )
        ids.append(
            cells[place["barcode"]] if "barcode" in place else f"{cells[place['x']]}x{cells[place['y']]}"
        )
        marks.append([cells[place[name]] for name in marked])
    in_tissue = _selected([list(values) for values in zip(*marks, strict=True)], marked, path.name)
    if not ids or (in_tissue is not None and not in_tissue.any()):
        raise DataError(
            f"{path.name}: no selected spots; in the column selected, 1 says that a spot lies under tissue"
        )
    refuse_duplicates(ids if in_tissue is None else np.array(ids, dtype=object)[in_tissue], "spot", path.name)
    table = np.array(numbers, dtype=np.float64)
    refuse_far(table, path.name)
    places = np.rint(np.nan_to_num(table[:, :2]))
    staggered = len(places) > 3 and len(set((places.sum(axis=1) % 2).tolist())) == 1
    return _Spots(path.name, ids, "barcode" in place, table[:, :2], table[:, 2:], staggered, in_tissue)


def _wrong_spot_file(columns: list[str], missing: list[str]) -> str:
    """Say what a spot file has instead of its columns, and what to rename."""
    said = f"a spot file has the columns {', '.join(_NEEDED)}; {', '.join(missing)} is missing"
    commas = [cell.strip() for cell in columns[0].split(",")] if len(columns) == 1 else columns
    remedy = "write it with tabs" if len(commas) > 1 and len(columns) == 1 else ""
    if {name.lower() for name in commas} >= set(_NEEDED):
        return f"{said}; found {', '.join(commas)!r:.80}: {remedy or 'write the names in small letters'}"
    if {"X", "Y"} <= set(commas):
        rename = "rename X and Y, if they are pixels of the image, to pixel_x and pixel_y, and add x and y, the place on the array (4 and 5 of 4x5)"
        return f"{said}; found {', '.join(commas)!r:.80}: {', '.join(filter(None, (remedy, rename)))}"
    return f"{said}; found {', '.join(commas)!r:.120}; " + (remedy or "rename what they are called here")


def with_commas(lines: list[str]) -> bool:
    """Say whether a file's first two lines would be a table of counts if their commas were tabs."""
    return looks_like_legacy_st([line.replace(",", "\t") for line in lines if "\t" not in line])


def _selected(marks: list[list[str]], columns: list[str], where: str) -> "NDArray[np.bool_] | None":
    """Return which spots lie under tissue by the columns that say it; None without such a column."""
    if not columns or not marks:
        return None
    if any(not {"1", "1.0", "true"} & {value.strip().lower() for value in values} for values in marks):
        return np.zeros(len(marks[0]), dtype=bool)
    stated = [tissue_marks(values, name, where) for values, name in zip(marks, columns, strict=True)]
    if any((other != stated[0]).any() for other in stated[1:]):
        raise DataError(f"{where}: its columns {' and '.join(columns)!r:.80} differ; remove the wrong one")
    return stated[0]


def _marks(
    spots: _Spots, places: "NDArray[np.intp]", stated: list[tuple[str, list[str]]], where: str
) -> "tuple[NDArray[np.bool_] | None, list[str]]":
    """Return which of the joined spots lie under tissue by the spot file and by the counts' table, and notes on those that don't."""
    marked = [(name, cells) for name, cells in stated if name == "selected" or states_tissue(name)]
    said = _selected([cells for _, cells in marked], [name for name, _ in marked], where)
    marks, notes = np.ones(len(places), dtype=bool), []
    if spots.in_tissue is not None:
        marks = spots.in_tissue[places]
        if not marks.any():
            raise DataError(
                f"{spots.name}: none of the {len(marks)} spots with counts is selected; is it another section's?"
            )
        if off := int((~marks).sum()):
            notes.append(
                f"{off} of {len(marks)} spots with counts are not selected in {spots.name} and are left out"
            )
    if said is not None:
        if off := int((marks & ~said).sum()):
            notes.append(
                f"{off} of {len(marks)} spots are not under tissue by {marked[0][0]} in {where} and are left out"
            )
        marks = marks & said
        if not marks.any():
            raise DataError(
                f"{where}: by its column {marked[0][0]} and {spots.name} none of {len(marks)} spots lies under tissue; correct the column"
            )
    return (None if said is None and spots.in_tissue is None else marks), notes


def _array(places: FloatArray, in_tissue: "NDArray[np.bool_] | None") -> ArrayPlaces:
    """Return places of the array where all are whole numbers; some spot files state corrected ones."""
    if not np.isfinite(places).all() or np.any(places != np.rint(places)):
        return ArrayPlaces(in_tissue)
    column, row = places.astype(np.int64).T
    return ArrayPlaces(in_tissue, row, column)


def _joined(
    counts: CountMatrix, spots: _Spots, source: SectionSource
) -> "tuple[NDArray[np.intp], NDArray[np.intp], list[str]]":
    """Return the rows of counts and spots that belong together, in the order of the counts, and notes on rows without a partner."""
    row_of = {spots.id[row]: row for row in _selected_last(spots)}
    pairs = [(row, row_of[barcode]) for row, barcode in enumerate(counts.barcode) if barcode in row_of]
    notes: list[str] = []
    if not pairs and not spots.by_barcode:
        pairs = _by_rounded_place(counts, spots, source)
        notes.append("counts and spots are joined on places rounded to whole numbers")
    if not pairs:
        raise DataError(
            f"{source.path.name}: none of its {len(counts.barcode)} spots stands in {spots.name} ({len(spots.id)} selected); is it another section's?"
        )
    rows, places = np.array(pairs, dtype=np.intp).T
    selected = np.ones(len(spots.id), dtype=bool) if spots.in_tissue is None else spots.in_tissue
    without = int(selected.sum() - selected[places].sum())
    for missing, total, what in (
        (without, int(selected.sum()), "selected spots have no counts"),
        (len(counts.barcode) - len(pairs), len(counts.barcode), "rows of counts have no selected spot"),
    ):
        if missing:
            notes.append(f"{missing} of {total} {what} and are left out")
    return rows, places, notes


def _selected_last(spots: _Spots) -> "list[int]":
    """Return rows in an order by which a selected spot takes the place of another one under its id."""
    if spots.in_tissue is None:
        return list(range(len(spots.id)))
    return [int(row) for row in np.argsort(spots.in_tissue, kind="stable")]


def _by_rounded_place(counts: CountMatrix, spots: _Spots, source: SectionSource) -> list[tuple[int, int]]:
    places = {
        (round(float(x)), round(float(y))): row
        for row, (x, y) in enumerate(spots.array)
        if np.isfinite(x + y)
    }
    if len(places) < len(spots.id):
        return []
    matches = [PLACE.fullmatch(str(barcode)) for barcode in counts.barcode]
    keys = [(round(float(match[1])), round(float(match[2]))) if match else None for match in matches]
    refuse_duplicates([key for key in keys if key in places], "rounded place", source.path.name)
    return [(row, places[key]) for row, key in enumerate(keys) if key is not None and key in places]


def _um_per_pixel(
    spots: _Spots, source: SectionSource, image: TissueImage
) -> tuple[PixelSize, tuple[str, ...]]:
    """Return the full image's µm per pixel from the pixels between neighbouring places, as given, or as the image says; and notes."""
    written = written_pixel_sizes(image, given=source.um_per_pixel, image_scale=source.image_scale or 1.0)
    if not spots.staggered:
        return agreed_pixel_size(source.um_per_pixel, [_by_pitch(spots, source), *written], source.path.name)
    if source.um_per_pixel is None and not written:
        raise DataError(
            f"{spots.name}: every second place of the array is empty, and the pitch of such arrays is not {_PITCH_UM:g} µm; say how many µm a "
            "pixel has with --mpp or in the column mpp"
        )
    return agreed_pixel_size(source.um_per_pixel, written, source.path.name)


def _by_pitch(spots: _Spots, source: SectionSource) -> PixelSize | None:
    """Return the size by the first arrays' pitch; as a statement only, since other arrays may look the same."""
    try:
        per_um = pixels_per_um(spots.array * _PITCH_UM, spots.pixel, spots.name)
    except DataError:
        if source.um_per_pixel is None:
            raise
        return None
    if per_um > 0:
        return PixelSize(1.0 / per_um, f"from the array's pitch of {_PITCH_UM:g} µm")
    if source.um_per_pixel is None:
        raise DataError(f"{spots.name}: all spots lie on one pixel; correct pixel_x and pixel_y")
    return None


def _all_numbers(cells: list[str]) -> bool:
    try:
        [float(cell) for cell in cells]
    except ValueError:
        return False
    return bool(cells)
