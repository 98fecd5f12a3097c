"""Images of tissue, checked before they are decoded and decoded when a tile is asked for."""

import contextlib
import io
import stat
import threading
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from spectra_dl.errors import DataError
from spectra_dl.imaging.image import Pixels
from spectra_dl.imaging.whole_image import WholeImage
from spectra_dl.storage.unsafe_contents import refuse_unsafe

if TYPE_CHECKING:
    from PIL.Image import Image

_KINDS = {
    b"\xff\xd8\xff": "JPEG",
    b"\x89PNG\r\n\x1a\n": "PNG",
    b"II*\x00": "TIFF",
    b"MM\x00*": "TIFF",
    b"II+\x00": "TIFF",
    b"MM\x00+": "TIFF",
}
_GREY = ("1", "L", "LA", "La", "I", "F", "I;16", "I;16B", "I;16L", "I;16N")
_ORIENTATION = 0x0112
# Of a field's value, quarter turns and whether mirrored before, from the image as it is shown to the image as it is stored.
_TURNED_BACK = {
    2: (0, True),
    3: (2, False),
    4: (2, True),
    5: (1, True),
    6: (1, False),
    7: (3, True),
    8: (3, False),
}
_HEAD = 512  # bytes by which a file's kind is recognised
_MOST_PIXELS = 400_000_000
_SUSPICIOUS_BYTES, _MOST_EXPANSION = 256 << 20, 1000
_BAND = 512
_FOURTEEN_BITS = (1 << 14) - 1  # cameras of 10, 12 and 14 bits write into 16
_PNG_DEPTH = 24  # where a PNG's header states the bits of a sample
_LARGEST_TILE = 4096
_GUARD = threading.Lock()


@dataclass(frozen=True)
class ImageFile(WholeImage):
    """A JPEG, PNG or TIFF file, checked and measured, not yet decoded; returned by `open_image`.

    Attributes
    ----------
    path
        The file.
    kind
        ``"JPEG"``, ``"PNG"`` or ``"TIFF"``, by its content.
    width, height
        Pixels at full resolution.
    notes
        A sentence for each assumption and change.
    """

    path: Path
    kind: str
    width: int
    height: int
    notes: tuple[str, ...] = ()

    def thumbnail(self, longest: int) -> tuple[Pixels, float]:
        """Return ``(h, w, 3)`` with a longest side of at most ``longest`` pixels, and thumbnail pixels per full pixel."""
        with _opened(self.path, self.kind) as image:
            image.draft("RGB", (longest, longest))
            small = on_white(image)
            small.thumbnail((longest, longest))
            pixels = np.asarray(small, dtype=np.uint8)
        return pixels, pixels.shape[1] / self.width

    def decoded(self) -> Pixels:
        """Return the whole image, ``(height, width, 3)``."""
        whole = np.empty((self.height, self.width, 3), dtype=np.uint8)
        with _opened(self.path, self.kind) as image:
            # Band by band, since converting an image at once takes several times its size in memory.
            for top in range(0, self.height, _BAND):
                band = image.crop((0, top, self.width, min(top + _BAND, self.height)))
                whole[top : top + _BAND] = np.asarray(on_white(band), dtype=np.uint8)
        return whole


def jpeg_pixels(content: bytes, where: str) -> Pixels:
    """Decode a small JPEG image that was read into memory, to ``(h, w, 3)`` uint8.

    Parameters
    ----------
    content
        The file's bytes.
    where
        Where it comes from, for messages.

    Raises
    ------
    DataError
        It is damaged, or larger than a tile can be.
    """
    from PIL import Image

    try:
        with Image.open(io.BytesIO(content), formats=("JPEG",)) as image:
            if max(image.size) > _LARGEST_TILE:
                raise DataError(
                    f"{where}: a tile of {image.size[0]} x {image.size[1]} pixels; it was not decoded"
                )
            return np.asarray(image.convert("RGB"), dtype=np.uint8)
    except (OSError, SyntaxError, ValueError) as err:
        if isinstance(err, DataError):
            raise
        raise DataError(
            f"{where}: damaged JPEG ({' '.join(str(err).split())[:120]}); cut the tiles again"
        ) from err


