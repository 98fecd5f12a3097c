"""Rows and columns that are an axis or row numbers, and no spectrum."""

import numpy as np

from spectra_dl.arrays import FloatArray

_FEWEST_IN_LINE = 5
_LARGEST = 1e9  # no axis has such numbers, in whatever unit
_ROUNDED = 0.005  # of the range of shifts, for wavelengths of few digits
_BEND = 0.02  # of the range: what an axis of wavelengths bends over one of Raman shifts


def like_an_axis(values: FloatArray, axis: FloatArray) -> bool:
    """Return whether numbers are an axis and no spectrum: the table's own, one on another scale, as of another instrument, or row numbers.

    Parameters
    ----------
    values
        ``(p,)`` of the row or column. Of other axes only a strictly ascending or descending run that lies on a line over this one or over
        the row numbers is meant: smooth fluorescence bends.
    axis
        ``(p,)`` of the table, in file order.
    """
    # Most rows end here.
    if values[0] in (axis[0], axis[-1]) and (
        np.array_equal(values, axis) or np.array_equal(values[::-1], axis)
    ):
        return True
    if len(values) < _FEWEST_IN_LINE or not is_monotonic(values):
        return False
    return (
        of_wavelengths(values, axis)
        or _on_a_line(values, axis)
        or _on_a_line(values, np.arange(len(axis), dtype=np.float64))
    )


def of_wavelengths(values: FloatArray, axis: FloatArray) -> bool:
    """Return whether values are the wavelengths that belong to Raman shifts: 1e7 / wavelength + shift is the laser's wavenumber.

    Parameters
    ----------
    values
        ``(p,)`` of the row or column.
    axis
        ``(p,)`` Raman shifts in cm⁻¹.
    """
    if values[0] <= 0 or values[-1] <= 0:
        return False
    laser = 1e7 / values + axis
    return bool(np.ptp(laser) <= _ROUNDED * np.ptp(axis))


def _on_a_line(values: FloatArray, axis: FloatArray) -> bool:
    line = np.polynomial.Polynomial.fit(axis, values, 1)
    return bool(np.abs(line(axis) - values).max() <= _BEND * abs(values[-1] - values[0]))


def is_monotonic(values: FloatArray) -> bool:
    """Return whether numbers of a possible axis ascend or descend strictly.

    Parameters
    ----------
    values
        ``(p,)``, p at least 3.
    """
    first = values[:3]
    if len(first) < 3:
        return False
    if not (first[0] < first[1] < first[2] or first[0] > first[1] > first[2]):  # most rows end here
        return False
    ascending = values[0] < values[1]
    earlier, later = (values[:-1], values[1:]) if ascending else (values[1:], values[:-1])
    return bool(np.all(earlier < later) and max(abs(values[0]), abs(values[-1])) < _LARGEST)
