"""Resample spectra from one wavenumber axis to another."""

import numpy as np

from spectra_dl.arrays import FloatArray
from spectra_dl.errors import DataError

# Between points further apart than this many steps of the target axis a straight line would invent bands.
_WIDEST_GAP = 2.0
# Axes that differ by less than this share of a step are the same axis printed with other digits.
_SAME = 1e-3


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


def require_cover(wavenumber: FloatArray, target: FloatArray) -> None:
    """Refuse an axis that spectra can't be resampled from to the target axis.

    Parameters
    ----------
    wavenumber
        ``(p,)`` ascending, in cm⁻¹: the axis of the spectra.
    target
        ``(q,)`` ascending, in cm⁻¹: the axis to resample to.

    Raises
    ------
    DataError
        Too few points, a range that ends more than half a step too early, or a gap in the range.
    """
    low, high = target[0], target[-1]
    needs = f"the model needs {target.size} between {low:g} and {high:g} cm⁻¹"
    if wavenumber.size < 2:
        raise DataError(f"{wavenumber.size} point{'s' * (wavenumber.size != 1)}; {needs}")
    step = np.diff(target)
    slack = 0.5 * float(step.max(initial=0.0))
    if wavenumber[0] > low + slack or wavenumber[-1] < high - slack:
        raise DataError(
            f"the spectra cover {wavenumber[0]:g} to {wavenumber[-1]:g} cm⁻¹; "
            f"the model needs {low:g} to {high:g} cm⁻¹. Measure that range, or train on the shared one"
        )
    inside = wavenumber[(wavenumber >= low - slack) & (wavenumber <= high + slack)]
    gap = np.diff(inside)
    if inside.size < 2 or gap.max() > _WIDEST_GAP * 2 * slack * (1 + _SAME):
        widest = f", up to {gap.max():g} cm⁻¹ apart" if gap.size else ""
        raise DataError(
            f"{inside.size} points{widest}; {needs}. The axis is too coarse: measure a finer one, or train on this"
        )


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
    return intensity[:, left] * (1 - share) + intensity[:, right] * share
