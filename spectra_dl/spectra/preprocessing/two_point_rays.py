"""Cosmic rays of one or two points, as the versions before found them: model files that were trained so are used so."""

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray
from spectra_dl.spectra.preprocessing.ray_replacement import replaced_rays

BoolArray = NDArray[np.bool_]

# Points beyond each end that mirroring adds, so that a spike at the very end has two sides.
_MARGIN = 4
# A ray fills one or two pixels. Two sides of one are never more unequal than this.
_WIDTHS = (2, 1)
_LEAST_SYMMETRY = 0.2
# The jump into a ray is this many times the two neighbouring steps; in a band that spans three points or
# more at half height the steps next to its top are as large as the step onto it.
_CLEARANCE = 5.0
_NEIGHBOUR_STEPS = 2

SHORTEST = _MARGIN + 1


def without_rays(intensity: FloatArray, threshold: float) -> tuple[FloatArray, BoolArray]:
    """Replace cosmic rays by the straight line between their neighbours.

    Parameters
    ----------
    intensity
        ``(n, p)`` float64, finite, p >= 5; not changed.
    threshold
        Modified z-score of a step between neighbouring points above which it may belong to a ray.

    Returns
    -------
    tuple
        The spectra, and which points were replaced, both ``(n, p)``.

    References
    ----------
    Whitaker & Hayes 2018, Chemom. Intell. Lab. Syst. 179:82, doi 10.1016/j.chemolab.2018.06.009. Changed:
    a ray must also rise and fall within two points and stand clear of its neighbouring steps. The score alone
    marks the flanks of every strong band of a spectrum with little noise.
    """
    return replaced_rays(intensity, lambda spectra: find_spikes(spectra, threshold))


def find_spikes(intensity: FloatArray, threshold: float) -> BoolArray:
    """Return where ``(n, p)`` spectra hold a cosmic ray, as a mask ``(n, p)``.

    Parameters
    ----------
    intensity
        ``(n, p)`` float64, finite, p >= 5.
    threshold
        Modified z-score of a step between neighbouring points above which it may belong to a ray.

    Returns
    -------
    ndarray
        ``(n, p)`` bool.
    """
    n_points = intensity.shape[1]
    spikes = np.zeros(intensity.shape, dtype=np.bool_)
    step = np.diff(intensity, axis=1)
    step -= np.median(step, axis=1, keepdims=True)
    least = threshold * _noise_scale(step)[:, np.newaxis]
    # Only spectra with one steep rise and one steep fall are worth a closer look.
    rows = np.flatnonzero(
        (step.max(axis=1, initial=0) > least[:, 0]) | (-step.min(axis=1, initial=0) > least[:, 0])
    )
    if not rows.size:
        return spikes
    mirrored = np.pad(intensity[rows], ((0, 0), (_MARGIN, _MARGIN)), mode="reflect")
    step = np.diff(mirrored, axis=1)  # step[:, k] leads from mirrored point k to k + 1
    size = np.abs(step)
    for width in _WIDTHS:
        first = np.arange(_MARGIN - width + 1, _MARGIN + n_points)  # of the ray, in mirrored points
        rise, fall = step[:, first - 1], -step[:, first - 1 + width]
        before = np.max([size[:, first - 2 - k] for k in range(_NEIGHBOUR_STEPS)], axis=0)
        after = np.max(
            [size[:, np.minimum(first + width + k, size.shape[1] - 1)] for k in range(_NEIGHBOUR_STEPS)],
            axis=0,
        )
        low, high = np.minimum(rise, fall), np.maximum(rise, fall)
        ray = (low > least[rows]) & (low > _LEAST_SYMMETRY * high)
        ray &= low > _CLEARANCE * np.minimum(before, after)
        _mark(spikes, rows, ray, first - _MARGIN, width)
    return spikes


def _mark(
    spikes: BoolArray, rows: NDArray[np.intp], ray: BoolArray, first: NDArray[np.intp], width: int
) -> None:
    """Set ``width`` points of ``spikes`` from each ray's first point on; a wider ray already there stands."""
    which, start = np.nonzero(ray)
    for offset in range(width):
        point = first[start] + offset
        inside = (point >= 0) & (point < spikes.shape[1])
        spikes[rows[which[inside]], point[inside]] = True


def _noise_scale(step: FloatArray) -> FloatArray:
    """Return the robust spread ``(n,)`` of centred steps: median, or where that is 0 mean, deviation."""
    deviation = np.abs(step)
    # 0.6745 and 1.2533 make both equal the standard deviation of normal noise (Iglewicz & Hoaglin 1993).
    by_median = np.median(deviation, axis=1) / 0.6745
    by_mean = deviation.mean(axis=1) * 1.2533
    return np.where(by_median > 0, by_median, by_mean)
