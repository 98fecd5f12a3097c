"""One even grid for spectra whose axes differ, and their interpolation onto it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from spectra_dl.arrays import FloatArray
from spectra_dl.errors import DataError
from spectra_dl.spectra.readers.axis import check_size


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
