"""What a person states of a section before it is read, and what every reader checks."""

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from spectra_dl.arrays import FloatArray, TextArray, text_array
from spectra_dl.errors import DataError, UsageError
from spectra_dl.expression.readers.scale_factors import possible_size
from spectra_dl.expression.section import COUNTS_MISSING, NO_COUNTS, OFF_TISSUE, TissueSection, pitch_of
from spectra_dl.imaging.image import TissueImage

if TYPE_CHECKING:
    from numpy.typing import NDArray

IMAGES = (".jpg", ".jpeg", ".png", ".tif", ".tiff")
_CAPITALS = tuple(ending.upper() for ending in IMAGES)
_ENDINGS = re.compile(
    r"(\.(tsv|csv|txt|gz|h5ad|h5|zarr|jpe?g|png|tiff?|svs|ndpi|mrxs|scn|bif|dcm|czi))+$", re.IGNORECASE
)
_FARTHEST_PX = 1e9
_MOST_OFF_IMAGE = 1 / 3  # of the spots; a crop leaves out some, a wrong scale most
_SPOT_UM = (
    20.0  # wide, as spots of arrays are; cells and small bins are less, and cells may lie over each other
)
_LAPPED, _SAME_PLACE = (
    0.7,
    0.1,
)  # of a spot's diameter: the median distance of neighbours, and that of any two
_MOST_TILT = 0.05  # by which the pitch along an array's two axes may differ
_REFITS = (
    5  # of an array, each time without the places off the fit by so many medians, and by so much of a step
)
_FAR_OFF, _AT_LEAST = 3.0, 0.5
_IRREGULAR = 0.3  # of a step, by which half the spots may lie off a fitted array


@dataclass(frozen=True)
class SectionSource:
    """A section's files and ids, as a person states them.

    Attributes
    ----------
    path
        A counts table of legacy Spatial Transcriptomics, a Space Ranger folder, an ``.h5ad``, a folder of tiles, or an image.
    name, patient
        The ids; the name defaults to the file's.
    um_per_pixel
        Of the full-resolution image, above 0 and below a million; None reads it from the files.
    image, spots
        The image and the spot file, where they don't have the usual names.
    pitch_um
        µm between the spots laid over an image that comes without counts; 100 where None.
    batch
        The batch, scanner or site, where a person names it.
    bin_um
        µm of a side of the squares into which bins of Visium HD are joined or cells gathered; None takes the format's own.
    alignment
        The matrix by which an image of H&E lies on a Xenium run, where it doesn't lie beside the image.
    image_scale
        Pixels of the image that is read per full-resolution pixel, above 0; files state spots in full-resolution pixels. None
        takes what the files say of the image, and 1 for an image that they say nothing of.

    Raises
    ------
    UsageError
        µm per pixel, the pitch, the bins or the image's scale are not above 0 and below a million.
    """

    path: Path
    name: str | None = None
    patient: str | None = None
    um_per_pixel: float | None = None
    image: Path | None = None
    spots: Path | None = None
    pitch_um: float | None = None
    batch: str | None = None
    image_scale: float | None = None
    bin_um: float | None = None
    alignment: Path | None = None

    def __post_init__(self) -> None:
        stated = (
            ("µm per pixel", self.um_per_pixel),
            ("µm between spots", self.pitch_um),
            ("µm of a bin", self.bin_um),
            ("pixels of the image per full-resolution pixel", self.image_scale),
        )
        for what, value in stated:
            if value is not None and not possible_size(value):
                raise UsageError(f"{self.stem}: {value} {what}; give a number above 0 and below a million")

    @property
    def stem(self) -> str:
        """The section's name, or the file's without its endings."""
        return self.name or self.file_stem

    @property
    def file_stem(self) -> str:
        """The file's name without its endings."""
        return _ENDINGS.sub("", self.path.name) or self.path.resolve().name


def find_image(source: SectionSource, folders: Sequence[Path], names: Sequence[str]) -> Path:
    """Return the image that a person named, or the one under a usual name.

    Parameters
    ----------
    source
        The section, and the image where a person named one.
    folders
        Where to look.
    names
        File names without the ending of an image format.

    Raises
    ------
    DataError
        There is none, or more than one.
    """
    if source.image is not None:
        return source.image
    paths = usual_images(folders, names)
    if len(paths) != 1:
        listed = ", ".join(path.name for path in paths) or "none"
        raise DataError(
            f"{source.path.name}: one image of section {source.stem} is needed, found {listed:.200}; name it with --image or in the "
            "column image"
        )
    return paths[0]


def usual_images(folders: Sequence[Path], names: Sequence[str]) -> list[Path]:
    """Return which images of these names exist; those whose ending stands in capitals where there are no others.

    Parameters
    ----------
    folders
        Where to look.
    names
        File names without the ending of an image format.
    """
    files = [[f"{name}{ending}" for name in names for ending in endings] for endings in (IMAGES, _CAPITALS)]
    return usual_files(folders, files[0]) or usual_files(folders, files[1])


