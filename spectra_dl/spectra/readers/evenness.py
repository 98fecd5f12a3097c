"""Single wavenumbers that stand out of an otherwise smooth axis: numbers that are no wavenumbers, digits misspelt, windows put together."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray, median

# Axes run smoothly: even in cm⁻¹, or bent a little, as pixels of equal width are; rounding is the rest.
_ROUNDING_FACTOR = 4.0
_LEAST_OF_VALUES = 1e-9  # what converting wavelengths loses in rounding
_LEAST_SHARE = 1e-6  # of the step
_FEWEST_POINTS = 20
_MOST_SHARE = 0.05
_MOST_DECIMALS = 9
# A number lies at most half a unit of its last digit off, the straight line through all of them another half.
_OFF_LINE = 1.1
_NEAR_LINE = 3.0  # before the line is fitted
# Two neighbouring steps of rounded numbers differ by at most this many units.
_UNITS_OF_BEND = 2.0
_MOSTLY = 0.9
_FEWEST_IN_DECADE = 10


def uneven_notes(ascending: FloatArray) -> tuple[str, ...]:
    """Return a note where the step of an ascending axis changes suddenly, at few points; none where it does not.

    What rounding to the last printed digit does to the steps raises no note.

    Examples
    --------
    >>> import numpy as np
    >>> axis = np.arange(400.0, 500.0, 2.0)
    >>> axis[20] += 0.4
    >>> uneven_notes(axis)
    ('the step of the axis changes near 440.4 cm⁻¹: a misspelt wavenumber, or windows put together?',)
    >>> uneven_notes(np.round(380 + 2.40401 * np.arange(600), 3))
    ()
    """
    # In single precision a few points of an even axis may look as if they had more decimals than the others.
    if ascending.size < _FEWEST_POINTS or np.ptp(np.diff(ascending)) <= 2 * _error(ascending)[0].max():
        return ()
    worst = _finer_than_the_others(ascending)
    if worst is None:
        worst = _off_line(ascending)
    if worst is None:
        worst = _sharp_bend(ascending)
    if worst < 0:
        return ()
    return (
        f"the step of the axis changes near {ascending[worst]:g} cm⁻¹: a misspelt wavenumber, or windows put together?",
    )


def printed_resolution(values: FloatArray) -> FloatArray:
    """Return one unit of the last digit to which each number was rounded, 0 where none is found.

    The unit is the largest of 1, 0.1, ... 1e-9 that divides all numbers; among numbers of six or seven significant digits that
    of each decade. Numbers kept in single precision are rounded to its spacing.

    Parameters
    ----------
    values
        ``(p,)``, such as an axis in cm⁻¹.

    Examples
    --------
    >>> printed_resolution(np.array([400.1, 402.25, 404.4]))
    array([0.01, 0.01, 0.01])
    """
    error, kept_in_single = _error(values)
    units = np.full(values.size, _unit(values, error))
    for inside in _decades(values):
        units[inside] = np.maximum(units[inside], _unit(values[inside], error[inside]))
    return np.where(units > 0, units + 2 * error, error) if kept_in_single else units


def _error(values: FloatArray) -> tuple[FloatArray, bool]:
    """Return by how much each number may be off the one that was meant, and whether all were kept in single precision."""
    if np.all(values.astype(np.float32) == values):
        return np.spacing(np.abs(values).astype(np.float32)).astype(np.float64), True
    return 4 * np.spacing(np.abs(values)), False


def _unit(values: FloatArray, error: FloatArray) -> float:
    for decimals in range(_MOST_DECIMALS + 1):
        # The first number alone rules out most.
        if abs(round(float(values[0]), decimals) - values[0]) <= error[0] and np.all(
            np.abs(np.round(values, decimals) - values) <= error
        ):
            return float(10.0**-decimals)
    return 0.0


def _finer_than_the_others(values: FloatArray) -> int | None:
    """Return the first of a few numbers with more decimals than others of their size have, None where there is none."""
    error_of_all, _ = _error(values)
    for inside in _decades(values):
        alike, error = values[inside], error_of_all[inside]
        few = slice(None, None, max(1, alike.size // 32))
        for decimals in range(_MOST_DECIMALS + 1):
            if np.mean(np.abs(np.round(alike[few], decimals) - alike[few]) > error[few]) > 0.5:
                continue
            finer = np.abs(np.round(alike, decimals) - alike) > error
            if not finer.any():
                break
            if float(np.mean(finer)) <= _MOST_SHARE:
                return int(inside[np.argmax(finer)])
    return None


def _decades(values: FloatArray) -> Iterator[NDArray[np.intp]]:
    """Yield the positions of the numbers of each decade, where there are enough: six significant digits are other decimals in each."""
    decades = np.floor(np.log10(np.maximum(np.abs(values), 1.0)))
    for decade in np.unique(decades):
        inside = np.flatnonzero(decades == decade)
        if inside.size >= _FEWEST_IN_DECADE:
            yield inside


def _off_line(ascending: FloatArray) -> int | None:
    """Return the point that lies farthest off an even axis, -1 where rounding explains all, None where it isn't even."""
    points = np.arange(ascending.size)
    half = ascending.size // 2
    step = float(median((ascending[half:] - ascending[: ascending.size - half]) / half))
    off = ascending - step * points
    off -= median(off)
    unit = np.maximum(printed_resolution(ascending), _LEAST_SHARE * step)
    near = np.abs(off) <= _NEAR_LINE * unit
    if float(np.mean(near)) < _MOSTLY:
        return None
    slope, level = np.polyfit(points[near], off[near], 1, w=1 / unit[near])
    off -= slope * points + level
    far = np.abs(off) > _OFF_LINE * unit
    return int(np.argmax(np.abs(off) / unit)) if far.any() else -1


