"""Cosmic rays of one to six points: detect them in a spectrum and interpolate over them.

A ray rises and falls within one step each; a band that spans three points or more does not. What is as narrow as a ray and comes back at one place in
many spectra is a band or a hot pixel: `spectra_dl.spectra.preprocessing.recurring_places` learns such places.
"""

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray, IndexArray
from spectra_dl.spectra.preprocessing.ray_candidates import Candidates, Clearance, Noise
from spectra_dl.spectra.preprocessing.ray_replacement import replaced_rays
from spectra_dl.spectra.preprocessing.ray_threshold import THRESHOLD
from spectra_dl.spectra.preprocessing.two_point_rays import SHORTEST

__all__ = [
    "SHORTEST",
    "WIDEST",
    "FoundRays",
    "despiked",
    "find_rays",
    "runs",
    "suspected_rays",
    "without_rays",
]

BoolArray = NDArray[np.bool_]

#: Points of the widest ray that is looked for.
WIDEST = 6

_PAD = 9  # mirrored points beyond each end, so that a spike at the very end has two sides
_EDGE = 0.7  # of the threshold: a step this large may be an edge; noise makes a step smaller than the height
_ROWS = 512  # at a time, so that the steps stay in the processor's cache

# Measured with benchmarks/accuracy/cosmic_rays.py.
_SURE = Clearance(
    symmetry=0.2,
    shoulder=0.25,
    narrow=5.0,
    wide=10.0,
    least=5.0,
    both_sides=5.0,
    one_side=2.0,
    misfit=-8.0,
    misfit_of_wide=0.0,
)
_SUSPECT = Clearance(
    symmetry=0.1,
    shoulder=0.12,
    narrow=2.5,
    wide=5.0,
    least=3.0,
    both_sides=7.0,
    one_side=4.0,
    misfit=-40.0,
    misfit_of_wide=-40.0,
)
_SUSPECT_SHARE = 0.95  # of the threshold


def despiked(
    intensity: FloatArray, threshold: float = THRESHOLD, kept: BoolArray | None = None
) -> tuple[FloatArray, NDArray[np.int64]]:
    """Replace cosmic rays by the straight line between their neighbours.

    Parameters
    ----------
    intensity
        ``(n, p)`` float64, finite, p >= 5; not changed.
    threshold
        Height over the noise's standard deviation from which a spike of up to six points may be a ray.
    kept
        ``(p,)`` points where no ray that is removed may have its middle; nowhere if None.

    Returns
    -------
    tuple
        The spectra ``(n, p)`` and how many points of each were replaced, ``(n,)``.
    """
    cleaned, replaced = without_rays(intensity, threshold, kept)
    return cleaned, replaced.sum(axis=1)


def without_rays(
    intensity: FloatArray, threshold: float = THRESHOLD, kept: BoolArray | None = None
) -> tuple[FloatArray, BoolArray]:
    """Do what `despiked` does and return the spectra, and which points were replaced, ``(n, p)``.

    Parameters
    ----------
    intensity
        ``(n, p)`` float64, finite, p >= 5; not changed.
    threshold
        Height over the noise's standard deviation from which a spike of up to six points may be a ray.
    kept
        ``(p,)`` points where no ray that is removed may have its middle; nowhere if None.
    """
    return replaced_rays(intensity, lambda spectra: find_rays(spectra, threshold, kept))


class FoundRays:
    """Remembers which rays were found in spectra, for whoever looks for the same in some of the same spectra.

    Examples
    --------
    >>> rays, spectra = FoundRays(), np.random.default_rng(0).normal(size=(3, 50))
    >>> cleaned, replaced = rays.without_rays(spectra)
    >>> again, _ = rays.without_rays(spectra[[0, 2]])
    >>> bool((again == cleaned[[0, 2]]).all())
    True
    """

    def __init__(self) -> None:
        self._searches: list[tuple[object, FloatArray, FloatArray, BoolArray]] = []

    def without_rays(
        self, intensity: FloatArray, threshold: float = THRESHOLD, kept: BoolArray | None = None
    ) -> tuple[FloatArray, BoolArray]:
        """Do what the function `without_rays` does, from memory where one search had all these spectra.

        Parameters
        ----------
        intensity
            ``(n, p)`` float64, finite, p >= 5; nobody may change it, or what is returned, from now on.
        threshold, kept
            As in the function.
        """
        rule = threshold, kept.tobytes() if kept is not None and kept.any() else None
        for earlier, searched, cleaned, replaced in self._searches:
            rows = _rows_in(searched, intensity) if earlier == rule else None
            if rows is not None:
                return cleaned[rows], replaced[rows]
        cleaned, replaced = without_rays(intensity, threshold, kept)
        self._searches.append((rule, intensity, cleaned, replaced))
        return cleaned, replaced


