"""The image of a section in AnnData: a separate image file, tiles cut from one, or the small image embedded in it."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from spectra_dl.arrays import FloatArray, TextArray, text_array
from spectra_dl.errors import DataError
from spectra_dl.expression.readers.anndata_files.embedded_image import embedded_image
from spectra_dl.expression.readers.count_matrix import refuse_duplicates
from spectra_dl.expression.readers.source import (
    IMAGES,
    SectionSource,
    find_image,
    spot_reasons,
    usual_files,
)
from spectra_dl.expression.readers.tenx.tenx_matrix import texts
from spectra_dl.expression.section import COUNTS_MISSING, NO_COUNTS
from spectra_dl.imaging.image import TissueImage
from spectra_dl.imaging.precut_tiles import PrecutTiles, TileDataset, checked_tiles
from spectra_dl.imaging.slide import open_tissue_image
from spectra_dl.storage.hdf5_checks import opened_hdf5, refuse_foreign

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True)
class SpatialMetadata:
    """What ``uns['spatial']`` states of one section; None where it doesn't.

    Attributes
    ----------
    spot_diameter_px
        In full-resolution pixels.
    um_per_pixel
        Of the full-resolution image.
    hires_scale
        Pixels of the embedded image per full-resolution pixel.
    hires
        Path of the embedded image in the file.
    """

    spot_diameter_px: float | None
    um_per_pixel: float | None
    hires_scale: float | None
    hires: str | None


@dataclass(frozen=True, eq=False)
class MeasuredSpots:
    """Spots with their positions and library sizes.

    Attributes
    ----------
    barcode
        ``(n,)`` text.
    pixel
        ``(n, 2)`` x and y in full-resolution pixels; NaN where unknown.
    per_spot
        ``(n,)`` counts over all genes; NaN where missing.
    """

    barcode: TextArray
    pixel: FloatArray
    per_spot: FloatArray


def section_image(
    source: SectionSource, metadata: SpatialMetadata | None, spots: MeasuredSpots
) -> tuple[TissueImage, float, TextArray]:
    """Find the image of a section, and say which of its spots can be used.

    Parameters
    ----------
    source
        The section, and the image where a person named one.
    metadata
        What the file states; None where it states nothing.
    spots
        All spots of the section.

    Returns
    -------
    image
        The image, or tiles cut before.
    scale
        Its pixels per full-resolution pixel.
    reason
        ``(n,)`` text: why a spot can't be used; empty where it can.

    Raises
    ------
    DataError
        There is no image, more than one, or none of the spots falls on it.
    """
    folder, stems = source.path.parent, list(dict.fromkeys((source.stem, source.path.stem)))
    folders = [folder, folder / "images", folder.parent / "images", folder.parent / "wsis"]
    images = usual_files(folders, [f"{stem}{ending}" for stem in stems for ending in IMAGES])
    if source.image is None and not images:
        if patches := _patch_files(folder, stems):
            return _patches(patches[0], spots)
        if metadata and metadata.hires and metadata.hires_scale:
            with opened_hdf5(source.path, source.path.name) as file:
                embedded = embedded_image(file, source.path, metadata.hires)
            scaled = spots.pixel * metadata.hires_scale
            return embedded, metadata.hires_scale, spot_reasons(scaled, spots.per_spot, embedded, source.stem)
    image = open_tissue_image(find_image(source, folders, stems))
    return image, 1.0, spot_reasons(spots.pixel, spots.per_spot, image, source.stem)


def _patch_files(folder: Path, stems: list[str]) -> list[Path]:
    folders = [folder / "patches", folder.parent / "patches"]
    named = usual_files([folder, *folders], [f"{stem}_patches.h5" for stem in stems])
    return [*usual_files(folders, [f"{stem}.h5" for stem in stems]), *named]


def _patches(path: Path, spots: MeasuredSpots) -> tuple[PrecutTiles, float, TextArray]:
    """Return tiles joined to spots by barcode; HEST leaves out spots at the edge."""
    where = path.name
    with opened_hdf5(path, where) as file:
        refuse_foreign(file, where)
        tiles = checked_tiles(file, "img", where)
        names = texts(file, "barcodes" if "barcodes" in file else "barcode", where)
        side, count = tiles.attrs.get("patch_size_src"), tiles.shape[0]
    if len(names) != count:
        raise DataError(f"{where}: {len(names)} barcodes for {count} tiles; take a fresh copy")
    refuse_duplicates(names, "barcode", where)
    row_of = {barcode: row for row, barcode in enumerate(spots.barcode)}
    if lost := [name for name in names if name not in row_of]:
        raise DataError(
            f"{where}: {len(lost)} of {count} tiles belong to no spot, {lost[0]!r:.60} among them; is it another section's?"
        )
    rows = np.array([row_of[name] for name in names], dtype=np.intp)
    placed = np.asarray(np.isfinite(spots.pixel).all(axis=1), dtype=bool)
    known = np.flatnonzero(placed[rows])
    if not len(known):
        raise DataError(
            f"{where}: none of its {count} tiles belongs to a spot with a position; is it another section's?"
        )
    width = float(side) if isinstance(side, int | float | np.number) and side > 0 else None
    stored = TileDataset(path, "img", tuple(int(row) for row in known))
    return PrecutTiles(stored, spots.pixel[rows[known]], width), 1.0, _reasons(spots, rows, placed)


def _reasons(spots: MeasuredSpots, with_tile: "NDArray[np.intp]", placed: "NDArray[np.bool_]") -> TextArray:
    reason = text_array([""] * len(spots.barcode))
    reason[spots.per_spot <= 0] = NO_COUNTS
    reason[np.isnan(spots.per_spot)] = COUNTS_MISSING
    reason[np.setdiff1d(np.arange(len(reason)), with_tile)] = "no tile"
    reason[~placed] = "no position"
    return reason
