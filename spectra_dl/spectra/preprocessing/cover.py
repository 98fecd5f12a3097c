"""What an axis must cover so that spectra can be brought to another, and what to say where it doesn't."""

import math
from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray, median
from spectra_dl.errors import DataError
from spectra_dl.spectra.preprocessing.step import HIGHEST, LOWEST

# Between points further apart than this many steps of the target axis a straight line would invent bands.
_WIDEST_GAP = 2.0
# A step this many times the median is a gap between two windows of an axis, not its step.
_GAP_FACTOR = 3.0
_ROUNDING = 1e-3  # of a step
_FEWEST_POINTS = 20  # of a spectrum that a model can be trained on
_LISTED = 3  # ranges in a message
_STATED = "spectra-dl model show MODEL states it beforehand"
_LASERS_NM = (488.0, 514.5, 532.0, 632.8, 785.0, 830.0, 1064.0)
_ALIKE = 0.5  # of both ranges together is common: then numbers may well be wavelengths


class Range(NamedTuple):
    """A range of an axis, in cm⁻¹."""

    low: float
    high: float

    @property
    def width(self) -> float:
        """How far the ends are apart."""
        return self.high - self.low


@dataclass(frozen=True)
class AxisNeeds:
    """What an axis must be for spectra to be brought to a model's.

    Attributes
    ----------
    ranges
        What must be covered, in cm⁻¹; more than one where the model's axis has gaps.
    points
        On the model's axis.
    step
        The model's largest, gaps aside, in cm⁻¹.

    Examples
    --------
    >>> needs = AxisNeeds.of(np.linspace(400, 1800, 701))
    >>> needs.ranges, needs.largest_step, needs.slack
    ((Range(low=400.0, high=1800.0),), 4.0, 1.0)
    >>> print(needs.sentence)
    Measure at least 400 to 1800 cm-1, with neighbouring points at most 4 cm-1 apart.
    """

    ranges: tuple[Range, ...]
    points: int
    step: float

    @classmethod
    def of(cls, axis: FloatArray) -> Self:
        """Return what it takes to be brought to an axis.

        Parameters
        ----------
        axis
            ``(q,)`` ascending, in cm⁻¹, q >= 2.
        """
        steps = np.diff(axis)
        gaps = steps > _GAP_FACTOR * median(steps)
        parts = np.split(axis, np.flatnonzero(gaps) + 1)
        ranges = tuple(Range(float(part[0]), float(part[-1])) for part in parts)
        return cls(ranges, axis.size, float(steps[~gaps].max()))

    @property
    def slack(self) -> float:
        """How much each end may fall short, in cm⁻¹: the nearest value stands there."""
        return self.step / 2

    @property
    def largest_step(self) -> float:
        """How far neighbouring points may be apart, in cm⁻¹."""
        return _WIDEST_GAP * self.step

    @property
    def sentence(self) -> str:
        """What to measure, in whole cm⁻¹, for somebody who has not measured yet."""
        outward = " and ".join(f"{math.floor(low)} to {math.ceil(high)}" for low, high in self.ranges)
        step = _rounded_down(self.largest_step)
        return f"Measure at least {outward} cm-1, with neighbouring points at most {step:g} cm-1 apart."

    def covered(self, wavenumber: FloatArray, axis: FloatArray) -> NDArray[np.bool_]:
        """Return which points of the model's axis spectra on another one have a value for, ``(q,)``.

        Parameters
        ----------
        wavenumber
            ``(p,)`` ascending, in cm⁻¹, p >= 2: the axis of the spectra.
        axis
            ``(q,)`` ascending, in cm⁻¹: the model's.
        """
        right = np.clip(np.searchsorted(wavenumber, axis), 1, wavenumber.size - 1)
        below, above = axis - wavenumber[right - 1], wavenumber[right] - axis
        near = np.minimum(np.abs(below), np.abs(above)) <= self.slack * (1 + _ROUNDING)
        between = (below >= 0) & (above >= 0) & (below + above <= self.largest_step * (1 + _ROUNDING))
        return near | between


def _rounded_down(value: float) -> float:
    """Return a positive number to two digits, never above it."""
    unit = 10.0 ** (math.floor(math.log10(value)) - 1)
    return math.floor(value / unit * (1 + 1e-9)) * unit


def require_cover(wavenumber: FloatArray, axis: FloatArray) -> None:
    """Refuse spectra that can't be brought to a model's axis, and say what is missing and what to do.

    Parameters
    ----------
    wavenumber
        ``(p,)`` ascending, in cm⁻¹: the axis of the spectra.
    axis
        ``(q,)`` ascending, in cm⁻¹, q >= 2: the model's.

    Raises
    ------
    DataError
        Too few points, a range that ends more than half a step too early, a gap in it, or steps more than twice the model's.
    """
    needs = AxisNeeds.of(axis)
    model = f"the model needs {_listed(needs.ranges)} cm⁻¹"
    if wavenumber.size < 2:
        points = "1 point" if wavenumber.size else "no point"
        raise DataError(f"the spectra have {points}; {model} at {axis.size} points. Export whole spectra")
    covered = needs.covered(wavenumber, axis)
    if covered.all():
        return
    spectra = f"the spectra cover {wavenumber[0]:g} to {wavenumber[-1]:g} cm⁻¹"
    step = _own_step(wavenumber, needs)
    if step > needs.largest_step * (1 + _ROUNDING):
        raise DataError(
            f"{spectra} with points up to {step:g} cm⁻¹ apart; {model} with points at most {needs.largest_step:g} apart. Measure on a finer axis "
            f"({_STATED}), or train a model on spectra as coarse as these"
        )
    missing = _missing(covered, wavenumber, axis, needs)
    common = _common(missing, wavenumber, needs)
    gaps = " with a gap" if any(_place(part, needs) == "a gap" for part in missing) else ""
    raise DataError(
        f"{spectra}{gaps}; {model}. {_shares(missing, common, needs)}. {_as_wavelengths(wavenumber, needs) or _remedy(common, axis)}"
    )


