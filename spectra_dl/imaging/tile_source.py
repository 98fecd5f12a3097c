"""The interface of what tiles are cut from: an image, and named places on it."""

from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray, TextArray
from spectra_dl.imaging.image import TissueImage


class TileSource(Protocol):
    """An image with named places on it, around each of which a tile is cut: the spots of a section, for one."""

    @property
    def name(self) -> str:
        """Its id."""

    @property
    def image(self) -> TissueImage:
        """Opened when the first tile is asked for."""

    @property
    def um_per_pixel(self) -> float:
        """Of ``image``."""

    @property
    def barcode(self) -> TextArray:
        """``(n,)`` unique names of the places."""

    @property
    def position_um(self) -> FloatArray:
        """``(n, 2)`` x and y of each place's centre in µm from the image's upper left corner."""

    @property
    def full_um_per_pixel(self) -> float | None:
        """Of the full-resolution image, in whose pixels files state places; None where that is ``image``."""

    @property
    def full_pixel(self) -> FloatArray:
        """``(n, 2)`` x and y of each place's centre in pixels of the full-resolution image."""

    def __len__(self) -> int:
        """Return the number of places."""

    def select(self, rows: NDArray[np.bool_] | NDArray[np.intp]) -> Self:
        """Return these places only."""
