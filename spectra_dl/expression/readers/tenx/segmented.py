"""Cells that Space Ranger 4 outlines on Visium HD: a matrix of cells, their polygons as GeoJSON, and ``spatial``."""

from pathlib import Path

import numpy as np

from spectra_dl.arrays import FloatArray
from spectra_dl.errors import DataError
from spectra_dl.expression.readers.count_matrix import CountMatrix
from spectra_dl.expression.readers.pixel_size import PixelSize, agreed_pixel_size
from spectra_dl.expression.readers.scale_factors import positive, read_json
from spectra_dl.expression.readers.source import SectionSource, spot_reasons
from spectra_dl.expression.readers.tenx.bins import gathered_cells, square_centres
from spectra_dl.expression.readers.tenx.cell_shapes import cell_centroids
from spectra_dl.expression.readers.tenx.layout import Counts, SpaceRangerFiles, with_spatial
from spectra_dl.expression.readers.tenx.section_image import image_and_scale, small_image
from spectra_dl.expression.readers.tenx.tenx_matrix import read_tenx_h5
from spectra_dl.expression.readers.written_sizes import image_notes, written_pixel_sizes
from spectra_dl.expression.section import ArrayPlaces, TissueSection, pitch_of
from spectra_dl.imaging.image import TissueImage

MATRIX = "filtered_feature_cell_matrix.h5"
_OUTLINES = (
    "cell_segmentations.geojson",
    "graphclust_annotated_cell_segmentations.geojson",
    "nucleus_segmentations.geojson",
)


def segmented_folder(path: Path) -> Path | None:
    """Return the folder that holds Space Ranger's matrix of cells: this one, its ``segmented_outputs``, or that of its ``outs``."""
    for folder in (path, path / "segmented_outputs", path / "outs" / "segmented_outputs"):
        if (folder / MATRIX).is_file():
            return folder
    return None


def read_segmented(source: SectionSource, folder: Path) -> TissueSection:
    """Read cells as spots, each at its centroid; with a bin size, squares of so many µm with the cells in them.

    Parameters
    ----------
    source
        The section's ids, and what a person states of it.
    folder
        Holds the matrix, the outlines and ``spatial``.

    Raises
    ------
    DataError
        A part is missing, damaged, or does not fit the others.
    """
    where = source.stem
    outlines = [folder / name for name in _OUTLINES if (folder / name).is_file()]
    if not outlines:
        raise DataError(
            f"{folder.name}: {MATRIX} without {_OUTLINES[0]}, which says where the cells lie; copy it from segmented_outputs"
        )
    counted = read_tenx_h5(folder / MATRIX)
    pixel = cell_centroids(outlines[0], counted.matrix.barcode)
    files = with_spatial(Counts(folder / MATRIX))
    size, image_part, notes = _scaled(source, files)
    image, scale = image_part
    full = size.um_per_pixel
    lost = int((~np.isfinite(pixel).all(axis=1)).sum())
    if lost:
        notes.append(f"{where}: {lost} of {len(pixel)} cells have no outline in {outlines[0].name}")
    counts, pixel, array, said = _spots(source, counted.matrix, pixel, full)
    position = pixel * full
    return TissueSection(
        name=where,
        patient=source.patient,
        image=image,
        um_per_pixel=full / scale,
        um_per_pixel_source=size.source,
        barcode=counts.barcode,
        position_um=position,
        reason=spot_reasons(pixel * scale, counts.depth, image, where),
        counts=counts.counts,
        gene=counts.gene,
        symbol=counts.symbol,
        spot_diameter_um=source.bin_um,
        spot_pitch_um=source.bin_um or _pitch(position),
        notes=(*notes, *(f"{where}: {note}" for note in (*counted.notes, said))),
        files=(image.path, outlines[0]),
        full_um_per_pixel=full,
        array=array,
    )


def _scaled(
    source: SectionSource, files: SpaceRangerFiles
) -> tuple[PixelSize, tuple[TissueImage, float], list[str]]:
    factors = read_json(files.factors) if files.factors else {}
    name = files.factors.name if files.factors else "the scale factors"
    image, scale = image_and_scale(source, files.counts.folder, *small_image(source, files, factors, name))
    microns = positive(factors, "microns_per_pixel", name)
    size, notes = agreed_pixel_size(
        source.um_per_pixel,
        [
            PixelSize(microns, f"from microns_per_pixel in {name}") if microns else None,
            *written_pixel_sizes(image, given=source.um_per_pixel, image_scale=scale),
        ],
        source.stem,
    )
    pixel_note = (
        f"{source.stem}: {size.um_per_pixel / scale:.4g} µm per pixel of {image.path.name}, {size.source}"
    )
    return size, (image, scale), [pixel_note, *notes, *image_notes(image)]


def _spots(
    source: SectionSource, counts: CountMatrix, pixel: FloatArray, full: float
) -> tuple[CountMatrix, FloatArray, ArrayPlaces, str]:
    """Return the cells, or the squares they lie in."""
    if source.bin_um is None:
        return (
            counts,
            pixel,
            ArrayPlaces(),
            f"{len(pixel)} cells are read as spots, each at its outline's centre",
        )
    known = np.flatnonzero(np.isfinite(pixel).all(axis=1))
    binned = gathered_cells(counts.select(known), pixel[known] * full, source.bin_um, source.stem)
    centre = square_centres(binned, source.bin_um) / full
    said = f"{len(known)} cells gathered into {len(centre)} squares of {source.bin_um:g} µm, {np.median(binned.members):g} a square (median)"
    return binned.counts, centre, ArrayPlaces(None, binned.array[:, 0], binned.array[:, 1]), said


def _pitch(position: FloatArray) -> float | None:
    pitch = pitch_of(position)
    return pitch if np.isfinite(pitch) and pitch > 0 else None
