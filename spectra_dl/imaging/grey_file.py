"""Grey JPEG, PNG and TIFF files, as radiographs and scans are exported: shown as three equal colours."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from spectra_dl.imaging.image import Pixels
from spectra_dl.imaging.image_file import ImageFile, grey_mode, grey_values, open_image

_EIGHT_BITS = ("1", "L", "LA", "La")
_STRETCH = (0.5, 99.5)  # percentiles that become black and white where samples have more than 8 bits


@dataclass(frozen=True)
class GreyFile:
    """A grey image file, checked and measured, not yet decoded; returned by `open_grey`.

    Attributes
    ----------
    path
        The file.
    kind
        ``"JPEG"``, ``"PNG"`` or ``"TIFF"``, by its content.
    width, height
        Pixels.
    deep
        Whether its samples have more than 8 bits, so that what black and white are isn't known.
    """

    path: Path
    kind: str
    width: int
    height: int
    deep: bool

    def decoded(self) -> Pixels:
        """Return ``(height, width, 3)`` uint8; of more than 8 bits, the 0.5 and 99.5 percentiles become black and white.

        Raises
        ------
        DataError
            It is damaged.
        """
        values = grey_values(self.path, self.kind)
        if self.deep:
            low, high = np.percentile(values, _STRETCH)
            stretched = (values - low) / (high - low) if high > low else np.full(values.shape, 0.5)
            values = np.rint(255 * np.clip(stretched, 0.0, 1.0))
        return np.repeat(values.astype(np.uint8)[..., np.newaxis], 3, axis=2)


def open_grey(path: Path) -> GreyFile | None:
    """Check an image by its content; None where it has colours.

    Raises
    ------
    UnsafeError
        The file holds pickle data.
    DataError
        It is no JPEG, PNG or TIFF, or claims a size that can't be true or can't be held.
    """
    return grey_of(open_image(path))


def grey_of(image: ImageFile) -> GreyFile | None:
    """Return an image as a grey one; None where it has colours.

    Raises
    ------
    DataError
        It is damaged.
    """
    mode = grey_mode(image.path, image.kind)
    if mode is None:
        return None
    return GreyFile(image.path, image.kind, image.width, image.height, mode not in _EIGHT_BITS)