def refuse_empty(path: Path) -> None:
    """Refuse a file without a byte.

    Raises
    ------
    DataError
        It has none.
    """
    if path.is_file() and path.stat().st_size == 0:
        raise DataError(f"{path.name}: an empty file; take a fresh copy")


def open_image(path: Path) -> ImageFile:
    """Check an image by its content, without decoding it.

    Raises
    ------
    UnsafeError
        The file holds pickle data.
    DataError
        It is no regular file, no JPEG, PNG or TIFF, or claims a size that can't be true or can't be held.
    """
    kind = kind_of(path)
    if kind is None:
        refuse_empty(path)
        raise DataError(
            f"{path.name}: not a JPEG, PNG or TIFF by its content; export the image as one of these"
        )
    with _opened(path, kind) as image:
        width, height = image.size
        refuse_bomb(path, width, height, most=_MOST_PIXELS)
        notes = _notes(image, path.name)
    if _is_deep_png(path):
        notes = (*notes, f"{path.name}: colours of 16 bits are brought to 8")
    return ImageFile(path, kind, width, height, notes)


def refuse_bomb(path: Path, width: int, height: int, *, most: int | None = None) -> None:
    """Refuse an image that claims more pixels than its file can hold, or more than are decoded.

    Parameters
    ----------
    path
        The file.
    width, height
        Pixels as it claims them.
    most
        Pixels at most; None for an image that is read by region.

    Raises
    ------
    DataError
        It claims more.
    """
    in_file = path.stat().st_size
    expansion = 3 * width * height / max(1, in_file)
    if (most is not None and width * height > most) or (
        3 * width * height > _SUSPICIOUS_BYTES and expansion > _MOST_EXPANSION
    ):
        raise DataError(
            f"{path.name}: claims {width} x {height} pixels in {in_file} bytes; it was not decoded: "
            "export the image at a lower resolution"
        )


def page_of_tiff(path: Path, page: int, size: tuple[int, int]) -> Pixels:
    """Decode one page of a TIFF to ``(height, width, 3)`` uint8.

    Parameters
    ----------
    path
        The file.
    page
        Its number from 0.
    size
        Width and height that it must have.

    Raises
    ------
    DataError
        It can't be decoded.
    """
    with _opened(path, "TIFF") as image:
        image.seek(page)
        tags = getattr(image, "tag_v2", {})
        turned = tags.get(_ORIENTATION, 1)
        pixels = np.asarray(on_white(image), dtype=np.uint8)
        if turned in _TURNED_BACK and _ORIENTATION not in tags:  # Pillow has turned the image
            steps, mirrored = _TURNED_BACK[turned]
            pixels = np.rot90(pixels[:, ::-1] if mirrored else pixels, steps)
        if pixels.shape[:2] != size[::-1]:
            raise ValueError(f"page {page + 1} has another size")
        return np.ascontiguousarray(pixels)


def refuse_grey_mode(path: Path, kind: str) -> None:
    """Refuse an image whose file says that it has no colours.

    Parameters
    ----------
    path, kind
        As `open_image` returns them.

    Raises
    ------
    DataError
        It is grey, black and white, or of numbers.
    """
    mode = grey_mode(path, kind)
    if mode is not None:
        raise DataError(
            f"{path.name}: a grey image ({mode}); an image of stained tissue in red, green and blue is needed: export it as RGB"
        )


def grey_mode(path: Path, kind: str) -> str | None:
    """Return the name that Pillow has for samples without colours; None where there are colours.

    Parameters
    ----------
    path, kind
        As `open_image` returns them.

    Raises
    ------
    DataError
        It is damaged.
    """
    with _opened(path, kind) as image:
        return image.mode if image.mode in _GREY else None


