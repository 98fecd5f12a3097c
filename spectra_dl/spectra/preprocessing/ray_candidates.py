"""How a cosmic ray is distinguished from a band and from noise, once a steep rise and a steep fall are close together."""

import functools
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray, IndexArray, median

BoolArray = NDArray[np.bool_]


_LEAST_INSIDE = 1.5  # times the noise: no point inside a ray is at the level of its surroundings
_INSIDE_SHARE = 0.1  # of the lower end, likewise: two rays are not one
_WIDE = 3  # points; narrower rays are sharper than any band of three points and more
_WIDE_SHARE = 0.85  # of the threshold, for each end of such a ray: noise lifts no three points at once
_UNEVEN = 0.4  # of the usual least height of the ends, where they stand three times as clear
_HIGH = 40.0  # times the noise, of the ends of a ray that may be so uneven
_BLOCK = 100  # steps whose median says how noisy a part of the axis is
_LEAST_NOISE = 0.3  # of a part, as a share of the whole spectrum's
_STEP = float(np.sqrt(2.0))  # the noise of a step over that of a point
# 0.6745 and 1.2533 make median and mean of sizes equal the standard deviation of normal noise (Iglewicz & Hoaglin 1993).
_BY_MEDIAN, _BY_MEAN = 0.6745, 1.2533
_FEW_MOVES = 8  # steps that are not 0: those of a few rays, and no noise
_NEARBY = 50  # points on each side whose fourth differences say how noisy a place is
_FOURTH = float(np.sqrt(70.0))  # the noise of a fourth difference over that of a point
_AROUND = 4  # points on each side that a band is fitted to
_WIDTHS = (2.5, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0)  # at half height, in points, of the bands that are fitted
_SHIFTS = (-0.5, -0.375, -0.25, -0.125, 0.0, 0.125, 0.25, 0.375, 0.5)  # of their centres


@dataclass(frozen=True, kw_only=True)
class Clearance:
    """How far the edges of a ray stand clear of what is outside it.

    A band spans several points, and the steps next to its top are as large as those onto it.

    Attributes
    ----------
    symmetry
        The lower side of a ray over the higher at least.
    shoulder
        The ends of a ray of three points or more over its height at least: a band has none.
    narrow, wide
        How many times as large as any step outside an edge is, of rays of one or two points and of more.
    least
        How many times as large as the steps of the quieter side.
    both_sides, one_side
        Standard deviations of noise allowed for in the steps of both sides, and of the quieter one.
    misfit, misfit_of_wide
        How much worse than a ray the best band fits at least, as a difference of chi squared: of rays of up to three points, and of wider ones.
    """

    symmetry: float
    shoulder: float
    narrow: float
    wide: float
    least: float
    both_sides: float
    one_side: float
    misfit: float
    misfit_of_wide: float


