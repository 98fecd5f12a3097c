"""Means and spreads of features that networks standardise by."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from spectra_dl.models.members import refuse_misshapen

_STORED = ("standard.mean", "standard.scale")


@dataclass(frozen=True, eq=False)
class Standard:
    """Means and spreads ``(d,)`` float32 of features; the spread of a constant feature is 1."""

    mean: NDArray[np.float32]
    scale: NDArray[np.float32]

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, np.ndarray], width: int) -> Self:
        """Rebuild from the arrays of a model file.

        Parameters
        ----------
        tensors
            Every array of the file by name.
        width
            ``d``.

        Raises
        ------
        KeyError, RuntimeError
            An array is missing, mis-shaped, of another type, or no spread.
        """
        mean, scale = (tensors[name] for name in _STORED)
        refuse_misshapen((mean, scale), ((width,), (width,)), np.float32)
        if not (scale > 0).all():
            raise RuntimeError(f"{_STORED[1]} is not above 0")
        return cls(mean, scale)

    def tensors(self) -> dict[str, NDArray[np.float32]]:
        """Return the arrays a model file keeps."""
        return dict(zip(_STORED, (self.mean, self.scale), strict=True))


def standard_of(blocks: Callable[[], Iterator[NDArray[np.float32]]]) -> Standard:
    """Return means and spreads of features that come some rows at a time.

    Parameters
    ----------
    blocks
        Yields ``(k, d)`` features; called once for the means and once for the spreads.
    """
    sums = [
        (len(block), block.sum(axis=0, dtype=np.float64), np.abs(block).sum(axis=0, dtype=np.float64))
        for block in blocks()
    ]
    count = sum(rows for rows, _, _ in sums)
    mean, size = (np.sum([each[place] for each in sums], axis=0) / count for place in (1, 2))
    squares = np.sum([np.square(block - mean).sum(axis=0) for block in blocks()], axis=0)
    spread = np.sqrt(squares / count)
    scale = np.where(spread <= 1e-6 * np.maximum(1e-12, size), 1.0, spread)
    return Standard(mean.astype(np.float32), scale.astype(np.float32))
