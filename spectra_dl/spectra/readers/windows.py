"""Windows of one spectrum, measured one after the other at several positions of the grating: an axis that restarts or steps back."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray
from spectra_dl.errors import DataError

# Fewer points in a row are misplaced ones, not a window.
_FEWEST_POINTS = 5
# A step this many times the usual one ends a run.
_GAP = 3.0
_NEAR = 4  # steps on each side that are the usual ones
# Points that were only misplaced lie a whole step from their neighbours once all are sorted; rounding is the rest.
_WHOLE_STEP = 0.75
# Windows that share more than this of their range are two spectra.
_MOST_SHARED = 0.9

Range = tuple[float, float]
_Window = NDArray[np.intp]


@dataclass(frozen=True)
class JoinedWindows:
    """Windows put together to one ascending axis, none of them changed.

    Attributes
    ----------
    order
        ``(q,)`` positions in the file's order, ascending in wavenumber; in an overlap only one window's.
    overlaps
        Low and high end of each overlap, cm⁻¹.
    note
        What was kept.
    """

    order: NDArray[np.intp]
    overlaps: tuple[Range, ...]
    note: str


def joined_windows(values: FloatArray, places: Sequence[str], where: str) -> JoinedWindows | None:
    """Put windows that overlap together: each overlap is cut in its middle, so that their points never alternate.

    A window is a run of 5 or more points in one direction. Runs that only need to be put in order (columns that were
    sorted as text, a misplaced point) are no windows, and a run that repeats another exactly is left to those who average it.

    Parameters
    ----------
    values
        ``(p,)`` float64, the axis in file order, cm⁻¹.
    places
        The columns or lines they stood in, for messages.
    where
        The file.

    Returns
    -------
    JoinedWindows or None
        None where no windows overlap.

    Raises
    ------
    DataError
        A window lies in another's range: two spectra, which can't be put together.

    Examples
    --------
    >>> windows = joined_windows(np.array([0, 2, 4, 6, 8, 10, 7, 9, 11, 13, 15.0]), [""] * 11, "a.txt")
    >>> windows.order.tolist(), windows.overlaps
    ([0, 1, 2, 3, 4, 7, 8, 9, 10], ((7.0, 10.0),))
    """
    steps = np.diff(values)
    if np.all(steps >= 0) or np.all(steps <= 0):
        return None
    runs = list(_runs(steps))
    if float(np.median([run.size for run in runs])) < _FEWEST_POINTS:
        return None  # in no order at all
    windows = sorted((run for run in runs if run.size >= _FEWEST_POINTS), key=lambda run: _range(values[run]))
    woven = [(one, other) for one, other in _pairs(windows, values) if _alternate(values[one], values[other])]
    if not woven or _repeats(windows, values):
        return None
    _refuse_contained(woven, values, places, where)
    return _cut(windows, values)


def _runs(steps: FloatArray) -> Iterator[_Window]:
    """Yield the positions of each run of points in one direction without a wide gap."""
    moves = np.sign(steps)
    sizes = np.pad(np.abs(steps), _NEAR, mode="edge")
    usual = np.median(np.lib.stride_tricks.sliding_window_view(sizes, 2 * _NEAR + 1), axis=1)
    wide = np.abs(steps) > _GAP * usual
    first, direction = 0, 0.0
    for k, move in enumerate(moves):
        direction = direction or move
        if wide[k] or move not in (0.0, direction):
            yield np.arange(first, k + 1)
            first, direction = k + 1, 0.0
    yield np.arange(first, steps.size + 1)


def _range(values: FloatArray) -> Range:
    return float(values.min()), float(values.max())


def _pairs(windows: Sequence[_Window], values: FloatArray) -> Iterator[tuple[_Window, _Window]]:
    """Yield the windows that share a part of their range, by their lower ends."""
    for k, one in enumerate(windows):
        for other in windows[k + 1 :]:
            if values[other].min() > values[one].max():
                break
            yield one, other


def _alternate(one: FloatArray, other: FloatArray) -> bool:
    """Say whether sorting would bring points of two windows nearer to each other than their own steps."""
    low, high = other.min(), min(one.max(), other.max())
    together = np.sort(np.concatenate((one, other)))
    inside = slice(
        max(int(np.searchsorted(together, low)) - 1, 0), int(np.searchsorted(together, high, "right")) + 1
    )
    usual = float(np.median(np.abs(np.concatenate((np.diff(one), np.diff(other))))))
    return bool(np.diff(together[inside]).min() < _WHOLE_STEP * usual)


def _repeats(windows: Sequence[_Window], values: FloatArray) -> bool:
    first = np.unique(values[windows[0]])
    return all(np.array_equal(np.unique(values[window]), first) for window in windows[1:])


def _refuse_contained(
    woven: Sequence[tuple[_Window, _Window]], values: FloatArray, places: Sequence[str], where: str
) -> None:
    for one, other in woven:
        (first, end), (start, last) = _range(values[one]), _range(values[other])
        shared = min(end, last) - start
        if last <= end or start <= first or shared > _MOST_SHARED * min(end - first, last - start):
            again = max(one[0], other[0])
            raise DataError(
                f"{where}: the axis runs over {start:g} to {min(end, last):g} cm⁻¹ twice, again from {places[again]} on: two spectra? "
                f"give each a column or a file of its own, or delete what was measured twice"
            )


def _cut(windows: Sequence[_Window], values: FloatArray) -> JoinedWindows:
    """Cut each overlap in its middle; points in no window are kept."""
    kept = np.ones(values.size, dtype=np.bool_)
    overlaps = []
    for left, right in pairwise(windows):
        start, end = float(values[right].min()), float(values[left].max())
        if start > end:
            continue
        overlaps.append((start, end))
        middle = (start + end) / 2
        kept[left[values[left] > middle]] = False
        kept[right[values[right] <= middle]] = False
    order = np.argsort(values, kind="stable")
    spans = " and ".join(f"{low:g} to {high:g}" for low, high in overlaps)
    dropped = int(np.count_nonzero(~kept))
    note = (
        f"the axis consists of {len(windows)} windows, which overlap from {spans} cm⁻¹; up to the middle of an overlap the points of one "
        f"window were kept, from there on those of the next ({dropped} {'point' if dropped == 1 else 'points'} left out)"
    )
    return JoinedWindows(order[kept[order]], tuple(overlaps), note)


def average_duplicates(
    wavenumber: FloatArray, intensity: FloatArray
) -> tuple[FloatArray, FloatArray, tuple[str, ...]]:
    """Average the points of a single spectrum at one wavenumber, as where it was measured twice.

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
    note = f"{duplicates.size} wavenumbers stand more than once, the first {duplicates[0]:g} cm⁻¹; the mean was taken (measured twice?)"
    return distinct, mean, (note,)
