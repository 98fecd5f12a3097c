"""How many genes have which correlation, expected and reached, as one small figure."""

import math
from dataclasses import dataclass

import numpy as np

from spectra_dl.arrays import FloatArray

WIDTH, HEIGHT = 480, 130
_STEP = 0.05


@dataclass(frozen=True)
class Bar:
    """How many genes lie in a range: where it stands, and how high each kind is."""

    x: float
    width: float
    expected: float
    reached: float


@dataclass(frozen=True)
class Summary:
    """Of how many genes a correlation is known, and its quartiles and ends."""

    genes: int
    low: float
    quarter: float
    median: float
    three_quarters: float
    high: float


@dataclass(frozen=True)
class Histogram:
    """Correlations of genes.

    Attributes
    ----------
    bars
        From the lowest to the highest; heights in units of the figure.
    ticks
        Where correlations are written, and which.
    most
        Genes of the highest bar.
    expected, reached
        In figures; None where none is known.
    """

    bars: list[Bar]
    ticks: list[tuple[float, str]]
    most: int
    expected: Summary | None
    reached: Summary | None


def histogram(expected: FloatArray, reached: FloatArray | None) -> Histogram | None:
    """Return how many genes have which correlation; None where none is known.

    Parameters
    ----------
    expected, reached
        ``(g,)``, NaN where unknown; ``reached`` is None without counts.

    Examples
    --------
    >>> drawn = histogram(np.array([0.5, 0.52, np.nan]), None)
    >>> drawn.most, drawn.expected.genes, drawn.reached
    (2, 2, None)
    """
    kinds = [_known(expected), _known(reached)]
    known = np.concatenate(kinds)
    if not known.size:
        return None
    low = min(0.0, math.floor(float(known.min()) * 10) / 10)
    high = max(low + 0.5, math.ceil(float(known.max()) * 10) / 10)
    steps = round((high - low) / _STEP)
    edges = np.linspace(low, high, steps + 1)
    counts = [np.histogram(np.clip(each, low, high), edges)[0] for each in kinds]
    most, wide = int(max(each.max() for each in counts)), WIDTH / steps
    bars = [
        Bar(
            round(at * wide, 1), round(wide, 1), *(round(HEIGHT * int(each[at]) / most, 1) for each in counts)
        )
        for at in range(steps)
    ]
    ticks = [
        (round((value - low) / (high - low) * WIDTH, 1), f"{value:.1f}".replace("-", "−"))
        for value in np.arange(round(low * 10), round(high * 10) + 1, 2 if high - low > 0.8 else 1) / 10
    ]
    return Histogram(bars, ticks, most, *(_summary(each) for each in kinds))


def _known(values: FloatArray | None) -> FloatArray:
    return np.empty(0) if values is None else values[np.isfinite(values)]


def _summary(values: FloatArray) -> Summary | None:
    if not values.size:
        return None
    return Summary(values.size, *np.percentile(values, [0, 25, 50, 75, 100]).tolist())
