"""Sections that 10x Genomics' Space Ranger writes: spots of Visium, versions 1 to 4, and bins of Visium HD.

Neighbouring spots of Visium lie 100 µm apart, every second place of a row filled, rows 86.6 µm apart; spots are 55 µm wide. The
``spot_diameter_fullres`` of the scale factors is that of 65 µm, so the array's pitch is what pixels are measured by. Bins of Visium HD fill a
square array, and ``bin_size_um`` is their pitch.
"""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from spectra_dl.arrays import FloatArray, IndexArray
from spectra_dl.errors import DataError, UsageError
from spectra_dl.expression.readers.count_matrix import CountMatrix
from spectra_dl.expression.readers.foreign_sections import refuse_foreign_hdf5
from spectra_dl.expression.readers.pixel_size import PixelSize, agreed_pixel_size
from spectra_dl.expression.readers.scale_factors import positive, read_json
from spectra_dl.expression.readers.source import SectionSource, pixels_per_um, spot_reasons
from spectra_dl.expression.readers.tenx.bins import block_centres, joined_bins, required_side
from spectra_dl.expression.readers.tenx.layout import (
    SpaceRangerFiles,
    folder_of_matrix,
    summary_of,
    text_prefix,
)
from spectra_dl.expression.readers.tenx.matrix_market import read_tenx_folder
from spectra_dl.expression.readers.tenx.positions import Places, joined_rows, read_positions, same_places
from spectra_dl.expression.readers.tenx.probe_set import without_excluded
from spectra_dl.expression.readers.tenx.section_image import image_and_scale, small_image
from spectra_dl.expression.readers.tenx.tenx_matrix import TenxCounts, read_tenx_h5
from spectra_dl.expression.readers.tenx.visium_hd import stated_bin_size
from spectra_dl.expression.readers.written_sizes import image_notes, written_pixel_sizes
from spectra_dl.expression.section import ArrayPlaces, TissueSection
from spectra_dl.imaging.image import TissueImage

PITCH_UM, SPOT_UM = 100.0, 55.0
_STATED_SPOT_UM = 65.0  # whose pixels Space Ranger states
STEP_UM = (PITCH_UM / 2, PITCH_UM * np.sqrt(3) / 2)  # of a column and a row of the array
_SAME_BIN = 0.05


@dataclass(frozen=True, eq=False)
class _Spots:
    """Counted spots or bins with their places, in the order of the counts."""

    counts: CountMatrix
    places: Places
    pitch_um: float
    diameter_um: float
    notes: tuple[str, ...] = ()


def read_space_ranger(
    source: SectionSource, files: SpaceRangerFiles, bin_um: float | None = None
) -> TissueSection:
    """Read one section: every counted barcode that has a place.

    Barcodes that lie off the tissue keep their row with the reason `OFF_TISSUE`; of raw counts, where they are most, they are left out.

    Parameters
    ----------
    source
        The section's ids, and what a person states of it.
    files
        Its files.
    bin_um
        The side of a bin of Visium HD, where the folder's name says it; the scale factors go before it.

    Raises
    ------
    DataError
        A part is missing, damaged, or does not fit the others.
    """
    folder, where = files.counts.folder, source.stem
    if files.positions is None:
        raise DataError(
            f"{folder.name}: counts ({files.counts.path.name}) without positions; put tissue_positions.csv, .parquet or "
            f"tissue_positions_list.csv into spatial, or rename the file that it is (there is {summary_of(folder):.200})"
        )
    counted, whole = read_counts(files), read_positions(files.positions)
    rows, spots, notes = _joined(counted.matrix, whole, files, where)
    notes += _compared(files, whole)
    factors = read_json(files.factors) if files.factors else {}
    factors_name = files.factors.name if files.factors else "the scale factors"
    native = stated_bin_size(spots.barcode, positive(factors, "bin_size_um", factors_name), bin_um, where)
    measured, pitch_notes = _measured(spots, native, source)
    image, scale = image_and_scale(source, folder, *small_image(source, files, factors, factors_name))
    microns = positive(factors, "microns_per_pixel", factors_name)
    size, size_notes = agreed_pixel_size(
        source.um_per_pixel,
        [
            PixelSize(microns, f"from microns_per_pixel in {factors_name}") if microns else None,
            measured,
            *written_pixel_sizes(image, given=source.um_per_pixel, image_scale=scale),
            None if native else spot_pixel_size(positive(factors, "spot_diameter_fullres", factors_name)),
        ],
        where,
    )
    stated = _Spots(_chosen(counted.matrix, rows), spots, native or PITCH_UM, native or SPOT_UM)
    binned = _binned(source, stated, whole, native)
    read = (f"{where}: {note}" for note in (*files.notes, *counted.notes, *notes, *binned.notes))
    pixel_note = f"{where}: {size.um_per_pixel / scale:.4g} µm per pixel of {image.path.name}, {size.source}"
    return _section(
        source,
        binned,
        image,
        (size, scale),
        notes=(pixel_note, *size_notes, *pitch_notes, *image_notes(image), *read),
    )


