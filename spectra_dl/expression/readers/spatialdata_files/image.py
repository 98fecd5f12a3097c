"""An image of a SpatialData folder, of which only the regions asked for are read."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from spectra_dl.errors import DataError, UnsafeError
from spectra_dl.imaging.image import Cutter, Pixels
from spectra_dl.imaging.whole_image import banded_thumbnail, cut_tiles
from spectra_dl.storage.hashing import sha256_of

if TYPE_CHECKING:
    import zarr

# An image up to this size is read whole, which is faster.
_READ_WHOLE = 150_000_000


@dataclass(frozen=True)
class SpatialDataImage:
    """A pyramid ``(3, height, width)`` of bytes.

    Attributes
    ----------
    path, name
        The SpatialData folder and the image in it.
    levels
        The arrays of the pyramid below the image, the finest first.
    width, height
        Pixels of the finest.
    channels
        Places of red, green and blue.
    """

    path: Path
    name: str
    levels: tuple[str, ...]
    width: int
    height: int
    channels: tuple[int, int, int] = (0, 1, 2)

    def sha256(self) -> str:
        """Return a digest of the image's files."""
        folder = self.path / "images" / self.name
        files = sorted(entry for entry in folder.rglob("*") if entry.is_file())
        parts = (f"{entry.relative_to(folder).as_posix()} {sha256_of(entry)}\n" for entry in files)
        return sha256("".join(parts).encode()).hexdigest()

    def thumbnail(self, longest: int) -> tuple[Pixels, float]:
        """Return ``(h, w, 3)`` with a longest side of at most ``longest`` pixels, and thumbnail pixels per full pixel."""
        levels = [self._array(level) for level in self.levels]
        level = next((each for each in reversed(levels) if max(each.shape[1:]) >= longest), levels[0])
        high, wide = (int(length) for length in level.shape[1:])
        small = banded_thumbnail(
            (wide, high), longest, lambda first, last, _: self._region(level, (first, last), (0, wide))
        )
        return small, small.shape[1] / self.width

    def cutter(self) -> Cutter:
        """Open the image, and return what yields its tiles, white beyond the edge."""
        finest = self._array(self.levels[0])
        if self.width * self.height <= _READ_WHOLE:
            return partial(cut_tiles, self._region(finest, (0, self.height), (0, self.width)))

        def cut(centre: NDArray[np.float64], side: float, pixels: int) -> Iterator[Pixels]:
            for place in centre:
                # Even, so that halves are rounded as in the whole image.
                corner = 2 * np.floor(np.clip(place - side, 0, (self.width, self.height)) / 2).astype(int)
                end = np.ceil(place + side).astype(int).clip(0, (self.width, self.height))
                region = self._region(finest, (corner[1], end[1]), (corner[0], end[0]))
                yield from cut_tiles(region, (place - corner)[None], side, pixels)

        return cut

    def _region(self, array: "zarr.Array[Any]", rows: tuple[int, int], columns: tuple[int, int]) -> Pixels:
        """Return ``(h, w, 3)`` of an array ``(3, height, width)``."""
        return _region(array, rows, columns)[..., self.channels]

    def _array(self, level: str) -> "zarr.Array[Any]":
        import zarr

        return zarr.open_array(self.path / "images" / self.name / level, mode="r")


def spatialdata_image(path: Path, name: str, channels: tuple[int, int, int] = (0, 1, 2)) -> SpatialDataImage:
    """Return an image of a SpatialData folder, its size checked and its pixels not yet read.

    Parameters
    ----------
    path
        The folder.
    name
        The image in it.
    channels
        Places of red, green and blue.

    Raises
    ------
    UnsafeError
        Its metadata name a place outside the image.
    DataError
        It is no picture of three channels of bytes, or its metadata are damaged.
    """
    import zarr

    where = f"{path.name} images/{name:.60}"
    try:
        attributes: dict[str, Any] = dict(zarr.open_group(path / "images" / name, mode="r").attrs)
        stated = attributes.get("ome", attributes)["multiscales"][0]["datasets"]
        levels = tuple(str(each["path"]) for each in stated)
        arrays = [_inside(path / "images" / name, level, where) for level in levels]
        first = arrays[0]
    except UnsafeError:
        raise
    except (KeyError, TypeError, IndexError, AttributeError, ValueError, OSError) as err:
        raise DataError(f"{where}: its metadata name no pyramid of images; write the folder again") from err
    if any(each.ndim != 3 or each.shape[0] != 3 or each.dtype != np.uint8 for each in arrays):
        raise DataError(
            f"{where} has shape {first.shape} and type {first.dtype}; a picture of red, green and blue bytes is needed"
        )
    return SpatialDataImage(path, name, levels, int(first.shape[2]), int(first.shape[1]), channels)


def _inside(image: Path, level: str, where: str) -> "zarr.Array[Any]":
    import zarr

    if PurePosixPath(level).is_absolute() or ".." in PurePosixPath(level).parts:
        raise UnsafeError(f"{where}: its metadata name a place outside the image; write the folder again")
    return zarr.open_array(image / level, mode="r")


def colour_channels(names: Sequence[str]) -> tuple[int, int, int] | None:
    """Return the places of red, green and blue among an image's channels by their names; None where these are others.

    Channels that are numbered from 0 are red, green and blue.

    >>> colour_channels(["b", "g", "r"]), colour_channels(["0", "1", "2"]), colour_channels(["DAPI", "CD3", "CD8"])
    ((2, 1, 0), (0, 1, 2), None)
    """
    plain = [name.strip().lower() for name in names]
    for known in (("r", "g", "b"), ("red", "green", "blue"), ("0", "1", "2")):
        if sorted(plain) == sorted(known):
            first, second, third = (plain.index(name) for name in known)
            return first, second, third
    return None


def _region(array: "zarr.Array[Any]", rows: tuple[int, int], columns: tuple[int, int]) -> Pixels:
    """Return ``(h, w, 3)`` of an array ``(3, height, width)``."""
    try:
        values = np.asarray(array[:, rows[0] : rows[1], columns[0] : columns[1]], dtype=np.uint8)
    except (OSError, ValueError, RuntimeError, KeyError) as err:
        raise DataError(
            f"{array.path}: rows {rows[0]} to {rows[1]} can't be read ({str(err)[:80]}); take a fresh copy of the folder"
        ) from err
    return np.ascontiguousarray(np.moveaxis(values, 0, 2))
