"""The interface of every image of tissue, whether it is one file, a slide, or tiles that were cut before."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
# Takes centres (k, 2) and the tiles' side, both in full-resolution pixels, and the side in pixels they are brought to.
Cutter = Callable[[NDArray[np.float64], float, int], Iterator[Pixels]]


class TissueImage(Protocol):
    """An image that is opened when pixels of it are asked for."""

    @property
    def path(self) -> Path:
        """The file it is known by."""

    @property
    def width(self) -> int:
        """Pixels at full resolution."""

    @property
    def height(self) -> int:
        """Pixels at full resolution."""

    def sha256(self) -> str:
        """Return a digest of all that its pixels come from."""

    def thumbnail(self, longest: int) -> tuple[Pixels, float]:
        """Return ``(h, w, 3)`` with a longest side of at most ``longest`` pixels, and thumbnail pixels per full pixel."""

    def cutter(self) -> Cutter:
        """Open the image, and return what yields its tiles, white beyond the edge."""
