"""Which tiles of a slide are taken, and of what class each is."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray, TextArray, text_array
from spectra_dl.errors import DataError
from spectra_dl.evaluation.wording import first_few
from spectra_dl.imaging.image import Pixels, TissueImage
from spectra_dl.imaging.pixel_fields import SAME_SCALE
from spectra_dl.imaging.slide import open_tissue_image, stated_sizes
from spectra_dl.imaging.tissue_mask import Mask, tissue_mask
from spectra_dl.tissue.slides.annotation import read_annotation
from spectra_dl.tissue.slides.outlines import Outline, TileGrid, coverage_of, merged_names, refuse_outside

TILE_UM, LEAST_INSIDE = 112.0, 0.5  # where a user says nothing
_MOST_TILES, _LEAST_PIXELS = 500_000, 16
_SMALL_COPY, _PER_TILE = (512, 2048), 8  # pixels of its longer side, and of a tile in it
_GLASS = 90  # percentile of what is not dark
_SMOOTH, _PALEST = 0.008, 0.25  # of the longer side; of the dark tissue's optical density above that of glass
_HALO = 0.01  # of the longer side of a small copy, around dark tissue
_SOME_TISSUE = 0.1
OVERLAPPING = "tiles that lie in areas of several classes"
NOT_ASKED_FOR = "annotations of classes that are not asked for"


@dataclass(frozen=True)
class SlideCut:
    """How slides are cut.

    Attributes
    ----------
    tile_um
        A tile's side in µm.
    least_inside
        The least share of a tile in areas of its class, or on tissue where nothing is annotated.
    classes
        The class by an annotation's name; empty takes every annotation by its own name.
    """

    tile_um: float = TILE_UM
    least_inside: float = LEAST_INSIDE
    classes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class CutTiles:
    """The tiles of one slide.

    Attributes
    ----------
    corner
        ``(k, 2)`` x and y of their upper left corners in the slide's pixels.
    side
        Of a tile in the slide's pixels.
    um_per_pixel
        Of the slide.
    label
        ``(k,)`` text: the class that is annotated; None where nothing is.
    counts
        What was left out, by why.
    notes
        Of the slide.
    """

    corner: FloatArray
    side: int
    um_per_pixel: float
    label: TextArray | None
    counts: Counter[str]
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.corner)


def cut_slide(path: Path, cut: SlideCut, *, mpp: float, annotation: Path | None) -> CutTiles:
    """Return where the tiles of a slide lie; none of their pixels is decoded yet.

    Parameters
    ----------
    path
        The slide.
    cut
        How it is cut.
    mpp
        µm per pixel as the sheet says; NaN takes what the slide states.
    annotation
        The file of its areas; None takes what is tissue.

    Raises
    ------
    DataError
        The slide or the annotation can't be read, they don't fit each other, or nobody says how large a pixel is.
    """
    image = open_tissue_image(path)
    um, notes = _um_per_pixel(image, mpp)
    side = round(cut.tile_um / um)
    grid = TileGrid.over(image.width, image.height, max(1, side))
    if side < _LEAST_PIXELS or not 1 <= grid.columns * grid.rows <= _MOST_TILES:
        raise DataError(
            f"{path.name}: tiles of {cut.tile_um:g} um are {side} of its pixels wide, and {grid.columns * grid.rows:,} fit into {image.width} x {image.height}; "
            f"from {_LEAST_PIXELS} pixels and 1 to {_MOST_TILES:,} tiles a slide can be cut: change --tile-um, or correct mpp"
        )
    if annotation is None:
        return CutTiles(_on_tissue(image, grid, cut.least_inside), side, um, None, Counter(), notes)
    return _annotated(image, grid, cut, annotation, (um, notes))


def _annotated(
    image: TissueImage, grid: TileGrid, cut: SlideCut, annotation: Path, scale: tuple[float, tuple[str, ...]]
) -> CutTiles:
    stated = ((size.across_um + size.down_um) / 2 for size in stated_sizes(image))
    found, left_out = read_annotation(annotation, {scale[0], *stated})
    outlines = merged_names(found, cut.classes)
    _refuse_other_spellings(found, cut.classes, annotation.name)
    left_out[NOT_ASKED_FOR] += len(found) - len(outlines)
    refuse_outside(outlines, (image.width, image.height), annotation.name)
    notes = scale[1]
    if not outlines:
        names = first_few(dict.fromkeys(each.name for each in found)) if found else "none with a class"
        said = f"{annotation.name}: no annotation of a class that is asked for (there are: {names})"
        return CutTiles(np.empty((0, 2)), grid.side, scale[0], text_array([]), left_out, (*notes, said))
    _refuse_corner(outlines, grid, annotation.name)
    coverage = coverage_of(outlines, grid)
    number, shared = coverage.decided(cut.least_inside)
    left_out[OVERLAPPING] += int(shared.sum())
    chosen = number >= 0
    labels = text_array([coverage.names[each] for each in number[chosen].tolist()])
    notes = (*notes, *_on_glass(image, grid, chosen, annotation.name))
    return CutTiles(grid.corners(chosen), grid.side, scale[0], labels, left_out, notes)


def _refuse_corner(outlines: Sequence[Outline], grid: TileGrid, where: str) -> None:
    """Refuse areas that all lie in the corner from which pixels count, as those in millimetres or shares of the slide do."""
    farthest = max(float(ring.max()) for each in outlines for ring in each.rings)
    if farthest <= grid.side and grid.columns * grid.rows > 1:
        raise DataError(
            f"{where}: all areas lie within {farthest:.4g} of the slide's upper left corner, less than a tile of {grid.side} pixels: another unit? export "
            "them in pixels of the slide's full resolution"
        )


def _on_glass(image: TissueImage, grid: TileGrid, chosen: NDArray[np.bool_], where: str) -> tuple[str, ...]:
    """Return a note where most annotated tiles have no tissue in them and others have."""
    share = _tissue_share(image, grid)
    empty = int((share[chosen] < _SOME_TISSUE).sum())
    if 2 * empty <= int(chosen.sum()) or not (share[~chosen] >= LEAST_INSIDE).any():
        return ()
    return (
        f"WARNING: {where}: {empty} of {int(chosen.sum())} annotated tiles lie on glass, and tissue lies elsewhere on {image.path.name}: is it the "
        "annotation of this slide, in pixels of its full resolution, neither turned nor mirrored?",
    )


def _refuse_other_spellings(found: Sequence[Outline], classes: Mapping[str, str], where: str) -> None:
    """Refuse annotations that would be left out for their case or spaces alone."""
    asked = {"".join(name.split()).lower(): name for name in classes}
    for each in found:
        same = asked.get("".join(each.name.split()).lower())
        if same is not None and each.name not in classes:
            raise DataError(
                f"{where}: annotations are called {each.name!r:.60}, and --annotation asks for {same!r:.60}; write it in one way, or ask for both as one class"
            )


def _um_per_pixel(image: TissueImage, mpp: float) -> tuple[float, tuple[str, ...]]:
    """Return µm per pixel as the sheet or else the slide says, and a note where they differ."""
    stated = [(size.across_um + size.down_um) / 2 for size in stated_sizes(image)]
    if np.isnan(mpp):
        if not stated:
            raise DataError(
                f"{image.path.name}: a slide that doesn't say how large its pixels are; say it in the sheet's column mpp (um per pixel)"
            )
        return stated[0], ()
    if stated and abs(stated[0] - mpp) > SAME_SCALE * mpp:
        return mpp, (
            f"{image.path.name}: the sheet says {mpp:g} um per pixel, the slide {stated[0]:.4g}; the sheet is followed",
        )
    return mpp, ()


def dark_and_pale_tissue(pixels: Pixels) -> Mask:
    """Return ``(h, w)`` bool: True where an image ``(h, w, 3)`` has tissue, necrosis beside strongly stained tumour too.

    What the tissue mask calls glass is looked at once more by itself: a threshold between dark tissue and glass may lie above what is pale.
    Dye that has run out over the glass is paler still: tissue has a quarter of the dark tissue's optical density.
    """
    from scipy.ndimage import binary_dilation, uniform_filter

    dark = tissue_mask(pixels)
    near = binary_dilation(dark, iterations=max(1, round(_HALO * max(dark.shape))))
    if near.all() or not dark.any():
        return dark
    rest = pixels.copy()
    rest[near] = np.percentile(pixels[~near], _GLASS, axis=0)
    pale = tissue_mask(rest)
    if not pale.any() or (near | pale).all():
        return dark
    window = max(3, round(_SMOOTH * max(dark.shape)))
    smooth = uniform_filter(pixels.astype(np.float32), (window, window, 1))
    density = -np.log10((smooth + 1) / 256)
    distance = np.linalg.norm(density - np.median(density[~(near | pale)], axis=0), axis=2)
    return np.asarray(dark | (pale & (distance >= _PALEST * np.median(distance[dark]))))


def _on_tissue(image: TissueImage, grid: TileGrid, least: float) -> FloatArray:
    """Return the corners of tiles of which enough is tissue."""
    return grid.corners(_tissue_share(image, grid) >= least)


def _tissue_share(image: TissueImage, grid: TileGrid) -> FloatArray:
    """Return ``(rows, columns)`` how much of each tile is tissue, by a small copy of the slide."""
    longest = _PER_TILE * max(image.width, image.height) // grid.side
    pixels, scale = image.thumbnail(min(max(longest, _SMALL_COPY[0]), _SMALL_COPY[1]))
    mask = dark_and_pale_tissue(pixels)
    # Sums over all that is above and left, from which that over any tile follows.
    total = np.zeros((mask.shape[0] + 1, mask.shape[1] + 1))
    total[1:, 1:] = mask.cumsum(axis=0).cumsum(axis=1)
    down, across = (
        np.minimum(np.rint(np.arange(count + 1) * grid.side * scale).astype(int), size)
        for count, size in ((grid.rows, mask.shape[0]), (grid.columns, mask.shape[1]))
    )
    # A tile smaller than a pixel of the copy is that pixel.
    low, high = np.minimum(down[:-1], mask.shape[0] - 1), np.minimum(across[:-1], mask.shape[1] - 1)
    below, right = np.maximum(down[1:], low + 1), np.maximum(across[1:], high + 1)
    inside = (
        total[np.ix_(below, right)]
        - total[np.ix_(low, right)]
        - total[np.ix_(below, high)]
        + total[np.ix_(low, high)]
    )
    share: FloatArray = inside / np.outer(below - low, right - high)
    return share