def _own_step(wavenumber: FloatArray, needs: AxisNeeds) -> float:
    """Return the largest step of the spectra where the model looks, gaps aside; 0 where there is none."""
    low, high = needs.ranges[0].low - needs.slack, needs.ranges[-1].high + needs.slack
    inside = wavenumber[(wavenumber >= low) & (wavenumber <= high)]
    return AxisNeeds.of(inside).step if inside.size > 1 else 0.0


def _missing(
    covered: NDArray[np.bool_], wavenumber: FloatArray, axis: FloatArray, needs: AxisNeeds
) -> list[Range]:
    """Return the ranges of the model that the spectra lack: each from their last point before it to their first behind it."""
    found: list[Range] = []
    for window in needs.ranges:
        at = np.flatnonzero((axis >= window.low) & (axis <= window.high))
        absent = at[~covered[at]]
        for run in np.split(absent, np.flatnonzero(np.diff(absent) > 1) + 1):
            if run.size:
                below = wavenumber[wavenumber <= axis[run[0]]].max(initial=window.low)
                above = wavenumber[wavenumber >= axis[run[-1]]].min(initial=window.high)
                start = found.pop().low if found and below <= found[-1].high else float(below)
                found.append(Range(start, float(above)))
    return found


def _common(missing: list[Range], wavenumber: FloatArray, needs: AxisNeeds) -> list[Range]:
    """Return the ranges that the spectra have of the model's."""
    found: list[Range] = []
    for window in needs.ranges:
        start = max(window.low, float(wavenumber[0]))
        for gap in [gap for gap in missing if window.low <= gap.low and gap.high <= window.high]:
            found.append(Range(start, gap.low))
            start = max(start, gap.high)
        found.append(Range(start, min(window.high, float(wavenumber[-1]))))
    return [part for part in found if part.width > 0]


def _shares(missing: list[Range], common: list[Range], needs: AxisNeeds) -> str:
    if not common:
        return "They have nothing in common"
    share = sum(part.width for part in common) / sum(window.width for window in needs.ranges)
    places = [f"{low:g} to {high:g} ({_place(Range(low, high), needs)})" for low, high in missing]
    return f"In common are {_listed(common)} cm⁻¹, {min(math.floor(100 * share), 99)} % of the model's range; missing are {_joined(places)}"


def _place(gap: Range, needs: AxisNeeds) -> str:
    if any(gap.low <= window.low and gap.high >= window.high for window in needs.ranges):
        return "all of it"
    if any(gap.low == window.low for window in needs.ranges):
        return "low end"
    return "high end" if any(gap.high == window.high for window in needs.ranges) else "a gap"


def _remedy(common: list[Range], axis: FloatArray) -> str:
    measure = f"Measure the whole range ({_STATED})"
    if not common:
        return f"{measure}, and check that the axis is Raman shift in cm⁻¹"
    longest = max(common, key=lambda part: part.width)
    low, high = math.ceil(longest.low), math.floor(longest.high)
    if np.count_nonzero((axis >= low) & (axis <= high)) < _FEWEST_POINTS:
        return f"{measure}: what is in common is too short to train a model on"
    which = "longest common" if len(common) > 1 else "common"
    return (
        f"{measure}, or train a model on the {which} range: spectra-dl train spectra ... --crop {low} {high}"
    )


def _as_wavelengths(wavenumber: FloatArray, needs: AxisNeeds) -> str:
    """Return what to do if the numbers are no Raman shifts; nothing where they can be little else."""
    if wavenumber[0] > HIGHEST:
        return f"Raman shifts end at {HIGHEST:g} cm⁻¹: are these absolute wavenumbers? Give shifts from the laser line"
    if wavenumber[0] <= 0:
        return ""
    whole = Range(needs.ranges[0].low, needs.ranges[-1].high)
    readings = []
    for laser in _LASERS_NM:
        low, high = (1e7 / laser - 1e7 / wavenumber[[0, -1]]).tolist()
        both = min(high, whole.high) - max(low, whole.low)
        if (
            low >= LOWEST
            and high <= HIGHEST
            and both > _ALIKE * (max(high, whole.high) - min(low, whole.low))
        ):
            readings.append((both, laser, low, high))
    if not readings:
        return ""
    _, laser, low, high = max(readings)
    return (
        f"If the spectra's axis is in nm, it is {low:.0f} to {high:.0f} cm⁻¹ with a laser of {laser:g} nm: give --laser NM, the laser's wavelength. "
        f"If it is in cm⁻¹, measure the whole range ({_STATED})"
    )


def _listed(ranges: list[Range] | tuple[Range, ...]) -> str:
    return _joined([f"{low:g} to {high:g}" for low, high in ranges])


def _joined(parts: list[str]) -> str:
    shown = parts[:_LISTED]
    if len(parts) > _LISTED:
        return f"{', '.join(shown)} and {len(parts) - _LISTED} more"
    return " and ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)
