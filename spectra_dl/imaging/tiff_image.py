"""TIFF, BigTIFF and OME-TIFF as images of tissue; tifffile decodes, and Pillow what tifffile can't."""

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from spectra_dl.errors import DataError, SpectraDLError, UsageError
from spectra_dl.imaging.image import Cutter, Pixels
from spectra_dl.imaging.image_file import page_of_tiff, refuse_unused_bits
from spectra_dl.imaging.tiff_colours import Samples
from spectra_dl.imaging.tiff_plan import (
    NotDecodedError,
    TiffPlan,
    grid_of,
    opened_tiff,
    plan_of,
    planes_of,
    segment_of,
)
from spectra_dl.imaging.whole_image import WholeImage, banded_thumbnail

if TYPE_CHECKING:
    from tifffile import TiffFile, TiffPage

_LZW, _LZW_CLEAR, _LZW_MEASURED = 5, 256, 1 << 20
_NONE, _JPEG, _JPEG_END = 1, 7, b"\xff\xd9"
_CODECS = frozenset((1, 5, 7, 8, 32773, 32946, 33003, 33004, 33005, 33007, 34712, 34925, 50000, 50001))
_WITH_HEADER = frozenset(
    (7, 33003, 33004, 33005, 33007, 34712, 50001)
)  # compressed images that state their size
_DECODED_BYTES = 450_000_000  # samples held whole; of a larger image regions are read
_LARGEST_SEGMENT = 150_000_000
_KEPT_BYTES = 128 << 20
_BAND = 512
_BYTE = 8
_SAMPLED = 64


@dataclass(frozen=True)
class TiffImage(WholeImage):
    """A TIFF whose structure was checked, not yet decoded; returned by `open_tiff`.

    Attributes
    ----------
    path
        The file.
    plan
        Which of its pages are read, and how.
    """

    path: Path
    plan: TiffPlan

    @property
    def width(self) -> int:
        """Pixels at full resolution."""
        return self.plan.width

    @property
    def height(self) -> int:
        """Pixels at full resolution."""
        return self.plan.height

    @property
    def notes(self) -> tuple[str, ...]:
        """A sentence for each assumption and change."""
        return self.plan.notes

    def thumbnail(self, longest: int) -> tuple[Pixels, float]:
        """Return ``(h, w, 3)`` with a longest side of at most ``longest`` pixels, and thumbnail pixels per full pixel."""
        if self._held_whole:
            return super().thumbnail(longest)
        with opened_tiff(self.path) as tiff:
            reader = _Reader(tiff, self.plan, self.path.name)
            small = banded_thumbnail(
                (self.width, self.height),
                longest,
                lambda first, last, _: self._read(reader, (first, last, 0, self.width)),
                reader.band,
            )
        return small, small.shape[1] / self.width

    def cutter(self) -> Cutter:
        """Decode the image, or open it where it is large, and return what yields its tiles, white beyond the edge."""
        return super().cutter() if self._held_whole else self._cut_regions

    def region_cutter(self) -> Cutter:
        """Return what yields tiles of an image of any size, of which only the regions asked for are decoded."""
        return self._cut_regions

    def decoded(self) -> Pixels:
        """Return the whole image, ``(height, width, 3)``."""
        whole = np.empty((self.height, self.width, 3), dtype=np.uint8)
        try:
            with opened_tiff(self.path) as tiff:
                reader = _Reader(tiff, self.plan, self.path.name)
                for top in range(0, self.height, reader.band):
                    bottom = min(self.height, top + reader.band)
                    whole[top:bottom] = reader.rgb(top, bottom, 0, self.width)
        except NotDecodedError as err:
            return self._by_pillow(err)
        return whole

    @property
    def _held_whole(self) -> bool:
        return 3 * self.width * self.height * (2 if self.plan.colours.bits > _BYTE else 1) <= _DECODED_BYTES

    def _by_pillow(self, fault: "NotDecodedError") -> Pixels:
        """Decode the pages with Pillow, whose own decoders know a few more encodings; else say what the first reader said."""
        number = self.plan.compression[0]
        try:
            planes = [page_of_tiff(self.path, page, (self.width, self.height)) for page in self.plan.pages]
        except DataError as err:
            raise self._refusal(fault, known=number in _CODECS and _codec_here(number)) from err
        if self.plan.colours.bits > _BYTE:
            self._check_bits(planes, fault)
        if len(planes) > 1:
            return np.stack([plane[..., 0] for plane in planes], axis=-1)
        return planes[0] if self.plan.channels is None else planes[0][..., self.plan.channels]

    def _check_bits(self, planes: list[Pixels], fault: "NotDecodedError") -> None:
        """Refuse what Pillow makes of 16 bits, the upper byte of each, where that isn't how bright the image is."""
        if self.plan.colours.bits != 2 * _BYTE:
            raise self._refusal(fault, known=_codec_here(self.plan.compression[0]))
        refuse_unused_bits(max(int(plane.max()) for plane in planes) << _BYTE | 255, self.path.name)

    def _refusal(self, fault: "NotDecodedError", *, known: bool) -> SpectraDLError:
        number, name = self.plan.compression
        if known:
            return DataError(f"{fault}")
        if number in _CODECS:
            return UsageError(
                f"{self.path.name}: compressed with {name} (compression {number}); install what reads it: pip install 'spectra-dl[slides]'"
            )
        return DataError(
            f"{self.path.name}: compression {number} ({name}) is not read; export the image as TIFF with JPEG, deflate or LZW compression"
        )

    def _read(self, reader: "_Reader", box: tuple[int, int, int, int]) -> Pixels:
        try:
            return reader.rgb(*box)
        except NotDecodedError as err:
            raise self._refusal(err, known=_codec_here(self.plan.compression[0])) from err

    def _cut_regions(self, centre: NDArray[np.float64], side: float, pixels: int) -> Iterator[Pixels]:
        """Yield ``(pixels, pixels, 3)`` around each centre; only what lies under them is read."""
        from PIL import Image

        reach = max(1, round(side))
        with opened_tiff(self.path) as tiff:
            reader = _Reader(tiff, self.plan, self.path.name)
            for x, y in centre:
                left, top = round(float(x) - reach / 2), round(float(y) - reach / 2)
                tile = np.full((reach, reach, 3), 255, dtype=np.uint8)
                if box := _window(top, left, reach, self.height, self.width):
                    _place(tile, self._read(reader, box), (box[0] - top, box[2] - left))
                resized = Image.fromarray(tile).resize((pixels, pixels), Image.Resampling.BOX)
                yield np.asarray(resized, dtype=np.uint8)


