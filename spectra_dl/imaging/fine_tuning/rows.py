"""Images as rows: their features for models that look at these, and their pixels for those that are trained end to end."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import IndexArray
from spectra_dl.errors import DataError


@dataclass(frozen=True, eq=False)
class PixelRows:
    """A row per image; ``rows[index]`` takes some of them, and `numpy.asarray` gives their features alone.

    Attributes
    ----------
    values
        ``(n, d)`` float32 features of all images.
    pixels
        ``(n, 3 side²)`` uint8 pixels of all images, colour last.
    row
        ``(k,)`` numbers of the images that are meant; all of them if None.

    Raises
    ------
    DataError
        There are not as many features as images.

    Examples
    --------
    >>> rows = PixelRows(np.eye(3, dtype=np.float32), np.zeros((3, 12), np.uint8))
    >>> len(rows[np.array([2])]), rows[np.array([2])].inputs().shape, np.asarray(rows).shape
    (1, (1, 12), (3, 3))
    """

    values: NDArray[np.float32]
    pixels: NDArray[np.uint8]
    row: IndexArray | None = None

    def __post_init__(self) -> None:
        if len(self.values) != len(self.pixels):
            raise DataError(
                f"{len(self.values)} rows of features for {len(self.pixels)} images; give one each"
            )

    def __len__(self) -> int:
        return len(self.values) if self.row is None else len(self.row)

    def __getitem__(self, rows: IndexArray) -> "PixelRows":
        return replace(self, row=rows if self.row is None else self.row[rows])

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        values = self.values if self.row is None else self.values[self.row]
        return np.asarray(values, dtype=dtype)

    @property
    def shape(self) -> tuple[int, int]:
        """How many images and features there are."""
        return len(self), int(self.values.shape[1])

    @property
    def dtype(self) -> np.dtype[np.float32]:
        """Of the features; scikit-learn would take them for others without it."""
        return self.values.dtype

    def inputs(self) -> NDArray[np.float32]:
        """Return ``(k, 3 side²)`` pixels from 0 to 255, as networks take them."""
        return np.asarray(self.pixels if self.row is None else self.pixels[self.row], dtype=np.float32)
