"""The image of a section in AnnData: a separate image file, tiles cut from one, or the small image embedded in it."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from spectra_dl.arrays import FloatArray, TextArray, text_array
from spectra_dl.errors import DataError
from spectra_dl.expression.readers.anndata_files.embedded_image import embedded_image
from spectra_dl.expression.readers.anndata_files.spatial_metadata import (
    SmallImage,
    SpatialMetadata,
    refuse_two_frames,
)
from spectra_dl.expression.readers.count_matrix import refuse_duplicates
from spectra_dl.expression.readers.source import (
    IMAGES,
    SectionSource,
    find_image,
    spot_reasons,
    usual_files,
)
from spectra_dl.expression.readers.stored.opened import opened_anndata
from spectra_dl.expression.readers.tenx.tenx_matrix import texts
from spectra_dl.expression.section import COUNTS_MISSING, NO_COUNTS, OFF_TISSUE
from spectra_dl.imaging.image import TissueImage
from spectra_dl.imaging.precut_tiles import PrecutTiles, TileDataset, checked_tiles
from spectra_dl.imaging.slide import open_tissue_image
from spectra_dl.storage.hdf5_checks import check_size, opened_hdf5, refuse_foreign, stored_dataset

if TYPE_CHECKING:
    import h5py
    from numpy.typing import NDArray

_SAME_SIZE = 0.02  # relative, of an image and the size that it should have


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
    in_tissue
        ``(n,)`` whether a spot lies under tissue; None where not stated.
    """

    barcode: TextArray
    pixel: FloatArray
    per_spot: FloatArray
    in_tissue: "NDArray[np.bool_] | None" = None


@dataclass(frozen=True, eq=False)
class SectionImage:
    """The image of a section.

    Attributes
    ----------
    image
        The image, or tiles cut before.
    scale
        Its pixels per full-resolution pixel.
    reason
        ``(n,)`` text: why a spot can't be used; empty where it can.
    notes
        To go on from the section's name.
    """

    image: TissueImage
    scale: float
    reason: TextArray
    notes: tuple[str, ...] = ()


def section_image(
    source: SectionSource, metadata: SpatialMetadata | None, spots: MeasuredSpots
) -> SectionImage:
    """Find the image of a section, and say which of its spots can be used.

    Parameters
    ----------
    source
        The section, and the image and its scale where a person named them.
    metadata
        What the file states; None where it states nothing.
    spots
        All spots of the section.

    Raises
    ------
    DataError
        There is no image, more than one, its scale contradicts what is stated, or the spots do not fall on it.
    """
    folder, stems = source.path.parent, list(dict.fromkeys((source.stem, source.path.stem)))
    folders = [folder, folder / "images", folder.parent / "images", folder.parent / "wsis"]
    images = usual_files(folders, [f"{stem}{ending}" for stem in stems for ending in IMAGES])
    if source.image is None and not images:
        if patches := _patch_files(folder, stems):
            return SectionImage(*_patches(patches[0], spots))
        if metadata is not None and metadata.images:
            return _embedded(source, metadata, spots)
        if metadata is not None and metadata.others:
            raise DataError(
                f"{source.path.name}: uns['spatial'] has {', '.join(metadata.others)!r:.120}, and nothing of that name for section {source.stem!r:.60}; name "
                "its image with --image, or give its library and its name in obs the same name"
            )
    image = open_tissue_image(find_image(source, folders, stems))
    scale, notes = _scale(source, image, metadata)
    return SectionImage(image, scale, _on_image(source, image, scale, spots), notes)


def _on_image(source: SectionSource, image: TissueImage, scale: float, spots: MeasuredSpots) -> TextArray:
    return spot_reasons(spots.pixel * scale, spots.per_spot, image, source.stem, spots.in_tissue)


def _embedded(source: SectionSource, metadata: SpatialMetadata, spots: MeasuredSpots) -> SectionImage:
    small = next((image for image in metadata.images if image.scale is not None), metadata.images[0])
    notes: tuple[str, ...] = ()
    if source.image_scale is not None:
        small = metadata.images[0]
        if small.scale is not None and abs(small.scale - source.image_scale) > _SAME_SIZE * small.scale:
            notes = (
                f"the image scale given, {source.image_scale:.4g}, is used and not the file's tissue_{small.name}_scalef {small.scale:.4g}",
            )
    elif small.scale is None:
        raise DataError(
            f"{source.path.name}: uns['spatial'] has the image {small.name} ({small.width} x {small.height} pixels) and not its scale factor; say "
            "--image-scale, its pixels per full-resolution pixel"
        )
    else:
        refuse_two_frames(metadata, source.path.name)
    scale = source.image_scale or small.scale or 1.0
    with opened_anndata(source.path) as root:
        embedded = embedded_image(root, source.path, small.path)
    return SectionImage(embedded, scale, _on_image(source, embedded, scale, spots), notes)


