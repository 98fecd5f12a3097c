"""Tiles that were cut before: read from files or an HDF5 file instead of from an image."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from spectra_dl.errors import DataError
from spectra_dl.imaging.image import Cutter, Pixels
from spectra_dl.imaging.slide import open_tissue_image
from spectra_dl.storage.hashing import sha256_of
from spectra_dl.storage.hdf5_checks import check_size, opened_hdf5, stored_dataset

if TYPE_CHECKING:
    import h5py

_TOLERANCE = 0.05  # by which a stored tile's side may differ from the one asked for
MOST_TILE_PIXELS = 16_000_000


class StoredTiles(Protocol):
    """Tiles in files, addressed by row."""

    @property
    def path(self) -> Path:
        """The file they belong to."""

    def sha256(self) -> str:
        """Return a digest of all tiles."""

    def read(self, rows: Sequence[int]) -> Iterator[Pixels]:
        """Yield ``(h, w, 3)`` tiles of these rows, in this order."""


@dataclass(frozen=True)
class TileFiles:
    """An image file per tile.

    Attributes
    ----------
    path
        The table that names them.
    file
        The files.
    side
        Pixels of each tile's width and height; None where they may differ.
    too_large
        What is to be done with a file of more than 16 million pixels.
    """

    path: Path
    file: tuple[Path, ...]
    side: int | None = None
    too_large: str = "an image, not a tile; name it with --image"

    def sha256(self) -> str:
        """Return a digest of all tiles, in their order."""
        return hashlib.sha256("".join(map(sha256_of, self.file)).encode()).hexdigest()

    def read(self, rows: Sequence[int]) -> Iterator[Pixels]:
        """Yield ``(h, w, 3)`` tiles of these rows, in this order."""
        for row in rows:
            tile = open_tissue_image(self.file[row])
            if tile.width * tile.height > MOST_TILE_PIXELS:
                raise DataError(f"{tile.path.name}: {tile.width} x {tile.height} pixels are {self.too_large}")
            wrong = [length for length in (tile.width, tile.height) if self._differs(length)]
            if wrong:
                raise DataError(
                    f"{tile.path.name}: {tile.width} x {tile.height} pixels, where {self.file[0].name} has {self.side} x {self.side}; cut all tiles to one size, "
                    "white beyond the image's edge"
                )
            yield tile.thumbnail(max(tile.width, tile.height))[0]

    def _differs(self, length: int) -> bool:
        return self.side is not None and abs(length - self.side) > _TOLERANCE * self.side


@dataclass(frozen=True)
class TileDataset:
    """Rows of a dataset ``(m, h, w, 3)`` of bytes in an HDF5 file."""

    path: Path
    name: str
    row: tuple[int, ...]

    def sha256(self) -> str:
        """Return the file's digest."""
        return sha256_of(self.path)

    def read(self, rows: Sequence[int]) -> Iterator[Pixels]:
        """Yield ``(h, w, 3)`` tiles of these rows, in this order."""
        with opened_hdf5(self.path, self.path.name) as file:
            tiles = checked_tiles(file, self.name, self.path.name)
            for row in rows:
                yield np.asarray(tiles[self.row[row]], dtype=np.uint8)


