"""Features of patches of a slide, as TRIDENT and CLAM write them: a row of numbers and a corner for each patch, no barcodes.

References
----------
Lu et al. 2021, doi 10.1038/s41551-020-00682-w (CLAM); Zhang et al. 2025, doi 10.48550/arXiv.2502.06750 (TRIDENT).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray
from spectra_dl.errors import DataError
from spectra_dl.imaging.features.block import Features
from spectra_dl.imaging.features.file import VALUES, stored_numbers, stored_part
from spectra_dl.imaging.precut_tiles import PrecutTiles
from spectra_dl.imaging.tile_source import TileSource
from spectra_dl.storage.hdf5_checks import opened_hdf5, refuse_foreign

_COORDS = ("coords", "coordinates")
_SIDE, _CLOSE, _LEAST_SHARE = "patch_size_level0", 0.1, 0.5
_MORE = 0.05  # of the spots, that another reading of coords joins beyond the one stated
_TIMES = (0.25, 0.5, 2.0, 4.0)  # steps between the levels of a pyramid
_SAME_FRAME = 0.02  # relative, since a smaller copy of a slide is a whole number of pixels wide
_FEWEST, _EXPLAINED, _EXACT, _SAME_SIDE = 10, 0.9, 1e-6, 0.1
_HOW = "write the side in level-0 pixels as the attribute patch_size_level0 of coords, or a dataset barcode with a spot for each row"


@dataclass(frozen=True, eq=False)
class PatchPlaces:
    """Where patches lie on a slide, in its pixels at level 0.

    Attributes
    ----------
    corner
        ``(n, 2)`` x and y of the upper left corners.
    side
        Of a patch.
    frame
        Width and height of the slide; None where not stated.
    """

    corner: FloatArray
    side: float
    frame: tuple[float, float] | None


def read_patches(path: Path, beside: Iterable[Path]) -> tuple[Features, PatchPlaces]:
    """Read features of patches and their places.

    Parameters
    ----------
    path
        The file with ``features`` (n, d) or (1, n, d), and maybe ``coords`` (n, 2) and the side of a patch in attributes.
    beside
        Files of patches of the same slide, of which the first takes the place of coords or attributes that ``path`` lacks.

    Raises
    ------
    UnsafeError
        A part of it lies in another file.
    DataError
        It is damaged, its parts don't fit, or where patches lie or how large they are is not stated.
    """
    with opened_hdf5(path, path.name) as file:
        refuse_foreign(file, path.name)
        values = stored_numbers(stored_part(file, VALUES, path.name), path.name)
    corner, stated = _places(path)
    other = next((file for file in beside if file != path and file.is_file()), None)
    if (corner is None or _side(stated) is None) and other is not None:
        elsewhere, stated_elsewhere = _places(other)
        corner = elsewhere if corner is None else corner
        stated = {**stated_elsewhere, **stated}
    if corner is None:
        raise DataError(f"{path.name}: neither barcode nor coords say which row is whose; {_HOW}")
    side = _side(stated)
    if side is None:
        raise DataError(f"{path.name}: coords without the side of a patch at level 0; {_HOW}")
    _refuse_two_sides(stated, side, path.name)
    if len(corner) != len(values):
        raise DataError(
            f"{path.name}: {len(values)} rows of features and {len(corner)} coords; make it again"
        )
    if not np.isfinite(values).all():
        raise DataError(f"{path.name}: its features are not all numbers; make it again")
    if len(np.unique(corner, axis=0)) != len(corner):
        raise DataError(f"{path.name}: two patches have one place; make one file for each section")
    return values, PatchPlaces(corner, side, _frame(stated))


def patch_of_spot(places: PatchPlaces, section: TileSource, where: str) -> NDArray[np.intp]:
    """Return ``(n,)`` the row of the nearest patch in which each spot's centre lies; -1 where it lies in none.

    Parameters
    ----------
    places
        The patches.
    section
        The spots.
    where
        The file of features, for messages.

    Raises
    ------
    DataError
        Spots and patches are not of one frame.
    """
    spots = section.full_pixel
    _refuse_other_frame(places, section, where)
    centre = places.corner + places.side / 2
    row, distance = _nearest(centre, spots, places.side / 2)
    joined = row >= 0
    _refuse_other_reading(places, section, int(joined.sum()), where)
    if not joined.any():
        raise DataError(
            f"{where}: none of its patches holds a spot of section {section.name}: corners go up to {_reach(places.corner)}, spots up to "
            f"{_reach(spots)}; coords are corners in level-0 pixels of the slide in whose pixels the spots are stated"
        )
    if joined.mean() <= _LEAST_SHARE:
        raise DataError(
            f"{where}: {int((~joined).sum())} of {len(spots)} spots of section {section.name} lie in no patch; cut patches around all spots, or "
            "give coords as corners in level-0 pixels of the slide in whose pixels the spots are stated"
        )
    at_corner = _nearest(places.corner, spots, places.side / 2)[1]
    if np.median(at_corner) < min(_CLOSE * places.side, np.median(distance[joined]) / 2):
        raise DataError(
            f"{where}: its coords lie on the spots themselves, so they are centres of patches, not corners; subtract half of {places.side:g}"
        )
    if np.median(distance[joined]) > _CLOSE * places.side:  # not cut around the spots
        _refuse_centres_of_grid(places, where)
    return row


def refuse_coords_of_others(path: Path, rows: NDArray[np.intp], section: TileSource) -> None:
    """Refuse a file whose barcodes put its rows at other spots than its coords do, in whatever frame and direction these are.

    Parameters
    ----------
    path
        The file; one without coords passes.
    rows
        ``(n,)`` the row that belongs to each spot by its barcode; -1 where none does.
    section
        The spots.

    Raises
    ------
    DataError
        Coords say nothing of where the spots of their barcodes lie.
    """
    try:
        corner, _ = _places(path)
    except DataError:
        return  # coords that are no places of patches
    known = (rows >= 0) & np.isfinite(section.full_pixel).all(axis=1)
    if corner is None or known.sum() < _FEWEST or len(corner) <= rows.max():
        return
    spots = section.full_pixel[known] - section.full_pixel[known].mean(axis=0)
    places = corner[rows[known]] - corner[rows[known]].mean(axis=0)
    fitted = places @ np.linalg.lstsq(places, spots, rcond=None)[0]
    explained = 1 - ((spots - fitted) ** 2).sum() / max((spots**2).sum(), np.finfo(float).tiny)
    if explained < _EXPLAINED:
        raise DataError(
            f"{path.name}: its coords explain {100 * explained:.0f} % of where the spots of its barcodes lie in section {section.name}; one of the two belongs to "
            "other rows: make the file again"
        )


def _nearest(centre: FloatArray, spots: FloatArray, reach: float) -> tuple[NDArray[np.intp], FloatArray]:
    """Return the nearest patch of each spot, -1 where the spot lies outside, and the distance."""
    from scipy.spatial import cKDTree

    distance, row = cKDTree(centre).query(spots)
    inside = np.abs(centre[row] - spots).max(axis=1) <= reach
    return np.where(inside, row, -1).astype(np.intp), np.asarray(distance, dtype=np.float64)


def _refuse_other_reading(places: PatchPlaces, section: TileSource, joined: int, where: str) -> None:
    """Refuse coords that join clearly more spots with x and y swapped, or as pixels of another level."""
    spots, corner, side = section.full_pixel, places.corner, places.side
    if joined == len(spots):
        return
    read_as = [("with x and y of coords swapped; write x first", corner[:, ::-1], side)]
    for times in _TIMES:
        size = f"{times:g} times smaller" if times > 1 else f"{1 / times:g} times larger"
        words = f"with coords as of a level {size}; give level-0 coords"
        read_as.append((words, corner * times, side))
        if joined <= _LEAST_SHARE * len(spots):  # the side may be of that level too
            read_as.append((words, corner * times, side * times))
    count = [int((_nearest(at + wide / 2, spots, wide / 2)[0] >= 0).sum()) for _, at, wide in read_as]
    best = int(np.argmax(count))
    if count[best] - joined > _MORE * len(spots) and count[best] > _LEAST_SHARE * len(spots):
        raise DataError(
            f"{where}: {joined} of {len(spots)} spots of section {section.name} lie in a patch, {count[best]} {read_as[best][0]}"
        )


def _refuse_centres_of_grid(places: PatchPlaces, where: str) -> None:
    """Refuse coords of which each lies half a patch, or an odd number of halves, from the slide's corner, as centres of a grid do."""
    half = places.side / 2
    odd = np.abs((places.corner - half) % places.side) < _EXACT * places.side
    if len(places.corner) >= _FEWEST and half >= 2 and odd.all():
        raise DataError(
            f"{where}: each of its {len(places.corner)} coords lies half a patch of {places.side:g} off a grid that starts in the slide's corner, as centres of patches do; "
            "give the upper left corners, or a dataset barcode with a spot for each row"
        )