def _scale(
    source: SectionSource, image: TissueImage, metadata: SpatialMetadata | None
) -> tuple[float, tuple[str, ...]]:
    """Return pixels of an image file per full-resolution pixel; it is the full-resolution image unless something says otherwise."""
    smalls = [image for image in (metadata.images if metadata else ()) if image.frame is not None]
    if source.image_scale is not None:
        _refuse_other_shape(source, image, smalls)
        return source.image_scale, (
            f"{image.path.name} has {source.image_scale:.4g} pixels per full-resolution pixel, as given",
        )
    for small in smalls:
        if (image.width, image.height) == (small.width, small.height):
            return small.scale or 1.0, (
                f"{image.path.name} has the size of the image {small.name}, so {small.scale:.4g} pixels per full-resolution pixel",
            )
    ratios = [_ratio(image, small) for small in smalls]
    # One small image may be cut or resized; that the full-resolution image fits the other is enough.
    if not ratios or any(max(abs(ratio - 1)) <= _SAME_SIZE for ratio in ratios):
        return 1.0, ()
    ratio, small, whole = ratios[0], smalls[0], smalls[0].frame or (0.0, 0.0)
    found = f"{source.stem}: {image.path.name} has {image.width} x {image.height} pixels"
    frame = f"the full-resolution image of {whole[0]:.0f} x {whole[1]:.0f} by tissue_{small.name}_scalef"
    if _same_shape(ratio):
        raise DataError(
            f"{found}, {ratio[0]:.3g} times {frame}; name that one, or say --image-scale {ratio[0]:.4g}"
        )
    raise DataError(
        f"{found}, {ratio[0]:.3g} times the width and {ratio[1]:.3g} times the height of {frame}; it was cut, padded or stretched, or is another "
        "image: name the whole one"
    )


def _ratio(image: TissueImage, small: SmallImage) -> FloatArray:
    """Return how many times an image's width and height are those of the full-resolution image, beyond rounding of the small one."""
    frame = np.array(small.frame or (1.0, 1.0))
    rounding = 1.0 / (small.scale or 1.0)
    size = np.array([image.width, image.height], dtype=np.float64)
    return np.asarray(np.where(abs(size - frame) <= rounding, 1.0, size / frame))


def _same_shape(ratio: FloatArray) -> bool:
    return bool(abs(ratio[0] - ratio[1]) <= _SAME_SIZE * ratio.max())


def _refuse_other_shape(source: SectionSource, image: TissueImage, smalls: list[SmallImage]) -> None:
    """Refuse an image that no scale makes the full-resolution one, as it is wider or higher in proportion."""
    ratios = [_ratio(image, small) for small in smalls]
    if not ratios or any(map(_same_shape, ratios)):
        return
    width, height = smalls[0].frame or (0.0, 0.0)
    raise DataError(
        f"{source.stem}: {image.path.name} has {image.width} x {image.height} pixels, which the image scale given, {source.image_scale:.4g}, does not "
        f"explain: the full-resolution image has {width:.0f} x {height:.0f} by tissue_{smalls[0].name}_scalef; name the whole image"
    )


def _patch_files(folder: Path, stems: list[str]) -> list[Path]:
    folders = [folder / "patches", folder.parent / "patches"]
    named = usual_files([folder, *folders], [f"{stem}_patches.h5" for stem in stems])
    return [*usual_files(folders, [f"{stem}.h5" for stem in stems]), *named]


def _patches(path: Path, spots: MeasuredSpots) -> tuple[PrecutTiles, float, TextArray, tuple[str, ...]]:
    """Return tiles joined to spots by barcode; HEST leaves out spots at the edge."""
    where = path.name
    with opened_hdf5(path, where) as file:
        refuse_foreign(file, where)
        tiles = checked_tiles(file, "img", where)
        names = texts(file, "barcodes" if "barcodes" in file else "barcode", where)
        side, count = tiles.attrs.get("patch_size_src"), tiles.shape[0]
        corner = _coords(file, count, where)
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
    notes = () if corner is None else _apart(corner[known], spots.pixel[rows[known]], width, where)
    return PrecutTiles(stored, spots.pixel[rows[known]], width), 1.0, _reasons(spots, rows, placed), notes


def _coords(file: "h5py.File", count: int, where: str) -> FloatArray | None:
    """Return where tiles were cut ``(n, 2)``, as HEST states it; None where it isn't stated."""
    if "coords" not in file:
        return None
    stored = stored_dataset(file, "coords", where)
    if stored.shape != (count, 2) or stored.dtype.kind not in "iuf":
        return None
    check_size(stored, where)
    return np.asarray(stored[()], dtype=np.float64)


def _apart(corner: FloatArray, pixel: FloatArray, width: float | None, where: str) -> tuple[str, ...]:
    """Return a note where tiles were cut further from their spots than they are wide, as barcodes are the same on every slide."""
    away = np.sqrt(((corner - pixel) ** 2).sum(axis=1))
    far = away > (width or np.inf)
    if not far.any():
        return ()
    return (
        f"{int(far.sum())} of {len(far)} tiles of {where} were cut {np.median(away[far]):.4g} pixels (median) from the spots of their barcodes, by its coords; "
        "is it another section's?",
    )


def _reasons(spots: MeasuredSpots, with_tile: "NDArray[np.intp]", placed: "NDArray[np.bool_]") -> TextArray:
    reason = text_array([""] * len(spots.barcode))
    reason[spots.per_spot <= 0] = NO_COUNTS
    reason[np.isnan(spots.per_spot)] = COUNTS_MISSING
    reason[np.setdiff1d(np.arange(len(reason)), with_tile)] = "no tile"
    reason[~placed] = "no position"
    if spots.in_tissue is not None:
        reason[~spots.in_tissue] = OFF_TISSUE
    return reason