@dataclass(frozen=True, eq=False)
class PrecutTiles:
    """Tiles around spots, in place of an image.

    Attributes
    ----------
    source
        The stored tiles.
    centre
        ``(k, 2)`` x and y of each tile's centre in full-resolution pixels.
    side
        Of a tile in full-resolution pixels; None where it is not known, and any side may be asked for.
    """

    source: StoredTiles
    centre: NDArray[np.float64]
    side: float | None
    _row: Mapping[tuple[float, float], int] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_row", {_key(centre): row for row, centre in enumerate(self.centre)})
        if len(self._row) != len(self.centre):
            raise DataError(f"{self.path.name}: two tiles have one centre; keep one of them")

    @property
    def path(self) -> Path:
        """The file the tiles belong to."""
        return self.source.path

    @property
    def width(self) -> int:
        """Pixels of the image up to the right edge of the last tile."""
        return int(np.ceil(self.centre[:, 0].max() + (self.side or 2.0) / 2))

    @property
    def height(self) -> int:
        """Pixels of the image down to the lower edge of the last tile."""
        return int(np.ceil(self.centre[:, 1].max() + (self.side or 2.0) / 2))

    def sha256(self) -> str:
        """Return a digest of all tiles."""
        return self.source.sha256()

    def cutter(self) -> Cutter:
        """Return what yields the tiles."""
        return self._tiles

    def _tiles(self, centre: NDArray[np.float64], side: float, pixels: int) -> Iterator[Pixels]:
        """Yield ``(pixels, pixels, 3)`` for each centre: the stored tile, or its middle where a smaller one is asked for.

        Raises
        ------
        DataError
            A larger tile than the stored ones is asked for, or one around a place that has none.
        """
        from PIL import Image

        if self.side is not None and side > self.side * (1 + _TOLERANCE):
            raise DataError(
                f"{self.path.name}: its tiles are {self.side:.0f} pixels of the full image wide and {side:.0f} are asked for; "
                "ask for smaller tiles, or bring the image"
            )
        share = 1.0 if self.side is None or side > self.side * (1 - _TOLERANCE) else side / self.side
        rows = [self._row.get(_key(place), -1) for place in centre]
        if lost := rows.count(-1):
            raise DataError(
                f"{self.path.name}: {lost} of {len(rows)} spots have no tile; leave them out first"
            )
        for tile in self.source.read(rows):
            middle = Image.fromarray(_middle(tile, share))
            yield np.asarray(middle.resize((pixels, pixels), Image.Resampling.BOX), dtype=np.uint8)

    def thumbnail(self, longest: int) -> tuple[Pixels, float]:
        """Return the tiles put in their places, white between them, and thumbnail pixels per full pixel."""
        from PIL import Image

        scale = min(1.0, longest / max(self.width, self.height))
        canvas = Image.new(
            "RGB", (max(1, round(self.width * scale)), max(1, round(self.height * scale))), "white"
        )
        side = max(1, round((self.side or self._gap()) * scale))
        for (x, y), tile in zip(self.centre * scale, self.source.read(range(len(self.centre))), strict=True):
            small = Image.fromarray(tile).resize((side, side), Image.Resampling.BOX)
            canvas.paste(small, (round(x - side / 2), round(y - side / 2)))
        return np.asarray(canvas, dtype=np.uint8), scale

    def _gap(self) -> float:
        """Return the shortest distance between neighbouring centres along an axis; 1 with a single tile."""
        from scipy.spatial.distance import pdist

        return float(pdist(self.centre, "chebyshev").min()) if len(self.centre) > 1 else 1.0


def checked_tiles(file: "h5py.File", name: str, where: str) -> "h5py.Dataset":
    """Return a dataset of RGB tiles after its shape, type and size were checked.

    Parameters
    ----------
    file
        An open HDF5 file.
    name
        The dataset, ``(n, height, width, 3)`` of bytes.
    where
        The file's name, for messages.

    Raises
    ------
    DataError
        It holds anything else.
    UnsafeError
        It lies in another file.
    """
    tiles = stored_dataset(file, name, where)
    fits = tiles.ndim == 4 and tiles.shape[3] == 3 and tiles.dtype == np.uint8
    if not fits or not 1 <= tiles.shape[1] * tiles.shape[2] <= MOST_TILE_PIXELS:
        raise DataError(
            f"{where}: {name} has shape {tiles.shape} and type {tiles.dtype}; tiles are (n, height, width, 3) of bytes"
        )
    check_size(tiles, where)
    return tiles


def _key(centre: NDArray[np.float64]) -> tuple[float, float]:
    return round(float(centre[0]), 2), round(float(centre[1]), 2)


def _middle(tile: Pixels, share: float) -> Pixels:
    height, width = tile.shape[:2]
    tall, wide = max(1, round(height * share)), max(1, round(width * share))
    top, left = (height - tall) // 2, (width - wide) // 2
    return np.ascontiguousarray(tile[top : top + tall, left : left + wide])
