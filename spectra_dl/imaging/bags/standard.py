"""Means and spreads of features that networks standardise by."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Standard:
    """Means and spreads ``(d,)`` float32 of features; the spread of a constant feature is 1."""

    mean: NDArray[np.float32]
    scale: NDArray[np.float32]


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
