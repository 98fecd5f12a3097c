"""By how much one instrument's axis must be displaced so that its bands stand where the other's do."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from spectra_dl.arrays import FloatArray
from spectra_dl.spectra.preprocessing.resampling import interpolated
from spectra_dl.spectra.transfer.methods import SpectrumMap

_LARGEST = 20.0  # cm⁻¹ that an axis may be off
_TRIED = 1.0  # cm⁻¹ between the offsets that the search starts from
_SMOOTHING = 30.0  # cm⁻¹ of the window in which a curvature is fitted
_STEPS = 400


@dataclass(frozen=True, eq=False)
class Alignment:
    """A parabola by which places on an axis are displaced.

    Attributes
    ----------
    wavenumber
        ``(p,)`` cm⁻¹.
    displacement
        ``(3,)`` cm⁻¹: coefficients of ``t ** 0``, ``t`` and ``t ** 2``, where t runs from -1 to 1 over the axis.
    """

    wavenumber: FloatArray
    displacement: FloatArray

    def __call__(self, intensity: FloatArray) -> FloatArray:
        """Return at each point what spectra ``(n, p)`` have at its displaced place; the nearest value stands beyond the ends."""
        places = self.wavenumber + _parabola(self.wavenumber, self.displacement)
        return interpolated(intensity, self.wavenumber, places)


@dataclass(frozen=True, eq=False)
class Aligned:
    """A map after an alignment.

    Attributes
    ----------
    alignment
        Of the axis.
    then
        What is done to the aligned spectra.
    """

    alignment: Alignment
    then: SpectrumMap

    def __call__(self, intensity: FloatArray) -> FloatArray:
        """Return mapped spectra."""
        return self.then(self.alignment(intensity))

    def tensors(self) -> Mapping[str, FloatArray]:
        """Return those of the map, and the displacement."""
        return {**self.then.tensors(), "displacement": self.alignment.displacement}


def align(slave: FloatArray, master: FloatArray, wavenumber: FloatArray) -> Alignment:
    """Return the displacement at which curvatures of the mean spectra agree best.

    The idea of aligning by a parabola is that of Shenk and Westerhaus 1991 (Crop Science 31, 1694); here its three coefficients are sought together, from the best
    offset on, by the simplex of Nelder and Mead 1965 (doi 10.1093/comjnl/7.4.308). In curvatures backgrounds and responses are small.

    Parameters
    ----------
    slave, master
        ``(n, p)`` the same samples on both instruments.
    wavenumber
        ``(p,)`` cm⁻¹.
    """
    from scipy.optimize import minimize

    curved = _curvature(slave.mean(axis=0), wavenumber), _curvature(master.mean(axis=0), wavenumber)

    def disagreement(displacement: FloatArray) -> float:
        moved = Alignment(wavenumber, np.asarray(displacement))(curved[0][None])[0]
        length = float(np.linalg.norm(moved))
        excess = max(0.0, float(np.abs(_parabola(wavenumber, displacement)).max()) - _LARGEST)
        return excess - (float(moved @ curved[1]) / length if length else 0.0)

    offsets = np.arange(-_LARGEST, _LARGEST + _TRIED / 2, _TRIED)
    start = min(([offset, 0.0, 0.0] for offset in offsets), key=lambda one: disagreement(np.array(one)))
    simplex = np.array(start) + np.vstack([np.zeros(3), np.diag([_TRIED, _TRIED, _TRIED])])
    found = minimize(
        disagreement,
        start,
        method="Nelder-Mead",
        options={"initial_simplex": simplex, "maxfev": _STEPS, "xatol": 0.01, "fatol": 1e-7},
    )
    return Alignment(wavenumber, np.asarray(found.x, dtype=np.float64))


def _parabola(wavenumber: FloatArray, displacement: FloatArray) -> FloatArray:
    scaled = (wavenumber - wavenumber.mean()) / (np.ptp(wavenumber) / 2)
    level, slope, bend = displacement
    return np.asarray(level + scaled * (slope + scaled * bend))


def _curvature(intensity: FloatArray, wavenumber: FloatArray) -> FloatArray:
    from scipy.signal import savgol_filter

    step = float(np.median(np.diff(wavenumber)))
    window = min(max(5, round(_SMOOTHING / step) | 1), (intensity.size - 1) | 1)
    curvature = savgol_filter(intensity, window, 3, deriv=2)
    length = float(np.linalg.norm(curvature))
    return np.asarray(curvature / length if length else curvature)
