"""An image kept as numbers inside an AnnData file, as scanpy keeps Space Ranger's small ones."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from spectra_dl.errors import DataError
from spectra_dl.imaging.image import Cutter, Pixels
from spectra_dl.imaging.image_file import cut_tiles, downscaled
from spectra_dl.storage.hashing import sha256_of
from spectra_dl.storage.hdf5_checks import check_size, opened_hdf5, stored_dataset

if TYPE_CHECKING:
    import h5py

_MOST_PIXELS = 100_000_000


@dataclass(frozen=True)
class EmbeddedImage:
    """A dataset ``(height, width, 3 or 4)`` of bytes, or of numbers from 0 to 1; what is transparent is put on white.

    Attributes
    ----------
    path, name
        The file and the dataset in it.
    width, height
        Pixels.
    """

    path: Path
    name: str
    width: int
    height: int

    def thumbnail(self, longest: int) -> tuple[Pixels, float]:
        """Return ``(h, w, 3)`` with a longest side of at most ``longest`` pixels, and thumbnail pixels per full pixel."""
        return downscaled(self._pixels(), longest)

    def sha256(self) -> str:
        """Return the file's digest."""
        return sha256_of(self.path)

    def cutter(self) -> Cutter:
        """Read the image, and return what yields its tiles, white beyond the edge."""
        return partial(cut_tiles, self._pixels())

    def _pixels(self) -> Pixels:
        with opened_hdf5(self.path, self.path.name) as file:
            stored = _checked(file, self.name, self.path.name)
            values = np.asarray(stored[()], dtype=np.float32)
        top = 255.0 if stored_as_bytes(values) else 1.0
        if not np.isfinite(values).all() or values.min() < 0 or values.max() > top:
            raise DataError(
                f"{self.path.name}: {self.name} holds values outside 0 to {top:g}; save the image as PNG and name it with --image"
            )
        colour, alpha = values[..., :3] / top, values[..., 3:] / top
        on_white = colour * alpha + 1 - alpha if alpha.shape[2] else colour
        pixels: Pixels = np.rint(on_white * 255).astype(np.uint8)
        return pixels


def stored_as_bytes(values: "np.ndarray[tuple[int, ...], np.dtype[np.float32]]") -> bool:
    """Say whether an image's values run to 255 and not to 1."""
    return bool(values.max() > 1.0)


def embedded_image(file: "h5py.File", path: Path, name: str) -> EmbeddedImage:
    """Return an image in an open file, its size checked and its pixels not yet read.

    Parameters
    ----------
    file
        An open HDF5 file.
    path
        Its path, from which the image is read later.
    name
        The dataset, ``(height, width, 3 or 4)`` of numbers.

    Raises
    ------
    DataError
        The dataset is no image, or too large.
    """
    height, width, _ = _checked(file, name, path.name).shape
    return EmbeddedImage(path, name, width, height)


def _checked(file: "h5py.File", name: str, where: str) -> "h5py.Dataset":
    stored = stored_dataset(file, name, where)
    fits = stored.ndim == 3 and stored.shape[2] in (3, 4) and stored.dtype.kind in "uif"
    if not fits or not 1 <= stored.shape[0] * stored.shape[1] <= _MOST_PIXELS:
        raise DataError(
            f"{where}: {name[-60:]} has shape {stored.shape} and type {stored.dtype}; that is no image"
        )
    check_size(stored, where)
    return stored
