"""The wavenumber axis: its validation, its order, and the common grid of several axes."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray
from spectra_dl.errors import DataError
from spectra_dl.spectra.readers.evenness import uneven_notes
from spectra_dl.spectra.readers.wording import listed

MIN_POINTS = 3
MAX_POINTS = 65_536
LOWEST_SHIFT, HIGHEST_SHIFT = -200.0, 4500.0
# FT-Raman instruments measure the whole anti-Stokes side too; only a file that states its unit is believed so far down.
LOWEST_STATED_SHIFT = -4500.0
ABSURD = 1e9
# Steps this many times away from the median step are not part of the same axis.
REGULAR_FACTOR = 3.0
REGULAR_SHARE = 0.9
# Spectrometers that give nm have 0.05 to 0.4 nm a pixel; Raman shifts that fine over so short a range are rare.
NM_LOW, NM_HIGH, NM_STEP, NM_POINTS = 500.0, 1400.0, 0.5, 100


@dataclass(frozen=True)
class SortedAxis:
    """An ascending axis.

    Attributes
    ----------
    wavenumber
        ``(p,)`` float64, ascending, cm⁻¹.
    order
        ``(p,)`` positions in the file's order that sort it.
    notes
        What was changed or guessed.
    """

    wavenumber: FloatArray
    order: NDArray[np.intp]
    notes: tuple[str, ...]


def axis_score(values: Sequence[float]) -> int:
    """Score how much ``values`` look like an axis: 2 regular and in order, 1 regular once sorted, 0 not."""
    numbers = np.asarray(values, dtype=np.float64)
    # A single absurd value is refused by its place later, once the axis is known.
    numbers = numbers[np.abs(numbers) < ABSURD]
    if numbers.size < MIN_POINTS or counts_up(numbers):
        return 0
    steps = np.diff(numbers)
    falls = float(np.mean(steps < 0))
    if min(falls, 1 - falls) <= 1 - REGULAR_SHARE and _regular(np.abs(steps)):
        return 2
    return 1 if _regular(np.diff(np.sort(numbers))) else 0


def _regular(steps: FloatArray) -> bool:
    median = float(np.median(steps))
    near = (steps <= REGULAR_FACTOR * median) & (steps * REGULAR_FACTOR >= median)
    return median > 0 and float(np.mean(near)) >= REGULAR_SHARE


def counts_up(values: FloatArray) -> bool:
    """Say whether ``values`` are 0, 1, 2, ... or 1, 2, 3, ...: an index, no wavenumbers."""
    return values.size > 0 and values[0] in (0, 1) and bool(np.all(np.diff(values) == 1))


def sorted_axis(
    values: FloatArray,
    places: Sequence[str],
    where: str,
    *,
    keep_duplicates: bool = False,
    stated: bool = False,
) -> SortedAxis:
    """Sort an axis as it stood in a file and refuse what can't be Raman shifts.

    Parameters
    ----------
    values
        ``(p,)`` float64 in file order.
    places
        The columns or lines they stood in, for messages.
    where
        The file.
    keep_duplicates
        Leave points with one wavenumber side by side, for `average_duplicates`.
    stated
        The file itself says that these are Raman shifts in cm⁻¹, so no other unit is guessed from the numbers.

    Returns
    -------
    SortedAxis
        The ascending axis, the order that sorts it, and the notes.

    Raises
    ------
    DataError
        Fewer than 3 or more than 65,536 points, duplicate points, points that don't belong to the axis, or
        values that look like a pixel index, nm or absolute wavenumbers.
    """
    if values.size < MIN_POINTS:
        raise DataError(
            f"{where}: {values.size} {'point' if values.size == 1 else 'points'} on the wavenumber axis; "
            f"a spectrum has at least {MIN_POINTS}"
        )
    check_size(values.size, where)
    if not np.all(np.abs(values) < ABSURD):
        raise DataError(
            f"{where}: a wavenumber in {places[int(np.argmin(np.abs(values) < ABSURD))]} is missing or absurdly large; correct it"
        )
    _refuse_foreign(values, places, where)
    order = np.argsort(values, kind="stable")
    ascending = values[order]
    if not keep_duplicates:
        _refuse_duplicates(ascending, [places[k] for k in order], where)
    _refuse_unsupported_units(ascending, where, stated=stated)
    return SortedAxis(ascending, order, (*_order_notes(values), *_step_notes(ascending)))


def check_size(points: int, where: str) -> None:
    """Refuse more than 65,536 points.

    Parameters
    ----------
    points
        On the axis, so far or altogether.
    where
        What has them, for the message.

    Raises
    ------
    DataError
        There are more.
    """
    if points > MAX_POINTS:
        raise DataError(f"{where}: {points} points on the wavenumber axis; at most {MAX_POINTS} can be read")


def _order_notes(values: FloatArray) -> tuple[str, ...]:
    steps = np.diff(values)
    if bool(np.all(steps > 0)):
        return ()
    if bool(np.all(steps < 0)):
        return ("the wavenumbers ran downwards; the axis was turned round",)
    return ("the wavenumbers were not in order; they were sorted",)


def _step_notes(ascending: FloatArray) -> tuple[str, ...]:
    steps = np.diff(ascending)
    widest = int(np.argmax(steps))
    if steps[widest] <= REGULAR_FACTOR * float(np.median(steps)):
        return uneven_notes(ascending)
    return (f"the axis has a gap from {ascending[widest]:g} to {ascending[widest + 1]:g} cm⁻¹",)


def _refuse_foreign(values: FloatArray, places: Sequence[str], where: str) -> None:
    foreign = foreign_points(values)
    if foreign:
        raise DataError(
            f"{where}: {listed([f'{values[k]:g} ({places[k]})' for k in foreign])} not part of the otherwise even wavenumber "
            f"axis; give metadata a name that is not a number, or name it as an option"
        )


def foreign_points(values: FloatArray) -> list[int]:
    """Return the positions of a few numbers that break an otherwise ordered or even axis.

    Columns called 2023 or 785 among wavenumbers are the case in mind: they break the order, stand far outside, or
    stand between two points of an even grid.

    >>> foreign_points(np.array([2023.0, 785.0, *range(400, 440, 2)]))
    [0, 1]
    """
    few = min(5, values.size // 10)
    outside = _out_of_order(values, few)
    rest = np.setdiff1d(np.arange(values.size), outside)
    order = rest[np.argsort(values[rest], kind="stable")]
    return sorted([*outside, *(int(order[k]) for k in _lonely(values[order], few))])


def _out_of_order(values: FloatArray, few: int) -> list[int]:
    """Return the few positions outside the longest ascending or descending run that don't fill a hole in it."""
    signs = np.sign(np.diff(values))
    starts = np.flatnonzero(np.concatenate(([True], signs[1:] != signs[:-1])))
    ends = np.concatenate((starts[1:], [signs.size]))
    longest = int(np.argmax(ends - starts))
    run = slice(int(starts[longest]), int(ends[longest]) + 1)
    outside = [*range(run.start), *range(run.stop, values.size)]
    if not 0 < len(outside) <= few:
        return []
    step = float(np.median(np.abs(np.diff(values[run]))))
    distance = {k: float(np.min(np.abs(values[run] - values[k]))) for k in outside}
    # A point that was only misplaced lies one step or more from the others; a duplicate is refused as such.
    return [k for k in outside if distance[k] > 0 and not 0.75 * step <= distance[k] <= 10 * step]