@dataclass(frozen=True, eq=False)
class Noise:
    """The robust standard deviation of each point of some spectra, from the steps around it.

    Light makes the bright parts of a spectrum noisier: by the median size of each hundred steps, between them along straight lines, and
    where that is far below the rest, as in a part that was filled in, a share of the whole spectrum's.

    Attributes
    ----------
    blocks
        ``(n, b)``, of each block of steps.
    length
        Steps in a block.
    """

    blocks: FloatArray
    length: int

    @classmethod
    def of(cls, step: FloatArray) -> Self:
        """Return the noise of the spectra with these steps, ``(n, p - 1)``."""
        size = np.abs(step)
        n_blocks = max(size.shape[1] // _BLOCK, 1)
        length = size.shape[1] // n_blocks
        blocks = median(size[:, : n_blocks * length].reshape(len(step), n_blocks, length))
        blocks /= _BY_MEDIAN * _STEP
        still = np.flatnonzero(~blocks.all(axis=1))
        if still.size:
            coarse = np.array([_coarse_noise(row) for row in size[still]])
            blocks[still] = np.maximum(blocks[still], coarse[:, np.newaxis])
        whole = median(blocks)
        blocks = np.maximum(blocks, _LEAST_NOISE * whole[:, np.newaxis])
        mirrored = np.concatenate([blocks[:, :1], blocks, blocks[:, -1:]], axis=1)
        return cls((mirrored[:, :-2] + 2 * blocks + mirrored[:, 2:]) / 4, length)

    def roughly(self, step: IndexArray) -> FloatArray:
        """Return the noise of the blocks that some steps lie in, ``(n, s)``; beyond the ends, of the block there."""
        return np.take(self.blocks, np.clip(step // self.length, 0, self.blocks.shape[1] - 1), axis=1)

    def at(self, row: IndexArray, point: IndexArray) -> FloatArray:
        """Return the noise at some points, ``(c,)``.

        Parameters
        ----------
        row, point
            ``(c,)`` where.
        """
        last = self.blocks.shape[1] - 1
        at = np.clip((point + 0.5) / self.length - 0.5, 0, last)
        left = np.minimum(at.astype(np.intp), max(last - 1, 0))
        before, after = self.blocks[row, left], self.blocks[row, np.minimum(left + 1, last)]
        return np.asarray(before + (after - before) * (at - left))


def _coarse_noise(size: FloatArray) -> float:
    """Return the noise of a spectrum most of whose steps are 0: half a usual step of its digits, or by the mean if steps are rare."""
    moves = size[size > 0]
    if moves.size > max(_FEW_MOVES, 0.02 * size.size):
        return float(np.median(moves)) / 2
    return float(size.mean()) * _BY_MEAN / _STEP


@dataclass(frozen=True, eq=False)
class Candidates:
    """Spans of ``width`` points with a steep rise before and a steep fall after.

    Attributes
    ----------
    padded, step
        ``(r, q)`` spectra with mirrored ends, and their steps.
    row, first
        ``(c,)`` where each candidate begins.
    width
        In points.
    """

    padded: FloatArray
    step: FloatArray
    row: IndexArray
    first: IndexArray
    width: int

    def are_rays(self, noise: FloatArray, threshold: float, clearance: Clearance) -> BoolArray:
        """Return which candidates are rays, ``(c,)``.

        Parameters
        ----------
        noise
            ``(c,)`` standard deviation of a point there.
        threshold
            Times the noise that both ends of a ray stand above the line through what is outside them.
        clearance
            How far they stand clear of it.
        """
        row, first = self.row[:, np.newaxis], self.first[:, np.newaxis]
        last = self.first + self.width - 1
        left = self._level(self.first - 1, self.first - 2, noise)
        right = self._level(last + 1, last + 2, noise)
        # The line through both sides, at the points of the ray.
        share = (np.arange(self.width) + 1.5) / (self.width + 2)
        height = self.padded[row, first + np.arange(self.width)]
        height = height - (left[:, np.newaxis] * (1 - share) + right[:, np.newaxis] * share)
        shoulder = np.minimum(height[:, 0], height[:, -1])
        rise = self.step[self.row, self.first - 1]
        fall = -self.step[self.row, last]
        edge, larger = np.minimum(rise, fall), np.maximum(rise, fall)
        least = threshold * (_WIDE_SHARE if self.width >= _WIDE else 1.0)
        sure = shoulder > least * noise
        sure &= height.min(axis=1) > np.maximum(_LEAST_INSIDE * noise, _INSIDE_SHARE * shoulder)
        sure &= edge > clearance.symmetry * larger
        ends = edge / np.maximum(height.max(axis=1), edge)
        if self.width >= _WIDE:
            least_end = np.where(shoulder > _HIGH * noise, _UNEVEN, 1.0) * clearance.shoulder
            sure &= ends > least_end
        which = np.flatnonzero(sure)
        if which.size:
            sure[which] = self._stand_clear(which, edge[which], ends[which], noise[which], clearance)
        return np.asarray(sure)

    def _level(self, near: IndexArray, far: IndexArray, noise: FloatArray) -> FloatArray:
        """Return the level on one side: of two points, or of the nearer where another ray has hit the one beyond it."""
        value = self.padded[self.row, near]
        return np.minimum((value + self.padded[self.row, far]) / 2, value + noise)

    def _slopes(self, which: IndexArray, near: int, direction: int) -> tuple[FloatArray, FloatArray]:
        """Return how far the spectrum rises towards some candidates over the two points before the nearest, and falls; another ray is neither."""
        row, at = self.row[which], self.first[which] + near
        nearest = self.padded[row, at]
        one, two = nearest - self.padded[row, at + direction], nearest - self.padded[row, at + 2 * direction]
        return np.maximum(np.maximum(one, two), 0.0), np.maximum(-np.maximum(2 * one, two), 0.0)

    def _stand_clear(
        self,
        which: IndexArray,
        edge: FloatArray,
        ends: FloatArray,
        noise: FloatArray,
        clearance: Clearance,
    ) -> BoolArray:
        """Return which of some candidates are no bands, by the slopes outside their edges and by the band that fits best.

        Each test is for those alone that passed the one before: few are left for the fit, which costs most.
        """
        # The ends of a band are low as well; those of so uneven a ray must stand clearer.
        uneven = (ends <= clearance.shoulder) & (self.width >= _WIDE)
        times = np.where(uneven, 3.0, 1.0) * (clearance.wide if self.width >= _WIDE else clearance.narrow)
        allowed = np.where(uneven, 1.0, clearance.both_sides)
        before, falls_before = self._slopes(which, -1, -1)
        after, falls_after = self._slopes(which, self.width, 1)
        # On the flank of a broad band one side rises as the other falls.
        before, after = np.maximum(before - falls_after, 0.0), np.maximum(after - falls_before, 0.0)
        steeper, flatter = np.maximum(before, after), np.minimum(before, after)

        def stand(left: IndexArray, noise: FloatArray) -> BoolArray:
            clear = steeper[left] - allowed[left] * noise < edge[left] / times[left]
            clear &= flatter[left] - clearance.one_side * noise < edge[left] / clearance.least
            return np.asarray(clear)

        # The finer noise is never larger: what does not stand clear by this one does not by that.
        left = np.flatnonzero(stand(np.arange(which.size), noise))
        fine = np.minimum(noise[left], self._fine_noise(which[left]))
        passed = stand(left, fine)
        left, fine = left[passed], fine[passed]
        if np.isfinite(clearance.misfit) and left.size:
            least = clearance.misfit if self.width <= _WIDE else clearance.misfit_of_wide
            left = left[self._misfit_of_bands(which[left], fine) > least]
        clear = np.zeros(which.size, dtype=np.bool_)
        clear[left] = True
        return clear

    def _fine_noise(self, which: IndexArray) -> FloatArray:
        """Return the noise around some candidates by fourth differences, which leave noise and no band."""
        at = self.first[which][:, np.newaxis] + np.arange(-_NEARBY, _NEARBY)
        at = np.clip(at, 0, self.padded.shape[1] - 1)
        size = np.abs(np.diff(self.padded[self.row[which][:, np.newaxis], at], 4, axis=1))
        return np.asarray(median(size) / (_BY_MEDIAN * _FOURTH))

    def _misfit_of_bands(self, which: IndexArray, noise: FloatArray) -> FloatArray:
        """Return how much worse the best Gaussian band fits some candidates than a ray does, as a difference of chi squared."""
        offsets = np.arange(-_AROUND, self.width + _AROUND)
        at = np.clip(self.first[which][:, np.newaxis] + offsets, 0, self.padded.shape[1] - 1)
        values = self.padded[self.row[which][:, np.newaxis], at]
        # A band falls to both sides: what stands higher further out is another ray.
        highest = np.maximum(values[:, _AROUND - 1], values[:, -_AROUND]) + 3 * noise
        values[:, _beside()] = np.minimum(values[:, _beside()], highest[:, np.newaxis])
        values = (values - values.mean(axis=1, keepdims=True)) / np.where(noise > 0, noise, 1.0)[
            :, np.newaxis
        ]
        beside, line, bands = _shapes(self.width)
        of_band = (values * values).sum(axis=1) - _explained(values, line)
        # Sums over the last axis are the same bits in whatever batch.
        of_band -= ((values[:, np.newaxis] * bands).sum(axis=2) ** 2).max(axis=1)
        around = values[:, _beside()]
        of_ray = (around * around).sum(axis=1) - _explained(around, beside)
        return np.asarray(of_band - of_ray - max(self.width - 3, 0))


def _explained(values: FloatArray, basis: FloatArray) -> FloatArray:
    """Return the sum of squares of each row that an orthonormal basis ``(k, p)`` explains."""
    return np.asarray(((values[:, np.newaxis] * basis).sum(axis=2) ** 2).sum(axis=1))


def _beside() -> IndexArray:
    """Return the points beside a ray, of those that a band is fitted to."""
    return np.concatenate([np.arange(_AROUND), np.arange(-_AROUND, 0)])


@functools.cache
def _shapes(width: int) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return orthonormal bases of straight lines, beside a ray and with its points, and each band's part that is no line, of length 1."""
    offset = np.arange(-_AROUND, width + _AROUND, dtype=np.float64)
    line = np.stack([np.ones(offset.size), offset])
    middle = (width - 1) / 2
    bands = [
        np.exp(-4 * np.log(2) * ((offset - middle - shift) / fwhm) ** 2)
        for fwhm in _WIDTHS
        for shift in _SHIFTS
    ]
    rest = _orthonormal(np.array([np.vstack([line, band]) for band in bands]))[:, -1]
    return _orthonormal(line[:, _beside()]), _orthonormal(line), np.ascontiguousarray(rest)


def _orthonormal(rows: FloatArray) -> FloatArray:
    """Return orthonormal rows ``(..., k, p)`` that span the same."""
    return np.asarray(np.linalg.qr(rows.mT)[0].mT)
