"""Whole slides, of which only the regions asked for are read: Goode et al. 2013, doi 10.4103/2153-3539.119005 (OpenSlide)."""

import hashlib
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import numpy as np
from numpy.typing import NDArray

from spectra_dl.errors import DataError, SpectraDLError, UsageError
from spectra_dl.imaging.image import Cutter, Pixels, TissueImage
from spectra_dl.imaging.image_file import (
    ImageFile,
    kind_of,
    open_image,
    refuse_bomb,
    refuse_dark_png,
    refuse_empty,
    refuse_grey_mode,
)
from spectra_dl.imaging.pixel_fields import StatedSize, magnification_of, plausible
from spectra_dl.imaging.tiff_colours import Colours
from spectra_dl.imaging.tiff_image import TiffImage, open_tiff
from spectra_dl.imaging.tissue_mask import refuse_grey
from spectra_dl.imaging.whole_image import banded_thumbnail
from spectra_dl.storage.hashing import sha256_of

if TYPE_CHECKING:
    from openslide import OpenSlide

# A plain TIFF up to this size is decoded whole, which is faster; of a larger one regions are read.
_DECODED_WHOLE = 150_000_000
_ANY_TIFF, _MIRAX = "generic-tiff", ".mrxs"
_ENDINGS = (_MIRAX, ".svs", ".ndpi", ".scn", ".bif", ".vms", ".vmu", ".svslide", ".czi", ".dcm")
_UM_PER_UNIT = {"inch": 25_400.0, "centimeter": 10_000.0}
# Of others the objective is stated, behind which cameras enlarge once more.
_MAGNIFICATIONS = ("aperio.AppMag", "hamamatsu.SourceLens")
_LARGEST_TILE = 50_000_000  # pixels
_IN_OTHER_FILES, _LONGEST = ("mirax", "dicom"), 4_000_000  # a row of the largest slide is read at once
_SOME, _SMALL, _LEAST_CONTRAST = 16, 256, 16
_DICOM_AT, _MOST_FILES = 128, 10_000


@dataclass(frozen=True)
class SlideImage:
    """A slide that OpenSlide reads; returned by `open_tissue_image`.

    Attributes
    ----------
    path
        The file.
    width, height
        Pixels at full resolution.
    sizes
        What the slide states of a pixel's size.
    vendor
        The format by OpenSlide's name.
    notes
        A sentence for each assumption.
    magnification
        As the scanner labels the slide, such as 20; None where it doesn't.
    """

    path: Path
    width: int
    height: int
    sizes: tuple[StatedSize, ...] = ()
    vendor: str = _ANY_TIFF
    notes: tuple[str, ...] = ()
    magnification: float | None = None

    def sha256(self) -> str:
        """Return a digest of the file, and of those beside it that hold the pixels of a MIRAX or DICOM slide."""
        files = [self.path]
        if self.vendor == "mirax":
            files += sorted(file for file in self.path.with_suffix("").iterdir() if file.is_file())
        if self.vendor == "dicom":
            files += [
                file for file in sorted(self.path.parent.iterdir()) if file.is_file() and is_dicom(file)
            ]
        if len(files) == 1:
            return sha256_of(self.path)
        return hashlib.sha256("".join(map(sha256_of, files)).encode()).hexdigest()

    def thumbnail(self, longest: int) -> tuple[Pixels, float]:
        """Return ``(h, w, 3)`` with a longest side of at most ``longest`` pixels, and thumbnail pixels per full pixel.

        Read band by band, since a slide need not hold a small copy of itself.
        """
        slide = _opened(self.path)
        small = banded_thumbnail(
            (self.width, self.height),
            longest,
            lambda first, last, target: _region(slide, (0, first), (self.width, last - first), target),
        )
        return small, small.shape[1] / self.width

    def cutter(self) -> Cutter:
        """Open the slide, and return what yields its tiles, white beyond the edge."""
        slide = _opened(self.path)

        def cut(centre: NDArray[np.float64], side: float, pixels: int) -> Iterator[Pixels]:
            reach = max(1, round(side))
            for x, y in centre:
                corner = round(float(x) - reach / 2), round(float(y) - reach / 2)
                yield _region(slide, corner, (reach, reach), (pixels, pixels))

        return cut