def _lonely(ascending: FloatArray, few: int) -> list[int]:
    """Return the positions of points far outside the others, or between two points of an even grid."""
    steps = np.diff(ascending)
    if steps.size < 8:
        return []
    median = float(np.median(steps))
    gaps = np.flatnonzero(steps > max(10 * median, 20.0))
    lonely: set[int] = set()
    for gap in gaps:
        if gap + 1 <= few:
            lonely.update(range(int(gap) + 1))
        if steps.size - gap <= few:
            lonely.update(range(int(gap) + 1, ascending.size))
    even = np.abs(steps - median) <= 1e-6 * max(1.0, float(np.abs(ascending).max()))
    if float(np.mean(even)) >= REGULAR_SHARE:
        pairs = steps[:-1] + steps[1:]
        off_grid = (
            np.flatnonzero((np.abs(pairs - median) <= 1e-6 * median) & (steps[:-1] > 0) & (steps[1:] > 0)) + 1
        )
        lonely.update(int(k) for k in off_grid)
    return sorted(lonely) if len(lonely) <= few else []


def _refuse_duplicates(ascending: FloatArray, places: Sequence[str], where: str) -> None:
    duplicates = np.flatnonzero(np.diff(ascending) == 0)
    if duplicates.size:
        k = int(duplicates[0])
        raise DataError(
            f"{where}: duplicate wavenumber {ascending[k]} in {places[k]} and {places[k + 1]} (values may differ); "
            f"keep the one that is right and delete the other"
        )