def usual_files(folders: Sequence[Path], names: Sequence[str]) -> list[Path]:
    """Return which of these files exist, by folder and then by name, none twice.

    Parameters
    ----------
    folders
        Where to look.
    names
        File names with their endings.
    """
    paths = [folder / name for folder in folders for name in names if os.path.isfile(folder / name)]
    return list(dict.fromkeys(paths))


def refuse_far(places: FloatArray, where: str) -> None:
    """Refuse positions on an array or an image that are too large to be true.

    Parameters
    ----------
    places
        ``(n, k)`` coordinates; NaN is let through.
    where
        The file, for messages.

    Raises
    ------
    DataError
        A coordinate is larger than 1e9.
    """
    far = np.abs(places) > _FARTHEST_PX
    if far.any():
        row = int(np.flatnonzero(far.any(axis=1))[0])
        raise DataError(
            f"{where}: spot {row + 1} lies at {places[row][far[row]][0]:g}; no image is so large, correct its position"
        )


def spot_reasons(
    position_px: FloatArray,
    counts_per_spot: FloatArray,
    image: TissueImage,
    name: str,
    in_tissue: "NDArray[np.bool_] | None" = None,
) -> TextArray:
    """Say for each spot why it can't be used; empty where it can.

    Parameters
    ----------
    position_px
        ``(n, 2)`` x and y in pixels of ``image``; NaN where unknown.
    counts_per_spot
        ``(n,)`` sums, NaN where values are missing.
    image
        On which spots must lie.
    name
        The section, for messages.
    in_tissue
        ``(n,)`` whether each spot lies under tissue, as the files state it; None where they state nothing.

    Raises
    ------
    DataError
        A third of the spots under tissue, or more, do not fall on the image.
    """
    known = np.asarray(np.isfinite(position_px).all(axis=1), dtype=bool)
    placed = np.nan_to_num(position_px, nan=-1.0)
    inside = np.asarray(((placed >= 0) & (placed < (image.width, image.height))).all(axis=1), dtype=bool)
    asked = known if in_tissue is None else known & in_tissue
    _refuse_off_image(position_px[asked], inside[asked], image, name)
    reason = text_array([""] * len(inside))
    reason[counts_per_spot <= 0] = NO_COUNTS
    reason[np.isnan(counts_per_spot)] = COUNTS_MISSING
    reason[~inside] = "off the image"
    reason[~known] = "no position"
    if in_tissue is not None:
        reason[~in_tissue] = OFF_TISSUE
    return reason


def _refuse_off_image(
    position_px: FloatArray, inside: "NDArray[np.bool_]", image: TissueImage, name: str
) -> None:
    """Refuse spots of which many lie off the image, which is what a wrong scale or another image looks like."""
    if inside.any() and np.mean(~inside) < _MOST_OFF_IMAGE:
        return
    size = f"{image.width} x {image.height} pixels"
    reach = position_px.max(axis=0, initial=1.0)
    ratio = float(np.min(np.array([image.width, image.height]) / reach))
    hint = f" (they reach to {reach[0]:.0f}, {reach[1]:.0f}; of a smaller copy say --image-scale, here {ratio:.2g} at most)"
    raise DataError(
        f"{name}: {int(inside.sum())} of {len(inside)} spots fall on the image {image.path.name} ({size}); is it another image or another scale "
        f"factor?{hint if ratio < 1 else ''}"
    )


def refuse_same_place(section: TissueSection) -> None:
    """Refuse a section of which two spots lie at one place, as after putting two sections into one file.

    Parameters
    ----------
    section
        Its spots off tissue, and those without a position, are not looked at.

    Raises
    ------
    DataError
        Two spots have the same position, or the same row and column of the array.
    """
    rows = np.flatnonzero((section.reason != OFF_TISSUE) & np.isfinite(section.position_um).all(axis=1))
    array = section.array
    places = {"position": section.position_um}
    if array.row is not None and array.column is not None:
        places["row and column of the array"] = np.stack([array.row, array.column], axis=1)
    for what, place in places.items():
        order = rows[np.lexsort(place[rows].T)]
        same = np.flatnonzero((place[order[1:]] == place[order[:-1]]).all(axis=1))
        if len(same):
            first, second = sorted(order[same[0] : same[0] + 2])
            raise DataError(
                f"{section.name}: {len(same)} of {len(rows)} spots lie where another one lies, {section.barcode[first]!r:.60} and {section.barcode[second]!r:.60} "
                f"among them (the same {what}); are there two sections in one file? bring one file for each"
            )
    _refuse_overlap(section, rows)