def _rows_in(searched: FloatArray, wanted: FloatArray) -> slice | list[int] | None:
    """Return where the wanted rows stand among those that were searched; None where one does not."""
    if np.array_equal(searched, wanted):
        return slice(None)
    if searched.shape[1] != wanted.shape[1] or len(wanted) > len(searched):
        return None
    at = {row.tobytes(): number for number, row in enumerate(searched)}
    rows = [at.get(row.tobytes(), -1) for row in wanted]
    return None if -1 in rows else rows


def runs(mask: BoolArray) -> NDArray[np.int64]:
    """Return how many runs of set points each row of a mask ``(n, p)`` has, ``(n,)``: the rays it holds."""
    return np.asarray(mask[:, :1].sum(axis=1) + (mask[:, 1:] & ~mask[:, :-1]).sum(axis=1), dtype=np.int64)


def find_rays(
    intensity: FloatArray, threshold: float = THRESHOLD, kept: BoolArray | None = None
) -> BoolArray:
    """Return where ``(n, p)`` spectra hold a cosmic ray, as a mask ``(n, p)``.

    A ray of up to six points rises and falls within one step each, by ``threshold`` times the noise, and the steps outside it are
    smaller by far. Score of steps after Whitaker & Hayes 2018.

    Parameters
    ----------
    intensity
        ``(n, p)`` float64, finite, p >= 5.
    threshold
        Height over the noise's standard deviation.
    kept
        ``(p,)`` points where no ray may have its middle; nowhere if None.

    References
    ----------
    Whitaker & Hayes 2018, Chemom. Intell. Lab. Syst. 179:82, doi 10.1016/j.chemolab.2018.06.009.
    """
    return _mask(intensity, threshold, _SURE, kept)


def suspected_rays(intensity: FloatArray, threshold: float = THRESHOLD) -> BoolArray:
    """Return where spectra hold what may be a ray, as a mask ``(n, p)``: less high, and less clear of its surroundings.

    What is a ray to `find_rays` in some spectra of a band is suspected in nearly all of them, so that it can be counted.

    Parameters
    ----------
    intensity
        ``(n, p)`` float64, finite, p >= 5.
    threshold
        Height over the noise's standard deviation.
    """
    return _mask(intensity, _SUSPECT_SHARE * threshold, _SUSPECT, None)


def _mask(intensity: FloatArray, threshold: float, clearance: Clearance, kept: BoolArray | None) -> BoolArray:
    rays = np.zeros(intensity.shape, dtype=np.bool_)
    for start in range(0, len(intensity), _ROWS):
        _mark_rays(rays[start : start + _ROWS], intensity[start : start + _ROWS], threshold, clearance, kept)
    return rays


def _mark_rays(
    rays: BoolArray,
    intensity: FloatArray,
    threshold: float,
    clearance: Clearance,
    kept: BoolArray | None,
) -> None:
    padded = np.pad(intensity, ((0, 0), (_PAD, _PAD)), mode="reflect")
    step = np.diff(padded, axis=1)  # step[:, k] leads from padded point k to k + 1
    noise = Noise.of(step[:, _PAD:-_PAD])
    least = (_EDGE * threshold) * noise.roughly(np.arange(step.shape[1]) - _PAD)
    rises = np.flatnonzero(step > least)
    falls = np.zeros(step.size + WIDEST, dtype=np.bool_)
    np.less(step, -least, out=falls[: step.size].reshape(step.shape))
    for width in range(1, WIDEST + 1):
        row, before = np.divmod(rises[falls[rises + width]], step.shape[1])
        first = before + 1  # of the ray, in padded points
        possible = _lie_inside(first, width, intensity.shape[1])
        row, first = row[possible], first[possible]
        if row.size:
            candidates = Candidates(padded, step, row, first, width)
            sure = candidates.are_rays(noise.at(row, first - _PAD), threshold, clearance)
            _mark(rays, row[sure], first[sure] - _PAD, width, kept)


def _lie_inside(first: IndexArray, width: int, n_points: int) -> BoolArray:
    """Return which rays lie inside a spectrum; what is mirrored at its ends is none."""
    return np.asarray((first >= _PAD) & (first - _PAD + width <= n_points))


def _mark(rays: BoolArray, rows: IndexArray, first: IndexArray, width: int, kept: BoolArray | None) -> None:
    """Set the points of each ray whose middle is no kept point: what is only beside a band is none."""
    if kept is not None:
        stays = kept[first + (width - 1) // 2] | kept[first + width // 2]
        rows, first = rows[~stays], first[~stays]
    rays[rows[:, np.newaxis], first[:, np.newaxis] + np.arange(width)] = True
