"""A table of counts, a spot file and an image: the first Spatial Transcriptomics arrays, ST-Net's and STimage-1K4M's sections.

The arrays have a pitch of 200 µm and spots of 100 µm (Ståhl et al. 2016, doi 10.1126/science.aaf2403). Later ones leave
every second place empty and have another pitch, which is not guessed.
"""

import re
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from spectra_dl.arrays import FloatArray
from spectra_dl.errors import DataError
from spectra_dl.expression.readers.array_pitch import pitch_pixel_size
from spectra_dl.expression.readers.count_matrix import (
    CountMatrix,
    refuse_duplicates,
)
from spectra_dl.expression.readers.csv_cells import (
    PLACE,
    CountTable,
    read_count_table,
    refuse_several_sections,
)
from spectra_dl.expression.readers.gene_names import is_metadata
from spectra_dl.expression.readers.pixel_size import PixelSize, agreed_pixel_size
from spectra_dl.expression.readers.source import (
    SectionSource,
    find_image,
    pixels_per_um,
    spot_reasons,
    usual_files,
    usual_images,
)
from spectra_dl.expression.readers.text_lines import cells_of, number_of
from spectra_dl.expression.readers.text_tables.spot_file import (
    SpotFile,
    place_of,
    read_spot_file,
    spots_in_counts,
)
from spectra_dl.expression.readers.tissue_marks import is_mark_in_text, joint_marks
from spectra_dl.expression.readers.written_sizes import image_notes, written_pixel_sizes
from spectra_dl.expression.section import ArrayPlaces, TissueSection, pitch_of
from spectra_dl.imaging.image import TissueImage
from spectra_dl.imaging.slide import open_tissue_image

if TYPE_CHECKING:
    from numpy.typing import NDArray

_PITCH_UM, _SPOT_UM = 200.0, 100.0
_SPOT_FILES = (
    "{}_selection.tsv",
    "alignment_table_{}.tsv",
    "{}_coord.csv",
    "{}.spots.txt",
    "spots_{}.csv",
    "spots_{}.csv.gz",
)
_PLACE_AT_END = re.compile(r"-?\d{1,9}(\.\d{1,9})?[xX]-?\d{1,9}(\.\d{1,9})?$")
_COUNTS_ENDING = re.compile(r"_(count|stdata)$")


def looks_like_legacy_st(lines: list[str]) -> bool:
    """Say whether a file's first two lines are names of genes and an id followed by numbers, with tabs or commas."""
    if len(lines) < 2 or not any(separator in lines[0] for separator in "\t,"):
        return False
    separator = "\t" if "\t" in lines[0] else ","
    names, row = cells_of(lines[0], separator), cells_of(lines[1], separator)
    if all(PLACE.fullmatch(cell) for cell in names[1:]) or PLACE.fullmatch(row[0]):
        return True
    named = not _all_numbers(names[1:]) and not _all_numbers(row[:1])
    if not named or len(row) - len(names) not in (0, 1):
        return False
    genes = names[len(names) - len(row) + 1 :]
    cells = [cell for name, cell in zip(genes, row[1:], strict=True) if not is_metadata(name)]
    return bool(cells) and _all_numbers(cells)


def read_legacy_st(source: SectionSource) -> TissueSection:
    """Read one section; counts and selected spots are joined on ``XxY``, or on barcodes where the spot file has them.

    Values that are no whole numbers from 0 are no counts: such a section can be predicted, but has no counts to train on.

    Raises
    ------
    DataError
        A table can't be read, no spot stands in both, or µm per pixel can't be measured.
    """
    spot_path = _spot_path(source)
    table = read_count_table(source.path)
    inside = _spots_in_counts(table, source.path.name, needed=spot_path is None)
    spots = inside if spot_path is None else read_spot_file(spot_path)
    if spots is None:
        raise _no_spot_file(source)
    rows, places, notes = _joined(table.counts, spots, source)
    notes += _differing_places(spots, places, inside, rows)
    counts, pixel = table.counts.select(rows), spots.pixel[places]
    stated = table.stated(rows)
    in_tissue, mark_notes = _marks(spots, places, stated, source.path.name)
    notes += refuse_several_sections(stated, pixel, source.path.name)
    image = open_tissue_image(_image_path(source))
    scale = source.image_scale or 1.0
    size, differing = _um_per_pixel(spots, source, image)
    per_pixel = size.um_per_pixel
    per_spot = counts.per_spot if counts.whole else np.ones(len(rows))
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
        counts=counts.matrix if counts.whole else None,
        gene=counts.gene,
        symbol=None,
        spot_diameter_um=_diameter_um(spots, per_pixel),
        spot_pitch_um=_PITCH_UM
        if _first_array(spots) and not source.um_per_pixel
        else pitch_of(pixel) * per_pixel,
        notes=(size_note, *differing, *image_notes(image), *notes),
        files=(*([] if spot_path is None else [spot_path]), image.path),
        full_um_per_pixel=per_pixel,
        array=_array(spots.array[places], in_tissue),
    )