def _refuse_overlap(section: TissueSection, rows: "NDArray[np.intp]") -> None:
    """Refuse spots that lie nearer to each other than they are wide, as after putting two sections into one file."""
    from scipy.spatial import cKDTree

    width = section.spot_diameter_um
    if width is None or width < _SPOT_UM or len(rows) < 2:
        return
    place = section.position_um[rows]
    found = cKDTree(place).query(place, k=2)
    distance, nearest = np.asarray(found[0])[:, 1], np.asarray(found[1])[:, 1]
    median = float(np.median(distance))
    pitch = section.spot_pitch_um
    # Places of an array show two sections by themselves; a pitch that is stated contradicts µm per pixel instead.
    measured = section.array.row is None and (pitch is None or abs(pitch - median) <= _MOST_TILT * median)
    if measured and median < _LAPPED * width:
        raise DataError(
            f"{section.name}: spots lie {median:.3g} µm apart and are {width:.3g} µm wide: two sections in one file? bring one file for each, or correct "
            "the diameter that the file states"
        )
    at = int(np.argmin(distance))
    if distance[at] < _SAME_PLACE * width:
        first, second = sorted((rows[at], rows[nearest[at]]))
        raise DataError(
            f"{section.name}: spots {section.barcode[first]!r:.60} and {section.barcode[second]!r:.60} lie {distance[at]:.2g} µm apart and are {width:.3g} µm "
            "wide; is one of them another section's, or its position wrong? remove or correct it"
        )


def pixels_per_um(array_um: FloatArray, pixel: FloatArray, name: str) -> float:
    """Return pixels per µm of an array whose places are known in µm, however it lies on the image.

    Parameters
    ----------
    array_um
        ``(n, 2)`` positions on the array in µm.
    pixel
        ``(n, 2)`` positions on the image in pixels; rows with NaN are left out.
    name
        The section, for messages.

    Raises
    ------
    DataError
        Fewer than three spots, all in one line, or distances along the two axes that differ by more than 5 %.
    """
    known = np.asarray(np.isfinite(np.hstack([pixel, array_um])).all(axis=1), dtype=bool)
    centred = array_um[known] - array_um[known].mean(axis=0) if known.any() else array_um[known]
    if known.sum() < 3 or np.linalg.matrix_rank(centred) < 2:
        raise DataError(
            f"{name}: {int(known.sum())} spots with positions don't span the array, so µm per pixel can't be measured; say --mpp"
        )
    steps, rest = fitted_array(centred, pixel[known])
    longest, shortest = np.linalg.svd(steps, compute_uv=False)
    if longest - shortest > _MOST_TILT * longest:
        raise DataError(
            f"{name}: neighbours on the array lie {longest:.4g} pixels per µm apart one way and {shortest:.4g} the other{_exchanged(centred, pixel[known])}; "
            "correct the positions, or say --mpp"
        )
    off = float(np.median(rest))
    if off > 1 and off > _IRREGULAR * shortest * pitch_of(
        centred
    ):  # within a pixel nothing needs to be searched
        raise DataError(
            f"{name}: pixels of the spots don't follow their rows and columns of the array; correct the positions, or say --mpp"
        )
    return float(longest + shortest) / 2


def fitted_array(place: FloatArray, pixel: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the pixels of one step along each axis of an array, fitted without the few spots that lie elsewhere.

    Parameters
    ----------
    place
        ``(n, 2)`` positions on the array, not all in one line.
    pixel
        ``(n, 2)`` positions on the image.

    Returns
    -------
    steps
        ``(2, 2)``, a row for each axis of the array.
    rest
        ``(n,)`` pixels by which each spot lies off its fitted place.

    Examples
    --------
    >>> place = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
    >>> (fitted_array(place, 10 * place)[0].round(6) + 0.0).tolist()
    [[10.0, 0.0], [0.0, 10.0]]
    """
    near = np.ones(len(place), dtype=bool)
    spacing = np.array([_spacing(axis) for axis in place.T])
    steps, rest = np.empty((2, 2)), np.empty(len(place))
    for _ in range(_REFITS):
        from_middle, middle = place - place[near].mean(axis=0), pixel[near].mean(axis=0)
        steps = np.linalg.lstsq(from_middle[near], pixel[near] - middle, rcond=None)[0]
        rest = np.sqrt(((pixel - middle - from_middle @ steps) ** 2).sum(axis=1))
        step = float((spacing * np.sqrt((steps**2).sum(axis=1))).min())
        kept = rest <= max(_FAR_OFF * float(np.median(rest)), _AT_LEAST * step)
        if np.array_equal(kept, near) or np.linalg.matrix_rank(place[kept] - place[kept].mean(axis=0)) < 2:
            break
        near = kept
    return steps, rest


def _spacing(axis: FloatArray) -> float:
    """Return the least distance of two different places along an axis."""
    steps = np.diff(np.unique(axis))
    return float(steps[steps > 1e-6 * steps.max()].min())


def _exchanged(place: FloatArray, pixel: FloatArray) -> str:
    """Say so where an array whose rows and columns were exchanged would be regular."""
    spacing = np.array([_spacing(axis) for axis in place.T])
    longest, shortest = np.linalg.svd(
        fitted_array((place / spacing)[:, ::-1] * spacing, pixel)[0], compute_uv=False
    )
    return ", as where row and column are exchanged" if longest - shortest <= _MOST_TILT * longest else ""
