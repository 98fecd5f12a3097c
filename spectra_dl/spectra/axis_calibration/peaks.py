"""Where the bands of a standard's spectrum stand, between the points and with an uncertainty."""

import warnings
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray

_TIMES_NOISE = 8.0
_MOST = 80
_LEAST_UNCERTAINTY = 0.02  # cm⁻¹; a fit of a few points claims less
_MOST_TOGETHER = 6  # bands in one fit
_WINDOW = 1.25  # widths at half maximum to either side that are fitted


@dataclass(frozen=True, eq=False)
class Peaks:
    """Bands of a spectrum, by ascending position.

    Attributes
    ----------
    position, uncertainty
        ``(n,)`` cm⁻¹ on the axis as it is stated.
    prominence
        ``(n,)`` in the units of the intensity.
    """

    position: FloatArray
    uncertainty: FloatArray
    prominence: FloatArray

    def __len__(self) -> int:
        return len(self.position)


def find_peaks(wavenumber: FloatArray, intensity: FloatArray) -> Peaks:
    """Return the bands that stand out of the noise, the 80 most prominent at most.

    Parameters
    ----------
    wavenumber
        ``(p,)`` cm⁻¹, ascending.
    intensity
        ``(p,)`` finite; the background may stand in it.
    """
    from scipy.signal import find_peaks as local_maxima
    from scipy.signal import peak_widths

    noise = 1.4826 * float(np.median(np.abs(np.diff(intensity, 2)))) / np.sqrt(6)
    least = max(_TIMES_NOISE * noise, 1e-3 * float(np.ptp(intensity)))
    places, facts = local_maxima(intensity, prominence=least)
    kept = np.sort(np.argsort(facts["prominences"])[::-1][:_MOST])
    places, prominence = places[kept], facts["prominences"][kept]
    widths = np.maximum(peak_widths(intensity, places, rel_height=0.5)[0], 1.0)
    fitted = [
        band
        for group in _groups(places, widths)
        for band in _fitted(wavenumber, intensity, places[group], widths[group])
    ]
    position, uncertainty = np.array(fitted).reshape(-1, 2).T
    order = np.argsort(position)
    return Peaks(position[order], uncertainty[order], prominence[order])


def _groups(places: NDArray[np.intp], widths: FloatArray) -> list[slice]:
    """Return the runs of bands whose windows overlap: fitted one by one, each would pull at its neighbour."""
    reach = _WINDOW * widths
    apart = np.flatnonzero(places[1:] - reach[1:] > places[:-1] + reach[:-1]) + 1
    bounds = [0, *apart.tolist(), len(places)]
    parts = [slice(low, high) for low, high in pairwise(bounds)]
    return [
        slice(start, min(start + _MOST_TOGETHER, part.stop))
        for part in parts
        for start in range(part.start, part.stop, _MOST_TOGETHER)
    ]


def _fitted(
    wavenumber: FloatArray, intensity: FloatArray, places: NDArray[np.intp], widths: FloatArray
) -> list[tuple[float, float]]:
    """Return position and uncertainty of neighbouring bands: Gaussians on a line, fitted to the points around their tops."""
    from scipy.optimize import OptimizeWarning, curve_fit

    reach = np.maximum(3, np.round(_WINDOW * widths)).astype(int)
    part = slice(max(0, int((places - reach).min())), int((places + reach).max()) + 1)
    x, y = wavenumber[part], intensity[part]
    step = float(np.median(np.diff(x)))
    stated = wavenumber[places]
    heights = (intensity[places] - y.min()) / np.ptp(y)
    start = np.concatenate([heights, stated, widths * step / 2.355, [0.0, 0.0]])
    by_top = [(float(place), step) for place in stated]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", OptimizeWarning)
            best, covariance = curve_fit(_bands, x, (y - y.min()) / np.ptp(y), start, maxfev=400 * len(start))
    except (RuntimeError, OptimizeWarning, ValueError, TypeError):
        return by_top
    at = slice(len(places), 2 * len(places))
    spread = np.sqrt(np.diag(covariance)[at].clip(_LEAST_UNCERTAINTY**2))
    lost = (np.abs(best[at] - stated) > np.maximum(step, widths * step / 2)) | ~np.isfinite(spread)
    found = zip(best[at].tolist(), spread.tolist(), strict=True)
    return [top if gone else band for top, gone, band in zip(by_top, lost, found, strict=True)]


def _bands(x: FloatArray, *values: float) -> FloatArray:
    *each, level, slope = values
    height, position, sigma = np.array(each).reshape(3, -1, 1)
    line: FloatArray = level + slope * (x - x[0])
    bands: FloatArray = (height * np.exp(-0.5 * ((x - position) / sigma) ** 2)).sum(axis=0)
    return line + bands