def _spots_in_counts(table: CountTable, where: str, *, needed: bool) -> SpotFile | None:
    try:
        return spots_in_counts(table.counts.barcode.tolist(), table.others, where)
    except DataError:
        if needed:
            raise
        return None  # only held against the spot file


def _first_array(spots: SpotFile) -> bool:
    """Say whether places on the array are known and are those of the first arrays."""
    return not spots.staggered and bool(np.isfinite(spots.array).any())


def _diameter_um(spots: SpotFile, um_per_pixel: float) -> float | None:
    if spots.diameter is not None:
        return spots.diameter * um_per_pixel
    return _SPOT_UM if _first_array(spots) else None


def _names(source: SectionSource) -> list[str]:
    """Return by what files beside the counts may be named: the section, the counts' file, and this without the word for counts."""
    file = _COUNTS_ENDING.sub("", source.file_stem)
    return list(dict.fromkeys((source.stem, source.file_stem, file)))


def _spot_path(source: SectionSource) -> Path | None:
    """Return the spot file that a person named, or the one under a usual name; None where there is none."""
    if source.spots is not None:
        return source.spots
    folder = source.path.parent
    folders = [folder.parent / "spotfiles", folder.parent / "coord", folder]
    for name in _names(source):
        paths = usual_files(folders, [pattern.format(name) for pattern in _SPOT_FILES])
        if len(paths) > 1:
            listed = ", ".join(path.name for path in paths)
            raise DataError(
                f"{source.path.name}: one spot file is needed, found two ({listed:.200}); name it in the column spots"
            )
        if paths:
            return paths[0]
    return None


def _no_spot_file(source: SectionSource) -> DataError:
    names = ", ".join(pattern.format(source.stem) for pattern in _SPOT_FILES)
    return DataError(
        f"{source.path.name}: one spot file is needed, found none (looked for {names} beside it, in ../spotfiles and ../coord); name it in the column "
        "spots, or add columns pixel_x and pixel_y"
    )


def _image_path(source: SectionSource) -> Path:
    folders = [source.path.parent, *(source.path.parent.parent / name for name in ("images", "image"))]
    for name in _names(source) if source.image is None else []:
        if len(found := usual_images(folders, [name, f"HE_{name}"])) == 1:
            return found[0]
    return find_image(source, folders, [source.stem])


def _differing_places(
    spots: SpotFile, places: "NDArray[np.intp]", inside: SpotFile | None, rows: "NDArray[np.intp]"
) -> list[str]:
    """Return a note where the table of counts states other pixels than the spot file."""
    if inside is None or inside is spots:
        return []
    off = np.abs(inside.pixel[rows] - spots.pixel[places]).max(axis=1)
    if not (count := int((off > 1.0).sum())):
        return []
    return [
        f"{count} of {len(rows)} spots lie elsewhere by the table of counts than by {spots.name}, which is used"
    ]