def _refuse_two_sides(stated: Mapping[str, FloatArray], side: float, where: str) -> None:
    """Refuse attributes of which two state another side of a patch, or that say it is not square."""
    size, here, full = (
        stated.get(name) for name in ("patch_size", "target_magnification", "level0_magnification")
    )
    others = [value for name in (_SIDE, "patch_size") for value in stated.get(name, np.array([]))[1:]]
    if others and abs(others[0] - stated[_SIDE if _SIDE in stated else "patch_size"][0]) > _SAME_FRAME * side:
        raise DataError(f"{where}: its patches are not square; cut square ones")
    if size is None or here is None or full is None or here[0] <= 0:
        return
    by_magnification = size[0] * full[0] / here[0]
    if abs(by_magnification - side) > _SAME_SIDE * side:
        raise DataError(
            f"{where}: a patch is {side:g} pixels of level 0 wide by {_SIDE}, but {by_magnification:g} by patch_size and magnifications; correct the wrong one"
        )


def _refuse_other_frame(places: PatchPlaces, section: TileSource, where: str) -> None:
    if isinstance(section.image, PrecutTiles) or not len(section):
        return
    times = section.um_per_pixel / (section.full_um_per_pixel or section.um_per_pixel)
    size = section.image.width * times, section.image.height * times
    of_section = f"section {section.name} is of {size[0]:.0f} x {size[1]:.0f}"
    if places.frame is not None and any(
        abs(a - b) > _SAME_FRAME * b for a, b in zip(places.frame, size, strict=True)
    ):
        stated = " x ".join(f"{length:.0f}" for length in places.frame)
        raise DataError(
            f"{where}: its patches are of a slide of {stated} pixels, {of_section}; cut the "
            "patches from the image in whose pixels the spots are stated"
        )
    # A grid over a whole slide joins every spot either way; its edges show which way it lies.
    beyond = (places.corner >= size).any(axis=1)
    if beyond.any() and not (places.corner[:, ::-1] >= size).any():
        raise DataError(
            f"{where}: {int(beyond.sum())} of {len(places.corner)} patches start beyond the edge, none with x and y of coords swapped; {of_section} pixels: "
            "write x first"
        )


