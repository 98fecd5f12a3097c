"""Curves as SVG paths: few points, whole numbers, each relative to the one before."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray

FINE = 10  # path units of one unit of the figure
_MOST_POINTS = 280


@dataclass(frozen=True)
class Span:
    """A range of values and where it stands in a figure.

    Attributes
    ----------
    low, high
        Values; low < high.
    start, stop
        Where they stand, in units of the figure.
    """

    low: float
    high: float
    start: float
    stop: float

    def at(self, values: FloatArray) -> FloatArray:
        """Return places of values; what lies far outside is put a little beyond the edge."""
        share = np.clip(np.nan_to_num((values - self.low) / (self.high - self.low)), -0.25, 1.25)
        places: FloatArray = self.start + share * (self.stop - self.start)
        return places

    def place(self, value: float) -> float:
        """Return the place of one value."""
        return round(float(self.at(np.array(value))), 1)


def thinned(values: FloatArray, most: int = _MOST_POINTS) -> NDArray[np.intp]:
    """Return which points of a curve to draw: of each stretch the lowest and the highest, so that no band is lost.

    Parameters
    ----------
    values
        ``(q,)``.
    most
        How many at most.

    Examples
    --------
    >>> thinned(np.array([0.0, 0, 5, 0, 0, 0, -1]), 4).tolist()
    [0, 2, 4, 6]
    """
    if values.size <= most:
        return np.arange(values.size)
    size = -(-values.size // (most // 2))
    stretches = np.pad(values, (0, -values.size % size), mode="edge").reshape(-1, size)
    starts = size * np.arange(len(stretches))
    ends = np.concatenate([starts + stretches.argmin(axis=1), starts + stretches.argmax(axis=1)])
    return np.unique(np.minimum(ends, values.size - 1))


def curve(x: FloatArray, y: FloatArray) -> str:
    """Return a path through points, in tenths of the figure's units.

    Parameters
    ----------
    x, y
        ``(n,)`` in units of the figure.

    Examples
    --------
    >>> curve(np.array([0.0, 1.0, 2.5]), np.array([5.0, 4.0, 4.5]))
    'M0 50l10-10 15 5'
    """
    points = np.rint(FINE * np.stack([x, y], axis=1)).astype(int)
    steps = " ".join(map(str, np.diff(points, axis=0).ravel().tolist())).replace(" -", "-")
    return f"M{points[0, 0]} {points[0, 1]}l{steps}"


def band(x: FloatArray, low: FloatArray, high: FloatArray) -> str:
    """Return the outline of what lies between two curves.

    Parameters
    ----------
    x, low, high
        ``(n,)`` in units of the figure.
    """
    return curve(np.concatenate([x, x[::-1]]), np.concatenate([low, high[::-1]])) + "z"


def round_ticks(low: float, high: float, most: int = 7) -> list[float]:
    """Return round values within a range, evenly apart.

    Parameters
    ----------
    low, high
        The range.
    most
        Steps between them at most.

    Examples
    --------
    >>> round_ticks(400.0, 1800.0)
    [400.0, 600.0, 800.0, 1000.0, 1200.0, 1400.0, 1600.0, 1800.0]
    """
    power = 10.0 ** np.floor(np.log10((high - low) / most))
    step = next(each * power for each in (1, 2, 5, 10) if (high - low) / (each * power) <= most)
    first = np.ceil(low / step)
    return [float(step * number) for number in np.arange(first, np.floor(high / step) + 1)]
