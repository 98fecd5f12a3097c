"""Resample spectra from one wavenumber axis to another."""

import numpy as np

from spectra_dl.arrays import FloatArray

# Axes that differ by less than this share of a step are the same axis printed with other digits.
_SAME = 1e-3
_NUMBERS_AT_ONCE = 16_384  # so that temporaries stay in the processor's cache


def same_axis(wavenumber: FloatArray, target: FloatArray) -> bool:
    """Return whether two axes agree to a thousandth of their smallest step.

    Parameters
    ----------
    wavenumber, target
        ``(p,)`` and ``(q,)`` ascending, in cm⁻¹.
    """
    if wavenumber.shape != target.shape:
        return False
    finest = float(np.diff(target).min(initial=np.inf)) if target.size > 1 else 1.0
    return bool(np.all(np.abs(wavenumber - target) <= _SAME * finest))


def points_within(wavenumber: FloatArray, target: FloatArray) -> slice:
    """Return which points of an axis lie within a target, to a thousandth of its smallest step.

    Parameters
    ----------
    wavenumber, target
        ``(p,)`` and ``(q,)`` ascending, in cm⁻¹.
    """
    rounding = _SAME * float(np.diff(target).min(initial=np.inf)) if target.size > 1 else 0.0
    low, high = target[0] - rounding, target[-1] + rounding
    return slice(int(np.searchsorted(wavenumber, low)), int(np.searchsorted(wavenumber, high, side="right")))


def read_points(wavenumber: FloatArray, target: FloatArray) -> slice:
    """Return which points of an axis `interpolated` looks at: those within the target, and one beyond each end where there is one.

    Parameters
    ----------
    wavenumber, target
        ``(p,)`` and ``(q,)`` ascending, in cm⁻¹.
    """
    first = int(np.searchsorted(wavenumber, target[0], side="right")) - 1
    last = int(np.searchsorted(wavenumber, target[-1]))
    return slice(max(first, 0), last + 1)


def interpolated(intensity: FloatArray, wavenumber: FloatArray, target: FloatArray) -> FloatArray:
    """Return spectra ``(n, p)`` on another axis ``(q,)`` by straight lines; the nearest value stands beyond the ends.

    Parameters
    ----------
    intensity
        ``(n, p)`` float64.
    wavenumber
        ``(p,)`` ascending, in cm⁻¹, p >= 2.
    target
        ``(q,)`` ascending, in cm⁻¹.

    Returns
    -------
    ndarray
        ``(n, q)`` float64.
    """
    right = np.clip(np.searchsorted(wavenumber, target), 1, wavenumber.size - 1)
    left = right - 1
    share = (target - wavenumber[left]) / (wavenumber[right] - wavenumber[left])
    share = np.clip(share, 0.0, 1.0)
    on_axis = np.empty((len(intensity), target.size))
    at_once = max(_NUMBERS_AT_ONCE // max(target.size, 1), 1)
    for start in range(0, len(intensity), at_once):
        some = intensity[start : start + at_once]
        part = on_axis[start : start + at_once]
        np.multiply(some.take(left, axis=1), 1 - share, out=part)
        part += some.take(right, axis=1) * share
    return on_axis
