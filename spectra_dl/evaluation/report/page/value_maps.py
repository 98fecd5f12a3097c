"""Maps of values over places as SVG paths: one for each step of colour, and squares where there are too many places to draw."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from spectra_dl.arrays import FloatArray, IndexArray
from spectra_dl.evaluation.report.colours import VIRIDIS
from spectra_dl.evaluation.report.page.paths import FINE

WIDTH = 320  # of a map, in units of the figure
_TAILS = (1.0, 99.0)  # percent of values between which colours run
_BAR_SHARE = 0.25  # of the map's width, at most
_WIDER = 1.05  # squares grow by it until there are few enough


@dataclass(frozen=True)
class Marks:
    """Places of one step of colour, or of one kind: their number, and a path with a point at each, in tenths of the figure's units."""

    step: int
    path: str


@dataclass(frozen=True, eq=False)
class Places:
    """Where values are drawn: at each row's own place, or gathered into squares.

    Attributes
    ----------
    x, y
        ``(m,)`` in units of the figure.
    size
        Diameter of a spot, or side of a square.
    row_of
        ``(n,)`` each row's place; -1 for rows without one.
    gathered
        Whether places are squares of several rows.
    """

    x: FloatArray
    y: FloatArray
    size: float
    row_of: IndexArray
    gathered: bool

    def means(self, values: FloatArray) -> FloatArray:
        """Return ``(m,)`` means of ``(n,)`` values over each place's rows, NaN where none is known."""
        known = np.isfinite(values) & (self.row_of >= 0)
        count = np.bincount(self.row_of[known], minlength=len(self.x))
        sums = np.bincount(self.row_of[known], weights=values[known], minlength=len(self.x))
        means: FloatArray = np.divide(sums, count, out=np.full(len(self.x), np.nan), where=count > 0)
        return means


def places_of(x: FloatArray, y: FloatArray, size: float, most: int) -> Places:
    """Return where rows are drawn: as they lie, or in the smallest squares of which there are at most ``most``.

    Parameters
    ----------
    x, y
        ``(n,)`` in units of the figure; NaN where a row has no place.
    size
        Diameter of a spot.
    most
        Places that may be drawn.

    Examples
    --------
    >>> places = places_of(np.arange(100.0) % 10, np.arange(100.0) // 10, 1.0, 30)
    >>> places.gathered, len(places.x) <= 30
    (True, True)
    """
    known = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
    row_of = np.full(len(x), -1, dtype=np.intp)
    if len(known) <= most:
        row_of[known] = np.arange(len(known))
        return Places(x[known], y[known], size, row_of, gathered=False)
    left, top = float(x[known].min()), float(y[known].min())
    across, down = x[known] - left, y[known] - top
    side = max(size, math.sqrt(float(np.ptp(across)) * float(np.ptp(down)) / most), 1e-9)
    while True:
        cell = np.floor(np.stack([across, down], axis=1) / side).astype(np.int64)
        squares, place = np.unique(cell, axis=0, return_inverse=True)
        if len(squares) <= most:
            row_of[known] = place.ravel()
            x_of, y_of = (np.asarray((part + 0.5) * side, dtype=np.float64) for part in squares.T)
            return Places(x_of + left, y_of + top, side, row_of, gathered=True)
        side *= _WIDER


def coloured(places: Places, values: FloatArray, limits: tuple[float, float]) -> list[Marks]:
    """Return a path for each step of colour that occurs.

    Parameters
    ----------
    places
        Where values are drawn.
    values
        ``(m,)``; what is NaN is left out, so that what lies below is seen.
    limits
        Values at both ends of the colours; what lies beyond has the end's colour.
    """
    return grouped(places, steps_of(values, limits))


def steps_of(values: FloatArray, limits: tuple[float, float]) -> IndexArray:
    """Return the number of each value's colour, -1 where it is NaN.

    Parameters
    ----------
    values
        ``(m,)``.
    limits
        See `coloured`.
    """
    share = np.clip((values - limits[0]) / (limits[1] - limits[0]), 0.0, 1.0)
    step = np.minimum((np.nan_to_num(share) * len(VIRIDIS)).astype(np.intp), len(VIRIDIS) - 1)
    return np.where(np.isfinite(values), step, -1)