def _places(path: Path) -> tuple[FloatArray | None, dict[str, FloatArray]]:
    """Return corners and the numbers among the attributes; None where the file has no coords."""
    with opened_hdf5(path, path.name) as file:
        refuse_foreign(file, path.name)
        stated = _numbers_in(file.attrs)
        if not any(name in file for name in _COORDS):
            return None, stated
        stored = stored_part(file, _COORDS, path.name)
        if stored.ndim not in (2, 3) or stored.shape[-1] != 2 or stored.dtype.kind not in "iuf":
            raise DataError(
                f"{path.name}: coords has shape {stored.shape} and type {stored.dtype}; x and y for each row are needed"
            )
        corner = np.asarray(stored[()], dtype=np.float64).reshape(-1, 2)
        if not np.isfinite(corner).all():
            raise DataError(f"{path.name}: coords are not all numbers; make it again")
        return corner, stated | _numbers_in(stored.attrs)


def _numbers_in(attributes: Mapping[str, object]) -> dict[str, FloatArray]:
    numbers = {}
    for name in attributes:
        value = np.asarray(attributes[name])
        if value.dtype.kind in "iuf" and 1 <= value.size <= 2 and np.isfinite(value).all():
            numbers[str(name)] = value.astype(np.float64).ravel()
    return numbers


def _side(stated: Mapping[str, FloatArray]) -> float | None:
    """Return a patch's side at level 0: as stated, or from the side at its level or magnification."""
    if _SIDE in stated:
        return _positive(stated[_SIDE][0])
    if "patch_size" not in stated:
        return None
    size, here = stated["patch_size"][0], stated.get("target_magnification")
    full = stated.get("level0_magnification")
    if here is not None and full is not None and here[0] > 0:
        return _positive(size * full[0] / here[0])
    if "downsample" in stated:
        times = stated["downsample"].max() * stated.get("custom_downsample", np.ones(1))[0]
        return _positive(size * times)
    return _positive(size) if "patch_level" in stated and stated["patch_level"][0] == 0 else None


def _positive(value: float) -> float | None:
    return float(value) if np.isfinite(value) and value > 0 else None


def _frame(stated: Mapping[str, FloatArray]) -> tuple[float, float] | None:
    if "level0_width" in stated and "level0_height" in stated:
        return float(stated["level0_width"][0]), float(stated["level0_height"][0])
    return None


def _reach(places: FloatArray) -> str:
    return " x ".join(f"{value:.0f}" for value in np.nanmax(places, axis=0))


def patch_files(folder: Path, name: str) -> list[Path]:
    """Return where tools keep the patches of a slide: in a folder ``patches`` here or up to two levels above.

    Parameters
    ----------
    folder
        Of the features.
    name
        The slide's.
    """
    return [
        parent / "patches" / f"{name}{end}.h5"
        for parent in (folder, folder.parent, folder.parent.parent)
        for end in ("", "_patches")
    ]