def grey_values(path: Path, kind: str) -> NDArray[np.float64]:
    """Decode an image without colours to its samples ``(height, width)``, what is transparent put on white.

    Parameters
    ----------
    path, kind
        As `open_image` returns them.

    Raises
    ------
    DataError
        It is damaged.
    """
    with _opened(path, kind) as image:
        shown = on_white(image).convert("L") if image.mode in ("1", "LA", "La") else image
        return np.asarray(shown, dtype=np.float64)


def refuse_dark_png(path: Path) -> None:
    """Refuse a PNG whose samples of 16 bits use 14 of them or fewer.

    Raises
    ------
    DataError
        It does, or is damaged.
    """
    if not _is_deep_png(path):
        return
    with _opened(path, "PNG") as image:
        extremes = [image.getchannel(band).getextrema() for band in "RGB" if band in image.getbands()]
    # Pillow keeps the upper byte of each sample, so the lower one may be anything.
    upper = max((int(high) for _, high in extremes if isinstance(high, int | float)), default=255)
    refuse_unused_bits(upper << 8 | 255, path.name)


def refuse_unused_bits(most: int, where: str) -> None:
    """Refuse samples of 16 bits that use 14 or fewer, of which what white is can't be known.

    Parameters
    ----------
    most
        The largest sample of red, green and blue.
    where
        The file, for messages.

    Raises
    ------
    DataError
        They do.
    """
    if most <= _FOURTEEN_BITS:
        raise DataError(
            f"{where}: its samples of 16 bits go up to {most}, so what white is can't be known; export it as 8-bit RGB"
        )


def _is_deep_png(path: Path) -> bool:
    with open(path, "rb") as stream:
        head = stream.read(_PNG_DEPTH + 1)
    return head.startswith(b"\x89PNG") and head[_PNG_DEPTH:] == b"\x10"


def kind_of(path: Path) -> str | None:
    """Return ``"JPEG"``, ``"PNG"`` or ``"TIFF"`` by a file's first bytes, or None for a file that is none of these.

    Raises
    ------
    UnsafeError
        The file holds pickle data.
    DataError
        It is no regular file, or can't be read.
    """
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise DataError(f"{path.name}: not a regular file; name a JPEG, PNG or TIFF")
        with open(path, "rb") as stream:
            start = stream.read(_HEAD)
    except OSError as err:
        if isinstance(err, DataError):
            raise
        raise DataError(f"{path.name}: can't be read ({err.strerror or err}); check the path") from err
    refuse_unsafe(start, path.name, "name a JPEG, PNG or TIFF")
    return next((name for magic, name in _KINDS.items() if start.startswith(magic)), None)


@contextlib.contextmanager
def _opened(path: Path, kind: str) -> Iterator["Image"]:
    """Open an image whose size is checked here, not by the library's own limit."""
    from PIL import Image, UnidentifiedImageError

    with _GUARD, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        limit, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
        try:
            with Image.open(path, formats=(kind,)) as image:
                yield image
        except (UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError, KeyError) as err:
            if isinstance(err, DataError):
                raise
            raise DataError(
                f"{path.name}: truncated or damaged {kind} ({' '.join(str(err).split())[:120]}); take a fresh copy"
            ) from err
        finally:
            Image.MAX_IMAGE_PIXELS = limit


def _notes(image: "Image", where: str) -> tuple[str, ...]:
    notes = []
    # Without this question Pillow decodes a whole PNG to look for EXIF behind its pixels.
    turned = image.getexif().get(_ORIENTATION, 1) if "exif" in image.info else 1
    if turned != 1:
        notes.append(
            f"{where}: its EXIF orientation ({turned!s:.10}) is not applied; pixels and positions are taken as stored"
        )
    if image.mode == "CMYK":
        notes.append(f"{where}: its colours are CMYK; they are brought to RGB without a colour profile")
    return tuple(notes)


def on_white(image: "Image") -> "Image":
    """Return the image in RGB, what is transparent put on white."""
    from PIL import Image

    if "A" in image.getbands() or "transparency" in image.info:
        clear = image.convert("RGBA")
        ground = Image.new("RGBA", clear.size, "white")
        return Image.alpha_composite(ground, clear).convert("RGB")
    return image.convert("RGB")