def grouped(places: Places, group: IndexArray, shape: str = "h0") -> list[Marks]:
    """Return a path for each group.

    Parameters
    ----------
    places
        Where rows are drawn.
    group
        ``(m,)`` numbers; what is negative is left out.
    shape
        What is drawn at a place, as a path from there and back; the default is a point.
    """
    order = np.lexsort((places.x, places.y))
    points = np.rint(FINE * np.stack([places.x, places.y], axis=1)[order]).astype(int)
    numbers = group[order]
    return [
        Marks(int(number), _points(points[numbers == number], shape))
        for number in np.unique(numbers[numbers >= 0])
    ]


def _points(points: np.ndarray, shape: str) -> str:
    steps = np.diff(points, axis=0, prepend=0).tolist()
    return "".join(f"m{across} {down}{shape}" for across, down in steps).replace(" -", "-")


def in_words(places: Places, values: FloatArray) -> str:
    """Return where values lie, for who can't see the map.

    Parameters
    ----------
    places
        Where they are drawn.
    values
        ``(m,)``, NaN where unknown.
    """
    known = np.isfinite(values)
    if not known.any():
        return "no values"
    low, middle, high = np.percentile(values[known], [0, 50, 100]).tolist()
    return f"{low:.2f} to {high:.2f}, median {middle:.2f}, highest in the {highest_quarter(places, values)}"


def highest_quarter(places: Places, values: FloatArray) -> str:
    """Return the quarter of a map whose mean is the highest, such as "upper left".

    Parameters
    ----------
    places
        Where values are drawn.
    values
        ``(m,)``, some of them known.
    """
    known = np.isfinite(values)
    x, y, shown = places.x[known], places.y[known], values[known]
    right, down = x > (x.min() + x.max()) / 2, y > (y.min() + y.max()) / 2
    quarters = {
        f"{'lower' if below else 'upper'} {'right' if beside else 'left'}": shown[
            (down == below) & (right == beside)
        ]
        for below in (False, True)
        for beside in (False, True)
    }
    means = {name: float(each.mean()) for name, each in quarters.items() if each.size}
    return max(means, key=means.__getitem__)


def colour_limits(*values: FloatArray | None) -> tuple[float, float]:
    """Return the lowest and the highest value that colours tell apart, one pair for all that is drawn of a target.

    Parameters
    ----------
    values
        What is drawn, NaN where unknown; None where nothing is.
    """
    known = [each[np.isfinite(each)] for each in values if each is not None]
    lows = [np.percentile(each, _TAILS[0]) for each in known if each.size]
    highs = [np.percentile(each, _TAILS[1]) for each in known if each.size]
    low, high = (min(lows), max(highs)) if lows else (0.0, 1.0)
    return (float(low), float(high)) if high > low else (float(low) - 0.5, float(low) + 0.5)


def bar_length(width_um: float) -> float:
    """Return the length of a scale bar in µm: 1, 2 or 5 times a power of ten, at most a quarter of the width.

    Examples
    --------
    >>> bar_length(6500.0), bar_length(90.0)
    (1000.0, 20.0)
    """
    longest = width_um * _BAR_SHARE
    power = 10.0 ** math.floor(math.log10(longest))
    return next(step * power for step in (5.0, 2.0, 1.0) if step * power <= longest)


@dataclass(frozen=True)
class Colour:
    """A step of the bar of colours: where it stands, and its number."""

    x: float
    width: float
    step: int


def colour_bar(steps: Sequence[str] = VIRIDIS) -> list[Colour]:
    """Return where each colour stands on a bar that is as long as a map is wide."""
    wide = WIDTH / len(steps)
    return [Colour(round(wide * step, 2), round(wide, 2), step) for step in range(len(steps))]
