"""Whole slides, of which only the regions asked for are read: Goode et al. 2013, doi 10.4103/2153-3539.119005 (OpenSlide)."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from spectra_dl.errors import DataError, UsageError
from spectra_dl.imaging.image import Cutter, Pixels, TissueImage
from spectra_dl.imaging.image_file import image_size, open_image
from spectra_dl.storage.hashing import sha256_of

if TYPE_CHECKING:
    from openslide import OpenSlide

# An image up to this size is decoded whole, which is faster; above it, or where it can't be, regions are read.
_DECODED_WHOLE = 150_000_000
_BAND_PIXELS = 16_000_000


@dataclass(frozen=True)
class SlideImage:
    """A slide that OpenSlide reads; returned by `open_tissue_image`.

    Attributes
    ----------
    path
        The file.
    width, height
        Pixels at full resolution.
    um_per_pixel
        As the slide states it; None where it doesn't.
    """

    path: Path
    width: int
    height: int
    um_per_pixel: float | None

    def sha256(self) -> str:
        """Return the file's digest."""
        return sha256_of(self.path)

    def thumbnail(self, longest: int) -> tuple[Pixels, float]:
        """Return ``(h, w, 3)`` with a longest side of at most ``longest`` pixels, and thumbnail pixels per full pixel.

        Read band by band, since a slide need not hold a small copy of itself.
        """
        scale = min(1.0, longest / max(self.width, self.height))
        wide, high = max(1, round(self.width * scale)), max(1, round(self.height * scale))
        slide = _opened(self.path)
        rows_at_once = max(1, int(_BAND_PIXELS * scale / self.width))
        small = np.empty((high, wide, 3), dtype=np.uint8)
        for top in range(0, high, rows_at_once):
            bottom = min(high, top + rows_at_once)
            first, last = round(top / scale), min(self.height, round(bottom / scale))
            small[top:bottom] = _region(slide, (0, first), (self.width, last - first), (wide, bottom - top))
        return small, wide / self.width

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
    """Check an image by its content, without decoding it: a JPEG, PNG or TIFF, or a slide.

    Raises
    ------
    UnsafeError
        The file holds pickle data.
    UsageError
        It is a slide, and openslide is not installed.
    DataError
        It is none of these, or claims a size that can't be true or can't be held.
    """
    size = image_size(path)
    if size is not None and size[0] * size[1] <= _DECODED_WHOLE:
        return open_image(path)
    slide = _slide(path, needed=size is None)
    return slide or open_image(path)


def _slide(path: Path, *, needed: bool) -> SlideImage | None:
    """Return the slide that a file is; None where OpenSlide knows no such format."""
    try:
        import openslide
    except ImportError as err:
        if not needed:
            return None
        raise UsageError(
            f"{path.name}: no JPEG, PNG or TIFF; if it is a slide, install what reads slides: pip install 'spectra-dl[slides]'"
        ) from err
    try:
        if openslide.OpenSlide.detect_format(path) is None:
            return None
        slide = openslide.OpenSlide(path)
        width, height = slide.dimensions
        stated = [slide.properties.get(name) for name in ("openslide.mpp-x", "openslide.mpp-y")]
    except (openslide.OpenSlideError, OSError) as err:
        raise DataError(
            f"{path.name}: truncated or damaged slide ({' '.join(str(err).split())[:120]}); take a fresh copy"
        ) from err
    known = [float(value) for value in stated if value is not None]
    square = len(known) == 2 and abs(known[0] - known[1]) <= 0.01 * known[0]
    return SlideImage(path, width, height, sum(known) / 2 if square else None)


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
