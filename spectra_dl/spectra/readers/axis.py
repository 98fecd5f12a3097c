"""The wavenumber axis of a file: its validation and its order."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray, median
from spectra_dl.errors import DataError
from spectra_dl.spectra.readers.evenness import foreign_points, uneven_notes
from spectra_dl.spectra.readers.windows import Range, joined_windows
from spectra_dl.spectra.readers.wording import listed

MIN_POINTS = 3
# Fewer are no spectrum that anyone exported: a table of peaks, a piece, or another kind of file.
FEWEST_IN_FILE = 20
MAX_POINTS = 65_536
LOWEST_SHIFT, HIGHEST_SHIFT = -200.0, 4500.0
# FT-Raman instruments measure the whole anti-Stokes side too; only a file that states its unit is believed so far down.
LOWEST_STATED_SHIFT = -4500.0
ABSURD = 1e9
# "1.000" to "4.500", read as decimals.
_ONCE_THOUSANDS = 10.0
# Steps this many times away from the median step are not part of the same axis.
REGULAR_FACTOR = 3.0
REGULAR_SHARE = 0.9
# A few points twice may be the ends of windows; many are a spectrum that was measured twice.
_MOST_MEETINGS = 8
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
        ``(p,)`` positions in the file's order that sort it; fewer than the file's where windows overlap.
    notes
        What was changed or guessed.
    overlaps
        Low and high end, cm⁻¹, of each range where windows of the axis overlap and were cut.
    in_file
        ``(m,)`` float64, the axis as it stood in the file, with the points that were left out.
    """

    wavenumber: FloatArray
    order: NDArray[np.intp]
    notes: tuple[str, ...]
    overlaps: tuple[Range, ...]
    in_file: FloatArray


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
    usual = float(median(steps))
    near = (steps <= REGULAR_FACTOR * usual) & (steps * REGULAR_FACTOR >= usual)
    return usual > 0 and float(np.mean(near)) >= REGULAR_SHARE


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
    fewest: int = FEWEST_IN_FILE,
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
    fewest
        Points that a spectrum has at least.

    Returns
    -------
    SortedAxis
        The ascending axis, the order that sorts it, and the notes. Windows that overlap are cut, as `joined_windows` does.

    Raises
    ------
    DataError
        Fewer than ``fewest`` or more than 65,536 points, duplicate points, points that don't belong to the axis, windows that
        can't be put together, or values that look like a pixel index, nm or absolute wavenumbers.
    """
    check_size(values.size, where)
    if not np.all(np.abs(values) < ABSURD):
        raise DataError(
            f"{where}: a wavenumber in {places[int(np.argmin(np.abs(values) < ABSURD))]} is missing or absurdly large; correct it"
        )
    refuse_few(values, where, fewest)
    _refuse_lost_thousands(values, places, where)
    windows = joined_windows(values, places, where)
    if windows is None:
        _refuse_foreign(values, places, where)
        order = np.argsort(values, kind="stable")
    else:
        order = windows.order
    ascending = values[order]
    if not keep_duplicates:
        _refuse_duplicates(ascending, [places[k] for k in order], where)
    _refuse_unsupported_units(ascending, where, stated=stated)
    if windows is not None:
        return SortedAxis(ascending, order, (windows.note, *_gap_notes(ascending)), windows.overlaps, values)
    notes = (*_order_notes(values), *(_gap_notes(ascending) or uneven_notes(ascending)))
    return SortedAxis(ascending, order, notes, _meetings(ascending), values)


def _meetings(ascending: FloatArray) -> tuple[Range, ...]:
    """Return the points where windows may meet: a few wavenumbers that stand twice."""
    twice = np.unique(ascending[1:][np.diff(ascending) == 0]).tolist()
    return tuple((at, at) for at in twice) if len(twice) <= _MOST_MEETINGS else ()


def refuse_few(values: FloatArray, where: str, fewest: int = FEWEST_IN_FILE) -> None:
    """Refuse an axis of too few points; those measured twice count once.

    Parameters
    ----------
    values
        ``(p,)`` of the axis.
    where
        What has them, for the message.
    fewest
        Points that a spectrum has at least.

    Raises
    ------
    DataError
        There are fewer.
    """
    points = np.unique(values).size
    if points < fewest:
        raise DataError(
            f"{where}: {points} {'point' if points == 1 else 'points'} on the wavenumber axis; a spectrum has at least {fewest}; "
            "export the whole spectrum"
        )


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


def _gap_notes(ascending: FloatArray) -> tuple[str, ...]:
    steps = np.diff(ascending)
    widest = int(np.argmax(steps))
    if steps[widest] <= REGULAR_FACTOR * float(median(steps)):
        return ()
    return (f"the axis has a gap from {ascending[widest]:g} to {ascending[widest + 1]:g} cm⁻¹",)


def _refuse_lost_thousands(values: FloatArray, places: Sequence[str], where: str) -> None:
    """Refuse 996, 998, 1, 1.002: thousands with a point, which were read as decimals."""
    small = np.abs(values) < _ONCE_THOUSANDS
    if not small.any() or small.all() or np.min(np.abs(values[~small])) < 10 * _ONCE_THOUSANDS:
        return
    steps, restored = np.diff(values), np.diff(np.where(small, values * 1000, values))
    if np.any(np.sign(steps) != np.sign(steps[0])) and np.all(np.sign(restored) == np.sign(restored[0])):
        at = int(np.flatnonzero(small)[0])
        raise DataError(
            f"{where}: the axis has {values[at]:g} ({places[at]}) where {values[at] * 1000:g} would go on from the other wavenumbers: thousands with a point? Write every number with a decimal point and no thousands mark"
        )


def _refuse_foreign(values: FloatArray, places: Sequence[str], where: str) -> None:
    foreign = foreign_points(values)
    if foreign:
        raise DataError(
            f"{where}: {listed([f'{values[k]:g} ({places[k]})' for k in foreign])} not part of the otherwise even wavenumber "
            f"axis; give metadata a name that is not a number, or name it as an option"
        )


def _refuse_duplicates(ascending: FloatArray, places: Sequence[str], where: str) -> None:
    duplicates = np.flatnonzero(np.diff(ascending) == 0)
    if duplicates.size:
        k = int(duplicates[0])
        raise DataError(
            f"{where}: duplicate wavenumber {ascending[k]} in {places[k]} and {places[k + 1]} (values may differ); "
            f"keep the one that is right and delete the other"
        )


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
        raise DataError(
            f"{axis} looks like nm, not Raman shift; give --laser NM (the laser's wavelength) to convert it, or export Raman shift in cm⁻¹ "
            "from the instrument's program"
        )