def open_tissue_image(path: Path) -> TissueImage:
    """Check an image by its content, without decoding it: a slide, a TIFF, a JPEG or a PNG, or the folder of a DICOM slide.

    What is a slide is opened by OpenSlide, TIFF by tifffile, and the rest by Pillow; it is damaged where each of them that is
    there failed.

    Raises
    ------
    UnsafeError
        The file holds pickle data.
    UsageError
        It is a slide, and openslide is not installed.
    DataError
        It is none of these, has no colours, or claims a size that can't be true or can't be held.
    """
    file = dicom_in(path) or path if path.is_dir() else path
    kind = kind_of(file)
    if kind not in (None, "TIFF") and file.suffix.lower() != _MIRAX:
        image_file = open_image(file)
        refuse_grey_mode(file, image_file.kind)
        refuse_dark_png(file)
        return image_file
    slide, fault = _slide(file, needed=kind != "TIFF")
    if kind != "TIFF":
        return slide or _refused(file, fault)
    if slide is not None and slide.vendor != _ANY_TIFF:
        return slide
    image = open_tiff(file)
    if slide is None or image.width * image.height <= _DECODED_WHOLE or not _plain(image):
        return image
    return replace(
        slide,
        sizes=(*slide.sizes, *image.plan.sizes),
        notes=(*slide.notes, *image.notes),
        magnification=image.plan.magnification,
    )


