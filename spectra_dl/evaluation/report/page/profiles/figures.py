"""What a page of profiles draws: targets against their ceiling, and maps of a section that was left out."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from spectra_dl.arrays import FloatArray, IndexArray
from spectra_dl.evaluation.report.colours import VIRIDIS
from spectra_dl.evaluation.report.page.paths import Span
from spectra_dl.evaluation.report.page.profiles.study import Against, HeldOut
from spectra_dl.evaluation.report.page.value_maps import (
    Marks,
    Places,
    grouped,
    highest_quarter,
    places_of,
)

WIDTH, LEFT, RIGHT, TOP, FOOT = 420, 34, 412, 8, 300
_POINT = 5.0
_MOST_POINTS = 3_000


@dataclass(frozen=True)
class AgainstCeiling:
    """Targets by their ceiling and what was reached.

    Attributes
    ----------
    targets, above
        How many are drawn, and how many of them lie above their ceiling.
    points
        Paths of those below (0) and above (1).
    diagonal
        Ends of the line on which what is reached is what could be: x, y, x, y.
    zero
        Where r = 0 lies; r rises from the figure's foot.
    across, up
        Where figures are written, and which.
    reached, ceiling
        Quartiles of both.
    """

    targets: int
    above: int
    points: list[Marks]
    diagonal: tuple[float, float, float, float]
    zero: float
    across: list[tuple[float, str]]
    up: list[tuple[float, str]]
    reached: tuple[float, float, float]
    ceiling: tuple[float, float, float]


@dataclass(frozen=True)
class DrawnMap:
    """A map's marks, and in words where it is highest."""

    marks: list[Marks]
    words: str


@dataclass(frozen=True)
class DrawnTarget:
    """One target's predicted and measured map."""

    name: str
    pearson: float | None
    limits: tuple[float, float]
    predicted: DrawnMap
    measured: DrawnMap


def against_ceiling(targets: Sequence[Against]) -> AgainstCeiling | None:
    """Return where targets stand; None where no ceiling is known."""
    known = [
        (each.ceiling, each.pearson)
        for each in targets
        if each.ceiling is not None and each.pearson is not None
    ][:_MOST_POINTS]
    if not known:
        return None
    ceiling, reached = np.array(known, dtype=np.float64).T
    low = float(min(0.0, np.floor(10 * min(reached.min(), ceiling.min())) / 10))
    across, up = Span(min(0.0, low), 1.0, LEFT, RIGHT), Span(low, 1.0, FOOT, TOP)
    places = places_of(across.at(ceiling), up.at(reached), _POINT, _MOST_POINTS)
    above = reached > ceiling
    values = np.arange(round(low * 5), 6) / 5
    written = [(float(value), f"{value:.1f}".replace("-", "−")) for value in values]
    return AgainstCeiling(
        len(known),
        int(above.sum()),
        grouped(places, above.astype(np.intp)),
        (across.place(max(0.0, low)), up.place(max(0.0, low)), across.place(1.0), up.place(1.0)),
        up.place(0.0),
        [(across.place(value), text) for value, text in written if value >= across.low],
        [(up.place(value), text) for value, text in written],
        _quartiles(reached),
        _quartiles(ceiling),
    )


def drawn_targets(maps: HeldOut) -> list[DrawnTarget]:
    """Return the maps of a section that was left out."""
    x, y = (np.array(text.split(), dtype=np.float64) for text in (maps.x, maps.y))
    places = Places(x, y, maps.size, np.arange(len(x)), gathered=maps.gathered)
    return [
        DrawnTarget(
            each.name,
            each.pearson,
            each.limits,
            _drawn(places, each.predicted, each.limits),
            _drawn(places, each.measured, each.limits),
        )
        for each in maps.genes
    ]


def _drawn(places: Places, letters: str, limits: tuple[float, float]) -> DrawnMap:
    steps = _steps(letters, len(places.x))
    if not (steps >= 0).any():
        return DrawnMap([], "no values")
    values = np.where(steps >= 0, steps, np.nan)
    low, high = (limits[0] + (limits[1] - limits[0]) * share for share in (0.0, 1.0))
    words = f"{low:.2f} to {high:.2f}, highest in the {highest_quarter(places, values)}"
    return DrawnMap(grouped(places, steps), words)


def _steps(letters: str, places: int) -> IndexArray:
    """Return the colours of places; what is no colour, or has no place, is left out."""
    numbers = np.array(
        [ord(letter) - ord("a") for letter in letters[:places].ljust(places, ".")], dtype=np.intp
    )
    return np.where((numbers >= 0) & (numbers < len(VIRIDIS)), numbers, -1)


def _quartiles(values: FloatArray) -> tuple[float, float, float]:
    low, middle, high = np.percentile(values, [25, 50, 75]).tolist()
    return low, middle, high
