"""Places that are hit in more of some spectra than cosmic rays can explain: narrow bands, and hot pixels of the detector.

Rays come by chance: independent of one another, at every place alike. So the number of spectra that are hit at a place has a Poisson
distribution, and a place that is hit more often than any of that many would be by chance is no place of rays.
"""

import math
from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray
from spectra_dl.spectra.preprocessing.cosmic_rays import BoolArray, find_rays, suspected_rays

Counts = NDArray[np.int64]

# Rays that hit a place are at least this frequent, per spectrum and point: what saliva spectra show, each widened to four points.
_LEAST_RATE = 0.14 / 1000 * 4
_FALSE_PLACES = 0.02  # expected on a whole axis
_LEAST_SHARE = 0.01  # of the spectra; fewer are no band, even if rays are not quite as frequent everywhere
_MANY = 100.0


class Place(NamedTuple):
    """A range that is left as it is.

    Attributes
    ----------
    low, high
        In cm⁻¹, half a step beyond its outer points.
    hits
        Spectra with a ray there, were it one.
    """

    low: float
    high: float
    hits: int


@dataclass(frozen=True, eq=False)
class HitCounts:
    """How many spectra are hit at each point; counts of blocks of spectra add up to those of all.

    Attributes
    ----------
    spectra
        Spectra looked at.
    rays, suspected
        ``(p,)`` how many of them have a ray, or what may be one, at a point or its neighbours: a band may move by a point.
    """

    spectra: int
    rays: Counts
    suspected: Counts

    @classmethod
    def of(cls, intensity: FloatArray, threshold: float) -> Self:
        """Return the counts of some spectra.

        Parameters
        ----------
        intensity
            ``(n, p)`` float64, finite.
        threshold
            Of `spectra_dl.spectra.preprocessing.cosmic_rays.find_rays`.
        """
        return cls.counted(*hits(intensity, threshold))

    @classmethod
    def counted(cls, rays: BoolArray, suspected: BoolArray) -> Self:
        """Return the counts of some spectra, of which it is known where they are hit.

        Parameters
        ----------
        rays, suspected
            ``(n, p)`` each, from `hits`.
        """
        return cls(len(rays), rays.sum(axis=0), suspected.sum(axis=0))

    def __add__(self, more: "HitCounts") -> "HitCounts":
        return HitCounts(self.spectra + more.spectra, self.rays + more.rays, self.suspected + more.suspected)

    def places(self, wavenumber: FloatArray) -> tuple[Place, ...]:
        """Return where rays or suspected rays are too frequent for chance.

        Parameters
        ----------
        wavenumber
            ``(p,)`` ascending, in cm⁻¹.
        """
        often = np.zeros(wavenumber.size, dtype=np.bool_)
        for counts in (self.rays, self.suspected):
            often |= counts >= _least_recurring(counts, self.spectra)
        often[1:-1] &= often[2:] & often[:-2]  # without the neighbours that were counted as well
        edges = np.flatnonzero(np.diff(np.concatenate(([0], often.view(np.int8), [0]))))
        half = np.diff(wavenumber) / 2
        below, above = wavenumber - half[np.r_[0, : half.size]], wavenumber + half[np.r_[: half.size, -1]]
        return tuple(
            Place(float(below[first]), float(above[end - 1]), int(self.rays[first:end].max()))
            for first, end in zip(edges[::2], edges[1::2], strict=True)
        )


def hits(intensity: FloatArray, threshold: float) -> tuple[BoolArray, BoolArray]:
    """Return which points of each spectrum lie in or beside a ray, and in or beside what may be one, ``(n, p)`` each.

    Parameters
    ----------
    intensity
        ``(n, p)`` float64, finite.
    threshold
        Of `spectra_dl.spectra.preprocessing.cosmic_rays.find_rays`.
    """
    suspected = suspected_rays(intensity, threshold)
    rays = np.zeros_like(suspected)
    some = suspected.any(axis=1)  # every ray is suspected
    rays[some] = _widened(find_rays(intensity[some], threshold))
    return rays, _widened(suspected)


def points_in(places: tuple[Place, ...], wavenumber: FloatArray) -> BoolArray:
    """Return which points of an axis lie in a place, ``(p,)``, also where the axis is not the one the places were learnt on.

    Parameters
    ----------
    places
        Of `HitCounts.places`.
    wavenumber
        ``(p,)`` ascending, in cm⁻¹.
    """
    inside = np.zeros(wavenumber.size, dtype=np.bool_)
    step = np.diff(wavenumber)
    # A coarser axis may have no point inside: almost half its step is allowed for.
    near = 0.49 * np.minimum(step[np.r_[0, : step.size]], step[np.r_[: step.size, -1]])
    for place in places:
        inside |= (wavenumber + near > place.low) & (wavenumber - near < place.high)
    return inside


def _least_recurring(counts: Counts, spectra: int) -> int:
    """Return how many of some spectra must be hit at a place so that it is no chance: two at least, and the more the more often rays are."""
    rate = max(_LEAST_RATE * spectra, _chance(counts))
    few = max(2, math.ceil(_LEAST_SHARE * spectra))
    if rate > _MANY:  # where a Poisson distribution is a normal one
        return max(few, math.ceil(rate + 6 * math.sqrt(rate)))
    term, below = math.exp(-rate), 0.0  # the probabilities of k - 1, and of fewer
    k = 0
    while k < few or counts.size * (1.0 - below) >= _FALSE_PLACES:
        below += term
        k += 1
        term *= rate / k
    return k


def _chance(counts: Counts) -> float:
    """Return the mean number of rays at a place by the places that are hit seldom, which no band inflates."""
    never, once = np.count_nonzero(counts == 0), np.count_nonzero(counts == 1)
    # Of a Poisson distribution, P(1) / P(0) is the mean.
    return once / never if never >= once and never else float(np.median(counts))


def _widened(hit: BoolArray) -> BoolArray:
    """Return a mask ``(n, p)`` with the neighbours of each point that is set."""
    wide = hit.copy()
    wide[:, 1:] |= hit[:, :-1]
    wide[:, :-1] |= hit[:, 1:]
    return wide