def open_tiff(path: Path) -> TiffImage:
    """Check a TIFF's structure without decoding it.

    Raises
    ------
    DataError
        It is damaged, claims a size that can't be true, holds no image of stained tissue in red, green and blue, or is too large for
        the way it is stored.
    UsageError
        Its compression needs a package that is not installed.
    """
    image = TiffImage(path, plan_of(path))
    if not image._held_whole:
        with opened_tiff(path) as tiff:
            _refuse_large_segments(_Reader(tiff, image.plan, path.name).segment, image, path.name)
    if image.plan.colours.bits == 2 * _BYTE:
        _refuse_dark(image)
    return image


class _Reader:
    """Regions of an open TIFF in red, green and blue; the last strips or tiles are kept decoded."""

    def __init__(self, tiff: "TiffFile", plan: TiffPlan, where: str) -> None:
        self._tiff, self._plan, self._where = tiff, plan, where
        self._pages: list[TiffPage] = [tiff.pages[index] for index in plan.pages]  # type: ignore[misc]
        self.segment = segment_of(self._pages[0])
        self._kept: OrderedDict[tuple[int, int], Samples] = OrderedDict()
        self._kept_bytes = 0

    @property
    def band(self) -> int:
        """Rows read at once: whole strips or tiles, so that none is decoded twice."""
        return self.segment[0] * max(1, _BAND // self.segment[0])

    def rgb(self, top: int, bottom: int, left: int, right: int) -> Pixels:
        """Return ``(h, w, 3)`` of a region inside the image."""
        parts = [self._region(page, (top, bottom, left, right)) for page in self._pages]
        samples = parts[0] if len(parts) == 1 else np.concatenate([part[..., :1] for part in parts], axis=-1)
        if self._plan.channels is not None:
            samples = samples[..., self._plan.channels]
        return self._plan.colours.as_rgb(samples)

    def _region(self, page: "TiffPage", box: tuple[int, int, int, int]) -> Samples:
        top, bottom, left, right = box
        high, wide = self.segment
        planes = planes_of(page)
        out = np.empty((bottom - top, right - left, page.samplesperpixel), dtype=page.dtype)
        for plane in range(planes):
            target = out[..., plane : plane + 1] if planes > 1 else out
            for row in range(top // high, -(-bottom // high)):
                for column in range(left // wide, -(-right // wide)):
                    segment = self._decoded(page, (plane, row, column))
                    _place(target, segment, (row * high - top, column * wide - left))
        return out

    def _decoded(self, page: "TiffPage", place: tuple[int, int, int]) -> Samples:
        number = int(np.ravel_multi_index(place, (planes_of(page), *grid_of(page))))
        key = page.index if isinstance(page.index, int) else 0, number
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key]
        segment = self._decode(page, number)
        self._kept[key] = segment
        self._kept_bytes += segment.nbytes
        while self._kept_bytes > _KEPT_BYTES and len(self._kept) > 1:
            self._kept_bytes -= self._kept.popitem(last=False)[1].nbytes
        return segment

    def stored(self, page: "TiffPage", number: int) -> bytes:
        """Return the bytes of one strip or tile.

        Raises
        ------
        DataError
            It is a JPEG without its end, of which decoders make a half grey image.
        """
        self._tiff.filehandle.seek(page.dataoffsets[number])
        content: bytes = self._tiff.filehandle.read(page.databytecounts[number])
        if int(page.compression) == _JPEG and _JPEG_END not in content:
            raise DataError(
                f"{self._where}: truncated or damaged TIFF (strip or tile {number + 1}: a JPEG without its end); take a fresh copy"
            )
        return content

    def _check_all(self, page: "TiffPage") -> None:
        """Refuse an image of which a JPEG has no end, before another reader decodes it whole."""
        for number, length in enumerate(page.databytecounts if int(page.compression) == _JPEG else ()):
            if length:
                self.stored(page, number)

    def _decode(self, page: "TiffPage", number: int) -> Samples:
        high, wide = self.segment
        samples = page.samplesperpixel // planes_of(page)
        length = page.databytecounts[number]
        if length == 0:  # a tile that a scanner left out: glass
            top = 255 if page.dtype == np.uint8 else 65535
            return np.full((high, wide, samples), top, dtype=page.dtype)
        if not _codec_here(int(page.compression)):
            self._check_all(page)
            raise NotDecodedError(f"{self._where}: compression {int(page.compression)}")
        content = self.stored(page, number)
        try:
            _check_header(content, int(page.compression), (high, wide))
            if int(page.compression) == _LZW:
                _check_lzw(content)
            tables = {"jpegtables": page.jpegtables} if int(page.compression) == _JPEG else {}
            decoded = np.asarray(page.decode(content, number, **tables)[0])
            return decoded.reshape(-1, decoded.shape[-2], samples)
        except Exception as err:  # decoders of strangers' bytes may raise anything
            reason = " ".join(str(err).split())[:120]
            raise NotDecodedError(
                f"{self._where}: truncated or damaged TIFF (strip or tile {number + 1}: {reason}); take a fresh copy"
            ) from err


def _place(target: Samples, segment: Samples, corner: tuple[int, int]) -> None:
    """Copy what of a segment lies inside the target; ``corner`` is the segment's in the target."""
    row, column = corner
    inside = segment[max(0, -row) : target.shape[0] - row, max(0, -column) : target.shape[1] - column]
    row, column = max(0, row), max(0, column)
    wanted = (min(target.shape[0] - row, inside.shape[0]), min(target.shape[1] - column, inside.shape[1]))
    target[row : row + wanted[0], column : column + wanted[1]] = inside[: wanted[0], : wanted[1]]


def _window(top: int, left: int, side: int, height: int, width: int) -> tuple[int, int, int, int] | None:
    """Return first and last row and column of the part of a square that lies on the image; None where none does."""
    rows, columns = (max(0, top), min(height, top + side)), (max(0, left), min(width, left + side))
    return (*rows, *columns) if rows[0] < rows[1] and columns[0] < columns[1] else None


def _codec_here(compression: int) -> bool:
    return compression in _CODECS and (compression == _NONE or find_spec("imagecodecs") is not None)


def _check_header(content: bytes, compression: int, segment: tuple[int, int]) -> None:
    """Refuse a compressed image that states a larger size than the strip or tile it fills."""
    if compression not in _WITH_HEADER:
        return
    from PIL import Image

    try:
        with Image.open(BytesIO(content)) as image:
            width, height = image.size
    except (OSError, SyntaxError, ValueError):
        return  # not for Pillow to say: the decoder does
    if height > segment[0] + 64 or width > segment[1] + 64:
        raise ValueError(f"it states {width} x {height} pixels for {segment[1]} x {segment[0]}")


def _check_lzw(content: bytes) -> None:
    """Refuse an LZW stream that names what isn't in its table yet; decoded into memory of a given size it would end the process.

    Raises
    ------
    Exception
        Whatever the decoder makes of it: decoded without a size, it measures the stream first.
    """
    first = int.from_bytes(content[:3], "big") >> 6
    if first >> 9 == _LZW_CLEAR and first & 511 > _LZW_CLEAR + 1:
        raise ValueError("LZW names what is not in its table")
    if len(content) <= _LZW_MEASURED:  # what is longer could swell without bound
        import imagecodecs

        imagecodecs.lzw_decode(content)


def _refuse_large_segments(segment: tuple[int, int], image: TiffImage, where: str) -> None:
    if segment[0] * segment[1] > _LARGEST_SEGMENT:
        raise DataError(
            f"{where}: {image.width} x {image.height} pixels in strips of {segment[0]} rows can't be read by region; export it as a tiled TIFF"
        )


def _refuse_dark(image: TiffImage) -> None:
    """Refuse samples of 16 bits that use 14 of them or fewer, since the brightness of glass is not known."""
    with opened_tiff(image.path) as tiff:
        reader = _Reader(tiff, image.plan, image.path.name)
        rows = np.unique(np.linspace(0, image.height - 1, _SAMPLED).astype(int))
        try:
            most = max(
                int(reader._region(page, (y, y + 1, 0, image.width))[..., :3].max())
                for page in reader._pages
                for y in rows
            )
        except NotDecodedError:
            return
    refuse_unused_bits(most, image.path.name)
