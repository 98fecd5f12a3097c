"""An image kept as numbers inside an AnnData file, as scanpy keeps Space Ranger's small ones."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from spectra_dl.errors import DataError
from spectra_dl.expression.readers.stored.opened import opened_anndata
from spectra_dl.imaging.image import Pixels
from spectra_dl.imaging.whole_image import WholeImage

if TYPE_CHECKING:
    from spectra_dl.expression.readers.stored.nodes import StoredArray, StoredGroup

_MOST_PIXELS = 100_000_000


@dataclass(frozen=True)
class EmbeddedImage(WholeImage):
    """An array ``(height, width, 3 or 4)`` of bytes, or of numbers from 0 to 1; what is transparent is put on white.

    Attributes
    ----------
    path, name
        The file and the array in it.
    width, height
        Pixels.
    """

    path: Path
    name: str
    width: int
    height: int

    def decoded(self) -> Pixels:
        """Return the whole image, ``(height, width, 3)``."""
        with opened_anndata(self.path) as root:
            values = np.asarray(_checked(root, self.name).read(), dtype=np.float32)
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


def embedded_image(root: "StoredGroup", path: Path, name: str) -> EmbeddedImage:
    """Return an image in an open file, its size checked and its pixels not yet read.

    Parameters
    ----------
    root
        An open file.
    path
        Its path, from which the image is read later.
    name
        The array, ``(height, width, 3 or 4)`` of numbers.

    Raises
    ------
    DataError
        It is no image, or too large.
    """
    height, width, _ = _checked(root, name).shape
    return EmbeddedImage(path, name, width, height)


def _checked(root: "StoredGroup", name: str) -> "StoredArray":
    stored = root.array(name)
    fits = len(stored.shape) == 3 and stored.shape[2] in (3, 4) and stored.dtype.kind in "uif"
    if not fits or not 1 <= stored.shape[0] * stored.shape[1] <= _MOST_PIXELS:
        raise DataError(
            f"{root.where}: {name[-60:]} has shape {stored.shape} and type {stored.dtype}; that is no image"
        )
    return stored
