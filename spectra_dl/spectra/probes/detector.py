"""Probes of how spectra were recorded: saturation, cosmic rays, noise, calibration."""

import numpy as np

from spectra_dl.arrays import FloatArray
from spectra_dl.spectra.preprocessing.cosmic_rays import SHORTEST
from spectra_dl.spectra.preprocessing.despike import Despike
from spectra_dl.spectra.probes.table_probe import TableProbe
from spectra_dl.spectra.quality import PLATEAU
from spectra_dl.spectra.table import SpectraTable

_NOISE_PARTS = 4
_FEWEST_POINTS = 32
_LEAST_SIMILARITY = 0.2  # to the median spectrum; a shift of something else means nothing


class Saturation(TableProbe):
    """How many points of a spectrum stand at its maximum."""

    name = "saturation"
    sentence = "the number of saturated points alone"

    def features(self, table: SpectraTable) -> FloatArray | None:
        """Return whether there is a plateau and the logarithm of its points; None without any plateau."""
        top = (table.intensity == table.intensity.max(axis=1, keepdims=True)).sum(axis=1)
        plateau = np.where(top >= PLATEAU, top, 0)
        return np.stack([plateau > 0, np.log1p(plateau)], axis=1) if plateau.any() else None


class CosmicRays(TableProbe):
    """How many points of a spectrum cosmic rays hit: longer exposures catch more."""

    name = "cosmic rays"
    sentence = "the number of cosmic rays alone"

    def features(self, table: SpectraTable) -> FloatArray | None:
        """Return whether there are any and the logarithm of the number; None without any."""
        if table.wavenumber.size < SHORTEST:
            return None
        rays = Despike().fit(table.intensity, table.wavenumber).apply(table.intensity, table.wavenumber)
        hit = rays.remarks["spikes_removed"].astype(np.int64)
        return np.stack([hit > 0, np.log1p(hit)], axis=1) if hit.any() else None


class Noise(TableProbe):
    """How noisy four parts of a spectrum are: exposure, accumulations, smoothing.

    A strong band changes the spread that noise is compared with, so it is a warning at most.
    """

    name = "noise"
    sentence = "the noise alone, which exposure and smoothing set"
    at_worst = "warn"

    def features(self, table: SpectraTable) -> FloatArray | None:
        """Return the logarithms of noise over spread and of noise squared over level; None with too few points.

        Photons make the second one constant for one detector and exposure, however strong the light.
        """
        if table.wavenumber.size < _FEWEST_POINTS:
            return None
        spread = table.intensity.std(axis=1, keepdims=True)
        smallest = 1e-9 * np.where(spread > 0, spread, 1.0)
        rough = np.abs(np.diff(table.intensity, 4, axis=1))  # fourth differences leave noise and no band
        noise = np.maximum(_parts(rough), smallest)
        level = np.maximum(np.abs(_parts(table.intensity)), smallest)
        return np.concatenate(
            [np.log(noise / np.maximum(spread, smallest)), np.log(noise / level * noise)], axis=1
        )


class Calibration(TableProbe):
    """How far all bands of a spectrum are shifted together; other bands can look like a shift, so it is a warning at most."""

    name = "calibration"
    sentence = "a common shift of all bands alone, which calibration sets"
    at_worst = "warn"

    def features(self, table: SpectraTable) -> FloatArray | None:
        """Return the shift against the median spectrum in points, to first order; None with too few points."""
        if table.wavenumber.size < _FEWEST_POINTS:
            return None
        step = np.diff(table.intensity, axis=1)
        size = np.abs(step).mean(axis=1, keepdims=True)
        step = step / np.where(size > 0, size, 1.0)
        median = np.median(step, axis=0)  # independent of the classes
        slope = np.gradient(median)
        nuisance = np.stack([median, np.ones(slope.size), np.linspace(-1.0, 1.0, slope.size)], axis=1)
        directions = np.linalg.qr(nuisance)[0]
        slope -= directions @ (directions.T @ slope)
        if not median.any() or not slope.any():
            return None
        similarity = np.maximum(step @ median / (median @ median), _LEAST_SIMILARITY)
        return np.asarray(-(step @ slope) / (slope @ slope) / similarity)[:, None]


def _parts(values: FloatArray) -> FloatArray:
    """Return the median of each of four parts of the axis, ``(n, 4)``."""
    return np.stack(
        [np.median(part, axis=1) for part in np.array_split(values, _NOISE_PARTS, axis=1)], axis=1
    )