def read_counts(files: SpaceRangerFiles) -> TenxCounts:
    """Read a run's counts of genes, from one file or three.

    Raises
    ------
    DataError
        They are damaged, or don't fit each other.
    """
    counts = files.counts
    if counts.path.is_file():
        refuse_foreign_hdf5(counts.path)
        read = read_tenx_h5(counts.path)
    elif counts.path == counts.folder:
        read = read_tenx_folder(counts.path, counts.prefix)
    else:
        folder = folder_of_matrix(counts.path) or counts.path
        read = read_tenx_folder(folder, text_prefix(folder))
    return without_excluded(read, counts.folder / f"{counts.prefix}probe_set.csv")


def spot_pixel_size(diameter_px: float | None, source: str = "by spot_diameter_fullres") -> PixelSize | None:
    """Return about how many µm a pixel has by the diameter of Visium's spots in pixels; None without one.

    Parameters
    ----------
    diameter_px
        As files state it; None where they don't.
    source
        What states it, in words.

    Examples
    --------
    >>> spot_pixel_size(130.0).um_per_pixel
    0.5
    """
    if diameter_px is None:
        return None
    return PixelSize(_STATED_SPOT_UM / diameter_px, source, rough=True)


def _section(
    source: SectionSource,
    spots: _Spots,
    image: TissueImage,
    size: tuple[PixelSize, float],
    *,
    notes: tuple[str, ...],
) -> TissueSection:
    full, scale, places = size[0].um_per_pixel, size[1], spots.places
    reason = spot_reasons(places.pixel * scale, spots.counts.depth, image, source.stem, places.in_tissue)
    return TissueSection(
        name=source.stem,
        patient=source.patient,
        image=image,
        um_per_pixel=full / scale,
        um_per_pixel_source=size[0].source,
        barcode=spots.counts.barcode,
        position_um=places.pixel * full,
        reason=reason,
        counts=spots.counts.counts,
        gene=spots.counts.gene,
        symbol=spots.counts.symbol,
        spot_diameter_um=spots.diameter_um,
        spot_pitch_um=spots.pitch_um,
        notes=notes,
        files=(image.path,),
        full_um_per_pixel=full,
        array=ArrayPlaces(places.in_tissue, places.array[:, 0], places.array[:, 1]),
    )


def _joined(
    counts: CountMatrix, whole: Places, files: SpaceRangerFiles, where: str
) -> tuple[IndexArray, Places, list[str]]:
    """Return which rows of the counts are kept, their places, and what is to be said."""
    assert isinstance(files.positions, Path)  # a run without was refused
    _refuse_aggregated(counts, files)
    row_of, said = joined_rows(whole, counts.barcode, files.positions.name)
    placed = row_of >= 0
    under = placed & whole.in_tissue[row_of]
    if not placed.any():
        raise DataError(
            f"{files.positions.name}: none of the {len(row_of)} counted barcodes ({counts.barcode[0]!r:.60}, …) stands in it, but {whole.barcode[0]!r:.60} and "
            "others; is it another sample's file, or were barcodes renamed? write them as Space Ranger did"
        )
    if not under.any():
        raise DataError(
            f"{files.positions.name}: none of the {len(row_of)} counted barcodes lies under tissue; is it another sample's file?"
        )
    kept = np.flatnonzero(under if files.counts.raw else placed)
    places = whole.select(row_of[kept])
    notes, off = said, int((placed & ~under).sum())
    if files.counts.raw:
        notes.append(
            f"the raw counts {files.counts.path.name} are read, since there are no filtered ones or they were named; of {int(placed.sum())} "
            f"counted barcodes the {len(kept)} that lie under tissue are kept"
        )
    elif off:
        notes.append(
            f"{off} of {len(kept)} counted barcodes don't lie under tissue (in_tissue 0) and aren't used"
        )
    if lost := int((~placed).sum()):
        notes.append(f"{lost} counted barcodes have no place in {files.positions.name} and are left out")
    return kept, places, notes