def _sharp_bend(ascending: FloatArray) -> int:
    """Return the point at which neighbouring steps differ most, -1 where they differ no more than elsewhere."""
    bend = np.abs(np.diff(ascending, n=2))
    # One wrong point bends the axis in three places.
    usual = float(np.quantile(bend, 1 - max(_MOST_SHARE, 4 / bend.size)))
    limit = max(_ROUNDING_FACTOR * usual, _LEAST_SHARE * float(median(np.diff(ascending))))
    rounding = _UNITS_OF_BEND * (1 + _LEAST_SHARE) * printed_resolution(ascending)
    limit = max(limit, _LEAST_OF_VALUES * float(np.abs(ascending).max()))
    over = bend / np.maximum(limit, np.maximum(rounding[1:-1], np.maximum(rounding[:-2], rounding[2:])))
    return 1 + int(np.argmax(over)) if over.max() > 1 else -1


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
    step = float(median(np.abs(np.diff(values[run]))))
    distance = {k: float(np.min(np.abs(values[run] - values[k]))) for k in outside}
    # A point that was only misplaced lies one step or more from the others; a duplicate is refused as such.
    return [k for k in outside if distance[k] > 0 and not 0.75 * step <= distance[k] <= 10 * step]


def _lonely(ascending: FloatArray, few: int) -> list[int]:
    """Return the positions of points far outside the others, or between two points of an even grid."""
    steps = np.diff(ascending)
    if steps.size < 8:
        return []
    usual = float(median(steps))
    gaps = np.flatnonzero(steps > max(10 * usual, 20.0))
    lonely: set[int] = set()
    for gap in gaps:
        if gap + 1 <= few:
            lonely.update(range(int(gap) + 1))
        if steps.size - gap <= few:
            lonely.update(range(int(gap) + 1, ascending.size))
    even = np.abs(steps - usual) <= 1e-6 * max(1.0, float(np.abs(ascending).max()))
    if float(np.mean(even)) >= _MOSTLY:
        pairs = steps[:-1] + steps[1:]
        off_grid = (
            np.flatnonzero((np.abs(pairs - usual) <= 1e-6 * usual) & (steps[:-1] > 0) & (steps[1:] > 0)) + 1
        )
        lonely.update(int(k) for k in off_grid)
    return sorted(lonely) if len(lonely) <= few else []
