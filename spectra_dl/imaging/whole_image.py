"""Small copies and tiles of images: of one that is decoded whole, and of one that is read band by band."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from spectra_dl.imaging.image import Cutter, Pixels
from spectra_dl.storage.hashing import sha256_of

BAND_PIXELS = 16_000_000  # read at once, where an image doesn't say how many rows go together


class WholeImage(ABC):
    """An image of one file that is decoded whole whenever pixels of it are asked for."""

    path: Path

    @abstractmethod
    def decoded(self) -> Pixels:
        """Return the whole image, ``(height, width, 3)``."""

    def sha256(self) -> str:
        """Return the file's digest."""
        return sha256_of(self.path)

    def thumbnail(self, longest: int) -> tuple[Pixels, float]:
        """Return ``(h, w, 3)`` with a longest side of at most ``longest`` pixels, and thumbnail pixels per full pixel."""
        return downscaled(self.decoded(), longest)

    def cutter(self) -> Cutter:
        """Decode the image, and return what yields its tiles, white beyond the edge."""
        return partial(cut_tiles, self.decoded())


def downscaled(whole: Pixels, longest: int) -> tuple[Pixels, float]:
    """Reduce a decoded image.

    Parameters
    ----------
    whole
        ``(height, width, 3)`` uint8.
    longest
        The longest side of the result in pixels, at most; a smaller image stays as it is.

    Returns
    -------
    pixels
        ``(h, w, 3)`` uint8.
    scale
        Its pixels per full-resolution pixel, at most 1.
    """
    from PIL import Image

    small = Image.fromarray(whole)
    small.thumbnail((longest, longest))
    pixels = np.asarray(small, dtype=np.uint8)
    return pixels, pixels.shape[1] / whole.shape[1]


def banded_thumbnail(
    size: tuple[int, int],
    longest: int,
    read: Callable[[int, int, tuple[int, int]], Pixels],
    rows: int | None = None,
) -> Pixels:
    """Reduce an image of which a few rows are read at a time.

    Parameters
    ----------
    size
        Its width and height in pixels.
    longest
        The longest side of the result in pixels, at most; a smaller image stays as it is.
    read
        Returns ``(h, w, 3)`` uint8 of the rows from a first to before a last, or reduced already to a width and height.
    rows
        How many are read at once at most; None takes 16 million pixels of them.

    Returns
    -------
    pixels
        ``(h, w, 3)`` uint8.

    Examples
    --------
    >>> whole = np.arange(48, dtype=np.uint8).reshape(4, 4, 3)
    >>> banded_thumbnail((4, 4), 2, lambda first, last, size: whole[first:last], rows=2).shape
    (2, 2, 3)
    """
    from PIL import Image

    width, height = size
    scale = min(1.0, longest / max(size))
    wide, high = max(1, round(width * scale)), max(1, round(height * scale))
    small = np.empty((high, wide, 3), dtype=np.uint8)
    step = max(1, int((rows or max(1, BAND_PIXELS // width)) * scale))
    for top in range(0, high, step):
        bottom = min(high, top + step)
        first = min(height - 1, round(top / scale))
        last = min(height, max(first + 1, round(bottom / scale)))
        target = wide, bottom - top
        band = Image.fromarray(read(first, last, target))
        small[top:bottom] = np.asarray(band.resize(target, Image.Resampling.BOX))
    return small


def cut_tiles(whole: Pixels, centre: NDArray[np.float64], side: float, pixels: int) -> Iterator[Pixels]:
    """Yield tiles ``(pixels, pixels, 3)`` of a decoded image around each centre, white beyond the edge.

    Parameters
    ----------
    whole
        ``(height, width, 3)`` uint8.
    centre
        ``(k, 2)`` x and y in full-resolution pixels.
    side
        The tile's side in full-resolution pixels.
    pixels
        The side it is brought to.
    """
    from PIL import Image

    reach = max(1, round(side))
    for x, y in centre:
        left, top = round(float(x) - reach / 2), round(float(y) - reach / 2)
        tile = Image.fromarray(_cut(whole, left, top, reach))
        yield np.asarray(tile.resize((pixels, pixels), Image.Resampling.BOX), dtype=np.uint8)


def _cut(whole: Pixels, left: int, top: int, side: int) -> Pixels:
    height, width = whole.shape[:2]
    inside = whole[max(0, top) : max(0, top + side), max(0, left) : max(0, left + side)]
    if inside.shape[:2] == (side, side):
        return inside
    tile = np.full((side, side, 3), 255, dtype=np.uint8)
    row, column = max(0, -top), max(0, -left)
    if row < side and column < side and top < height and left < width:
        tile[row : row + inside.shape[0], column : column + inside.shape[1]] = inside
    return tile