def _marks(
    spots: SpotFile, places: "NDArray[np.intp]", stated: list[tuple[str, list[str]]], where: str
) -> "tuple[NDArray[np.bool_] | None, list[str]]":
    """Return which of the joined spots lie under tissue by the spot file and by the counts' table, and notes on those that don't."""
    marked = [(name, cells) for name, cells in stated if is_mark_in_text(name, cells)]
    said = joint_marks(marked, where)
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
    counts: CountMatrix, spots: SpotFile, source: SectionSource
) -> "tuple[NDArray[np.intp], NDArray[np.intp], list[str]]":
    """Return the rows of counts and spots that belong together, in the order of the counts, and notes on rows without a partner."""
    row_of = {spots.id[row]: row for row in _selected_last(spots)}
    pairs = [(row, row_of[barcode]) for row, barcode in enumerate(counts.barcode) if barcode in row_of]
    notes: list[str] = []
    if not pairs:
        pairs = _by_place(counts, spots, source)
        notes.append("counts and spots are joined on places rounded to whole numbers")
    if not pairs:
        raise DataError(_no_pairs(counts, spots, source.path.name))
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


def _no_pairs(counts: CountMatrix, spots: SpotFile, where: str) -> str:
    """Return the refusal of a table of counts that shares no spot with the spot file."""
    if set(counts.gene) & set(spots.id):
        return f"{where}: the spots of {spots.name} stand in its columns; transpose the table, spots in rows and genes in columns"
    return (
        f"{where}: none of its {len(counts.barcode)} spots stands in {spots.name} ({len(spots.id)} selected), which has {spots.id[0]!r:.60} and others, the counts "
        f"{counts.barcode[0]!r:.60}; is it another section's, or are spots named otherwise? rename one side's"
    )


def _selected_last(spots: SpotFile) -> "list[int]":
    """Return rows in an order by which a selected spot takes the place of another one under its id."""
    if spots.in_tissue is None:
        return list(range(len(spots.id)))
    return [int(row) for row in np.argsort(spots.in_tissue, kind="stable")]


def _by_place(counts: CountMatrix, spots: SpotFile, source: SectionSource) -> list[tuple[int, int]]:
    """Return which row of counts lies at the place of which spot, places rounded; words before it must not differ."""
    before = _words_before(counts.barcode.tolist()), _words_before(spots.id if spots.by_barcode else [])
    if all(before) and before[0] != before[1]:
        return []
    places = {
        (round(float(x)), round(float(y))): row
        for row, (x, y) in enumerate(spots.array)
        if np.isfinite(x + y)
    }
    if len(places) < len(spots.id):
        return []
    named = [place_of(str(barcode)) for barcode in counts.barcode]
    keys = [(round(place[0]), round(place[1])) if place else None for place in named]
    refuse_duplicates([key for key in keys if key in places], "rounded place", source.path.name)
    return [(row, places[key]) for row, key in enumerate(keys) if key is not None and key in places]


def _words_before(ids: list[str]) -> set[str]:
    """Return what stands before the places that ids name, such as a section."""
    return {word for name in ids if (word := _PLACE_AT_END.sub("", name).strip("_-: "))} - {"X"}


def _um_per_pixel(
    spots: SpotFile, source: SectionSource, image: TissueImage
) -> tuple[PixelSize, tuple[str, ...]]:
    """Return the full image's µm per pixel from the pixels between neighbouring places, as given, or as the image says; and notes."""
    written = written_pixel_sizes(image, given=source.um_per_pixel, image_scale=source.image_scale or 1.0)
    if _first_array(spots):
        return agreed_pixel_size(source.um_per_pixel, [_by_pitch(spots, source), *written], source.path.name)
    if not spots.staggered:
        by_neighbours = pitch_pixel_size(spots.pixel, spots.diameter)
        return agreed_pixel_size(source.um_per_pixel, [by_neighbours, *written], source.path.name)
    if source.um_per_pixel is None and not written:
        raise DataError(
            f"{spots.name}: every second place of the array is empty, and the pitch of such arrays is not {_PITCH_UM:g} µm; say how many µm a "
            "pixel has with --mpp or in the column mpp"
        )
    return agreed_pixel_size(source.um_per_pixel, written, source.path.name)


def _by_pitch(spots: SpotFile, source: SectionSource) -> PixelSize | None:
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
        [number_of(cell) for cell in cells]
    except ValueError:
        return False
    return bool(cells)