def _compared(files: SpaceRangerFiles, whole: Places) -> list[str]:
    """Return notes on other files of positions; refuse one that states other places or marks of tissue."""
    notes = []
    read = files.positions.name if files.positions else ""
    for path in files.other_positions:
        try:
            same = same_places(whole, read_positions(path))
        except (DataError, UsageError) as err:
            notes.append(
                f"{read} is read; {path.name} beside it can't be, and was not compared ({err!s:.100})"
            )
            continue
        if not same:
            raise DataError(
                f"{read} and {path.name} lie beside each other and differ in barcodes, in_tissue or places; remove the one that is not this run's"
            )
        notes.append(f"{read} is read; {path.name} beside it states the same")
    return notes


def _chosen(counts: CountMatrix, rows: IndexArray) -> CountMatrix:
    """Return ascending rows of the counts, the counts themselves where it is all of them."""
    return counts if len(rows) == len(counts.barcode) else counts.select(rows)


def _refuse_aggregated(counts: CountMatrix, files: SpaceRangerFiles) -> None:
    """Refuse the counts of several sections that spaceranger aggr has joined."""
    suffixes = {str(barcode).rpartition("-")[2] for barcode in counts.barcode}
    if len(suffixes) > 1 and all(suffix.isdecimal() for suffix in suffixes):
        raise DataError(
            f"{files.counts.path.name}: counts of {len(suffixes)} sections (barcodes end in -{', -'.join(sorted(suffixes)):.80}), as spaceranger aggr "
            "joins them; read each section's own run"
        )


def _measured(
    spots: Places, native: float | None, source: SectionSource
) -> tuple[PixelSize | None, tuple[str, ...]]:
    """Return the pixel size by the array's pitch; None where the places are no such array, and then why."""
    step = (native, native) if native else STEP_UM
    array_um: FloatArray = spots.array[:, [1, 0]] * np.array(step)
    try:
        full = 1.0 / pixels_per_um(array_um, spots.pixel, source.stem)
    except DataError as err:
        if native is None and source.um_per_pixel is None:
            raise
        reason = str(err).removeprefix(f"{source.stem}: ").split(";")[0]
        return None, (f"{source.stem}: the pixel size could not be checked by the array ({reason})",)
    what = f"bins of {native:g} µm" if native else f"{PITCH_UM:g} µm between neighbouring spots"
    return PixelSize(full, f"from the array's pitch of {what}", measured=True), ()


def _binned(source: SectionSource, spots: _Spots, whole: Places, native: float | None) -> _Spots:
    """Return the spots, or blocks of bins where a larger size was asked for."""
    wanted = source.bin_um
    if wanted is None or (native and abs(wanted - native) <= _SAME_BIN * native):
        return spots
    if native is None:
        raise DataError(
            f"{source.stem}: spots of Visium can't be joined into bins of {wanted:g} µm; leave --bin-um and the column bin_um away"
        )
    side = required_side(native, wanted, source.stem)
    under = np.flatnonzero(spots.places.in_tissue)
    bin_um = side * native
    binned = joined_bins(_chosen(spots.counts, under), spots.places.array[under], side, bin_um)
    places = Places(
        binned.counts.barcode,
        np.ones(len(binned.array), dtype=bool),
        binned.array,
        block_centres(whole, side, binned.array),
    )
    partial, notes = int((binned.members < side**2).sum()), []
    if bin_um != wanted:
        notes.append(
            f"bins of {bin_um:g} µm, the multiple of {native:g} µm nearest to the {wanted:g} asked for"
        )
    notes.append(
        f"{len(under)} bins of {native:g} µm joined into {len(places)} of {bin_um:g} µm, {partial} of them not full (at the tissue's edge)"
    )
    return replace(
        spots, counts=binned.counts, places=places, pitch_um=bin_um, diameter_um=bin_um, notes=tuple(notes)
    )