def average_duplicates(
    wavenumber: FloatArray, intensity: FloatArray
) -> tuple[FloatArray, FloatArray, tuple[str, ...]]:
    """Average the points of a single spectrum at one wavenumber, as where scan windows overlap.

    Parameters
    ----------
    wavenumber
        ``(p,)`` float64, ascending, cm⁻¹, possibly with duplicate points.
    intensity
        ``(n, p)`` float64.

    Returns
    -------
    wavenumber
        ``(q,)`` without duplicates, q <= p.
    intensity
        ``(n, q)``, the mean at each of them.
    notes
        One note about the duplicates; none where there are none.

    Examples
    --------
    >>> axis, mean, _ = average_duplicates(np.array([400.0, 402.0, 402.0]), np.array([[1.0, 2.0, 4.0]]))
    >>> axis, mean
    (array([400., 402.]), array([[1., 3.]]))
    """
    distinct, start, count = np.unique(wavenumber, return_index=True, return_counts=True)
    if distinct.size == wavenumber.size:
        return wavenumber, intensity, ()
    with np.errstate(over="ignore", invalid="ignore"):
        mean = np.add.reduceat(intensity, start, axis=1) / count  # (n, p) -> (n, distinct)
    duplicates = distinct[count > 1]
    note = f"{duplicates.size} wavenumbers stand more than once, the first {duplicates[0]:g} cm⁻¹; the mean was taken (overlapping windows?)"
    return distinct, mean, (note,)


def _refuse_unsupported_units(ascending: FloatArray, where: str, *, stated: bool) -> None:
    low, high, points = float(ascending[0]), float(ascending[-1]), ascending.size
    lowest = LOWEST_STATED_SHIFT if stated else LOWEST_SHIFT
    axis = f"{where}: the axis {low:g} to {high:g}"
    if counts_up(ascending):
        raise DataError(f"{axis} counts in steps of 1 like a pixel index; give Raman shifts in cm⁻¹")
    if low < lowest or high > HIGHEST_SHIFT:
        hint = (
            "absolute wavenumbers? subtract them from the laser's"
            if low > HIGHEST_SHIFT
            else "wrong unit or no header?"
        )
        raise DataError(
            f"{axis} is outside {lowest:g}..{HIGHEST_SHIFT:g} cm⁻¹ ({hint}); give Raman shifts in cm⁻¹"
        )
    fine = (high - low) / (points - 1) < NM_STEP
    if not stated and points >= NM_POINTS and fine and low >= NM_LOW and high <= NM_HIGH:
        raise nanometres(axis)


def nanometres(axis: str) -> DataError:
    """Return the refusal of an axis in nm."""
    return DataError(
        f"{axis} looks like nm, not Raman shift; give --laser NM (the laser's wavelength) to convert it, or export Raman shift in cm⁻¹ "
        "from the instrument's program"
    )


def median_step(wavenumber: FloatArray) -> float:
    """Return the median distance between neighbours."""
    return float(np.median(np.diff(wavenumber)))


@dataclass(frozen=True)
class AxisSpan:
    """What a common grid needs to know of one axis.

    Attributes
    ----------
    first, last
        Ends of the axis, cm⁻¹.
    points
        On the axis.
    step
        Median distance between neighbours, cm⁻¹.
    file
        The file it belongs to, for messages.
    """

    first: float
    last: float
    points: int
    step: float
    file: str

    @classmethod
    def of(cls, wavenumber: FloatArray, file: str) -> "AxisSpan":
        """Measure the span of an ascending axis.

        Parameters
        ----------
        wavenumber
            ``(p,)`` ascending, cm⁻¹.
        file
            The file it belongs to, for messages.
        """
        return cls(
            float(wavenumber[0]), float(wavenumber[-1]), wavenumber.size, median_step(wavenumber), file
        )


def common_grid(spans: Sequence[AxisSpan]) -> FloatArray:
    """Return one even grid over the range all axes cover, with their median step.

    Raises
    ------
    DataError
        The common range is less than half of an axis.
    """
    lowest, highest = max(spans, key=lambda span: span.first), min(spans, key=lambda span: span.last)
    low, high = lowest.first, highest.last
    widest = max(spans, key=lambda span: span.last - span.first)
    if high - low < (widest.last - widest.first) / 2:
        raise DataError(
            f"the files share only {low:g} to {high:g} cm⁻¹ ({lowest.file} begins late, {highest.file} ends early), less than "
            f"half of {widest.file}; read them apart, or leave those files out"
        )
    step = float(np.median([span.step for span in spans]))
    points = round((high - low) / step) + 1
    check_size(points, "the common grid")
    return np.linspace(low, high, points)


def resample(intensity: FloatArray, wavenumber: FloatArray, grid: FloatArray) -> FloatArray:
    """Interpolate spectra linearly onto a grid that their axis covers.

    Parameters
    ----------
    intensity
        ``(n, p)`` float64.
    wavenumber
        ``(p,)`` ascending, cm⁻¹.
    grid
        ``(q,)`` ascending, cm⁻¹, within ``wavenumber``.

    Returns
    -------
    FloatArray
        ``(n, q)``.

    Examples
    --------
    >>> resample(np.array([[0.0, 2.0, 6.0]]), np.array([400.0, 402.0, 404.0]), np.array([401.0, 403.0]))
    array([[1., 4.]])
    """
    out = np.empty((intensity.shape[0], grid.size))
    for row, values in zip(out, intensity, strict=True):
        row[:] = np.interp(grid, wavenumber, values)
    return out
