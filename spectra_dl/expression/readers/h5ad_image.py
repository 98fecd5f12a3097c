"""The image of a section that came as AnnData: a file beside it, tiles cut from it, or the small one inside."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from spectra_dl.arrays import FloatArray, TextArray, text_array
from spectra_dl.errors import DataError
from spectra_dl.expression.readers.counted import refuse_twice
from spectra_dl.expression.readers.embedded_image import embedded_image
from spectra_dl.expression.readers.source import (
    IMAGES,
    SectionSource,
    find_image,
    spot_reasons,
    usual_files,
)
from spectra_dl.expression.readers.tenx_matrix import texts
from spectra_dl.expression.section import COUNTS_MISSING, NO_COUNTS
from spectra_dl.imaging.image import TissueImage
from spectra_dl.imaging.precut_tiles import PrecutTiles, TileDataset, checked_tiles
from spectra_dl.imaging.slide import open_tissue_image
from spectra_dl.storage.hdf5_checks import opened_hdf5, refuse_foreign

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Library:
    """What ``uns['spatial']`` says of one section; None where it doesn't."""

    spot_diameter_px: float | None
    um_per_pixel: float | None
    hires_scale: float | None
    hires: str | None


@dataclass(frozen=True, eq=False)
class Placed:
    """Spots: barcodes ``(n,)``, full-resolution pixels ``(n, 2)``, and counts in all ``(n,)``, NaN where missing."""

    barcode: TextArray
    pixel: FloatArray
    per_spot: FloatArray


def section_image(
    source: SectionSource, library: Library | None, spots: Placed
) -> tuple[TissueImage, float, TextArray]:
    """Return the image, its pixels per full-resolution pixel, and why each spot can't be used.

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
        if library and library.hires and library.hires_scale:
            with opened_hdf5(source.path, source.path.name) as file:
                inside = embedded_image(file, source.path, library.hires)
            scaled = spots.pixel * library.hires_scale
            return inside, library.hires_scale, spot_reasons(scaled, spots.per_spot, inside, source.stem)
    image = open_tissue_image(find_image(source, folders, stems))
    return image, 1.0, spot_reasons(spots.pixel, spots.per_spot, image, source.stem)


def _patch_files(folder: Path, stems: list[str]) -> list[Path]:
    folders = [folder / "patches", folder.parent / "patches"]
    beside = usual_files([folder, *folders], [f"{stem}_patches.h5" for stem in stems])
    return [*usual_files(folders, [f"{stem}.h5" for stem in stems]), *beside]


def _patches(path: Path, spots: Placed) -> tuple[PrecutTiles, float, TextArray]:
    """Return tiles joined on barcode; HEST leaves out spots at the edge."""
    where = path.name
    with opened_hdf5(path, where) as file:
        refuse_foreign(file, where)
        tiles = checked_tiles(file, "img", where)
        names = texts(file, "barcodes" if "barcodes" in file else "barcode", where)
        side, count = tiles.attrs.get("patch_size_src"), tiles.shape[0]
    if len(names) != count:
        raise DataError(f"{where}: {len(names)} barcodes for {count} tiles; take a fresh copy")
    refuse_twice(names, "barcode", where)
    spot = {one: row for row, one in enumerate(spots.barcode)}
    if lost := [one for one in names if one not in spot]:
        raise DataError(
            f"{where}: {len(lost)} of {count} tiles belong to no spot, {lost[0]!r:.60} among them; is it another section's?"
        )
    rows = np.array([spot[one] for one in names], dtype=np.intp)
    placed = np.asarray(np.isfinite(spots.pixel).all(axis=1), dtype=bool)
    known = np.flatnonzero(placed[rows])
    if not len(known):
        raise DataError(
            f"{where}: none of its {count} tiles belongs to a spot with a position; is it another section's?"
        )
    width = float(side) if isinstance(side, int | float | np.number) and side > 0 else None
    stored = TileDataset(path, "img", tuple(int(row) for row in known))
    return PrecutTiles(stored, spots.pixel[rows[known]], width), 1.0, _reasons(spots, rows, placed)


def _reasons(spots: Placed, with_tile: "NDArray[np.intp]", placed: "NDArray[np.bool_]") -> TextArray:
    reason = text_array([""] * len(spots.barcode))
    reason[spots.per_spot <= 0] = NO_COUNTS
    reason[np.isnan(spots.per_spot)] = COUNTS_MISSING
    reason[np.setdiff1d(np.arange(len(reason)), with_tile)] = "no tile"
    reason[~placed] = "no position"
    return reason