def refuse_grey_image(image: TissueImage, centre: NDArray[np.float64]) -> None:
    """Refuse an image file without colours by a few regions of it, or a small copy of a JPEG or PNG; any other image passes.

    Parameters
    ----------
    image
        As `open_tissue_image` returns it.
    centre
        ``(n, 2)`` x and y of places on tissue in its pixels, of which some are looked at.

    Raises
    ------
    DataError
        Red, green and blue are the same all over it, though light and dark are not.
    """
    some = centre[np.unique(np.linspace(0, len(centre) - 1, _SOME).astype(int))] if len(centre) else centre
    try:
        if isinstance(image, ImageFile):
            pixels = image.thumbnail(_SMALL)[0]
        elif isinstance(image, TiffImage | SlideImage) and len(some):
            cut = image.region_cutter() if isinstance(image, TiffImage) else image.cutter()
            pixels = np.concatenate(list(cut(some, _SMALL / 4, _SMALL // 4)))
        else:
            return
    except SpectraDLError:
        return  # what can't be decoded is refused where its tiles are cut
    if np.ptp(pixels) > _LEAST_CONTRAST:
        refuse_grey(pixels, image.path.name)


def stated_sizes(image: TissueImage) -> tuple[StatedSize, ...]:
    """Return what an image's own fields state of the size of a pixel, the surest first."""
    if isinstance(image, TiffImage):
        return image.plan.sizes
    return image.sizes if isinstance(image, SlideImage) else ()


def stated_magnification(image: TissueImage) -> float | None:
    """Return the magnification with which a scanner labels a slide, such as 20; None where nothing says it."""
    if isinstance(image, TiffImage):
        return image.plan.magnification
    return image.magnification if isinstance(image, SlideImage) else None


def dicom_in(folder: Path) -> Path | None:
    """Return the first DICOM file in a folder, which stands for the whole slide; None where there is none."""
    files = sorted(entry for entry in folder.iterdir() if entry.is_file())[:_MOST_FILES]
    return next((file for file in files if is_dicom(file)), None)


def is_slide(path: Path) -> bool:
    """Return whether OpenSlide knows a file's format, or its name is that of a slide, so that opening it says what is missing."""
    if is_dicom(path) or path.suffix.lower() in _ENDINGS:
        return True
    try:
        import openslide
    except ImportError:
        return False
    try:
        return openslide.OpenSlide.detect_format(path) is not None
    except (openslide.OpenSlideError, OSError):
        return False


def is_dicom(path: Path) -> bool:
    """Return whether a file starts as DICOM does."""
    try:
        with open(path, "rb") as stream:
            return stream.read(_DICOM_AT + 4)[_DICOM_AT:] == b"DICM"
    except OSError:
        return False


def _plain(image: TiffImage) -> bool:
    """Return whether OpenSlide shows a TIFF as it is: one page of three bytes a pixel, the first.

    It takes a fourth sample for opacity, three that are not said to be colours for grey, and turns each tile by the field orientation.
    """
    plan = image.plan
    return plan.pages == (0,) and plan.colours == Colours("rgb") and plan.channels is None and plan.usual


def _refused(path: Path, fault: str | None) -> NoReturn:
    if fault is not None:
        raise _damaged(path, fault)
    if path.suffix.lower() == _MIRAX:
        raise DataError(
            f"{path.name}: a MIRAX slide lies in the folder {path.stem}/ beside it (with Slidedat.ini), which is missing; bring both"
        )
    refuse_empty(path)
    if is_dicom(path):
        raise DataError(
            f"{path.name}: a DICOM file that is no whole slide; export the image as JPEG, PNG or TIFF"
        )
    raise DataError(
        f"{path.name}: not a JPEG, PNG or TIFF by its content, and no slide; export the image as one of these"
    )


def _damaged(path: Path, reason: str) -> DataError:
    return DataError(f"{path.name}: truncated or damaged slide ({reason}); take a fresh copy")


def _slide(path: Path, *, needed: bool) -> tuple[SlideImage | None, str | None]:
    """Return the slide that a file is, None where OpenSlide knows no such format, and why one of a known format can't be opened."""
    try:
        import openslide
    except ImportError as err:
        if not needed:
            return None, None
        raise UsageError(
            f"{path.name}: no JPEG, PNG or TIFF; if it is a slide, install what reads slides: pip install 'spectra-dl[slides]'"
        ) from err
    try:
        vendor = openslide.OpenSlide.detect_format(path)
        if vendor is None:
            return None, None
        with openslide.OpenSlide(path) as slide:
            width, height = slide.dimensions
            # A field that is listed may have no text.
            properties = {name: text for name in slide.properties if (text := slide.properties.get(name))}
    except (openslide.OpenSlideError, OSError) as err:
        return None, " ".join(str(err).replace(str(path), path.name).split())[:120]
    _refuse_huge(path, (width, height), vendor, properties)
    sizes = _stated(properties)
    labelled = next((properties[name] for name in _MAGNIFICATIONS if name in properties), "")
    notes = _notes(properties, path.name)
    return SlideImage(path, width, height, sizes, vendor, notes, magnification_of(labelled)), None


def _refuse_huge(path: Path, size: tuple[int, int], vendor: str, properties: Mapping[str, str]) -> None:
    """Refuse a slide that claims sizes which can't be true; OpenSlide ends the process where it can't hold a tile."""
    if max(size) > _LONGEST:
        raise DataError(
            f"{path.name}: claims {size[0]} x {size[1]} pixels; it was not decoded: export the slide again"
        )
    if vendor not in _IN_OTHER_FILES:
        refuse_bomb(path, *size)
    for name in properties:
        if name.startswith("openslide.level[") and name.endswith(".tile-width"):
            wide, high = int(properties[name]), int(properties.get(name.replace("width", "height"), "0"))
            if wide * high > _LARGEST_TILE:
                raise _damaged(path, f"tiles of {wide} x {high} pixels")


def _stated(properties: Mapping[str, str]) -> tuple[StatedSize, ...]:
    """Return what OpenSlide reads in the format's own field, and what the TIFF's resolution says beside it."""
    sizes = []
    unit = _UM_PER_UNIT.get(properties.get("tiff.ResolutionUnit", ""), math.nan)
    for names, of_length, source in (
        (("openslide.mpp-x", "openslide.mpp-y"), None, "from the slide's own field"),
        (("tiff.XResolution", "tiff.YResolution"), unit, "from the TIFF's resolution"),
    ):
        try:
            across, down = (float(properties[name]) for name in names)
            if of_length is not None:
                across, down = of_length / across, of_length / down
        except (KeyError, ValueError, ZeroDivisionError):
            continue
        if plausible(across) and plausible(down):
            sizes.append(StatedSize(across, down, source))
    return tuple(sizes)


def _notes(properties: Mapping[str, str], where: str) -> tuple[str, ...]:
    x, y = (properties.get(f"openslide.bounds-{axis}", "0") for axis in "xy")
    if (x, y) in (("0", "0"), ("", "")):
        return ()
    return (
        f"{where}: the scanned area starts at ({x}, {y}); positions count from the corner of the whole slide, not of that area",
    )


def _opened(path: Path) -> "OpenSlide":
    import openslide

    try:
        return openslide.OpenSlide(path)
    except (openslide.OpenSlideError, OSError) as err:
        raise DataError(
            f"{path.name}: can't be opened any more ({str(err)[:120]}); take a fresh copy"
        ) from err


def _region(
    slide: "OpenSlide", corner: tuple[int, int], size: tuple[int, int], target: tuple[int, int]
) -> Pixels:
    """Return ``(h, w, 3)`` of a region given in full-resolution pixels, from the smallest copy that is fine enough."""
    import openslide
    from PIL import Image

    shrunk = max(1.0, min(size[0] / target[0], size[1] / target[1]))
    level = slide.get_best_level_for_downsample(shrunk)
    factor = slide.level_downsamples[level]
    reduced = max(1, round(size[0] / factor)), max(1, round(size[1] / factor))
    try:
        region = slide.read_region(corner, level, reduced)
    except (openslide.OpenSlideError, OSError) as err:
        raise DataError(
            f"a region of the slide at {corner} can't be read ({str(err)[:120]}); take a fresh copy"
        ) from err
    ground = Image.new("RGBA", region.size, "white")
    on_white = Image.alpha_composite(ground, region).convert("RGB")
    return np.asarray(on_white.resize(target, Image.Resampling.BOX), dtype=np.uint8)
