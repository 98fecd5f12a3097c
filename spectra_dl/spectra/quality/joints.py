"""Joints: places where the level of a spectrum steps from one point to the next, as where windows were put together.

A joint is sharp (the step stands out of the steps next to it), and it stays (both sides go on at their level for 14 points).
A ray and a narrow band go back at once, the flank of a band has steps like it on both sides, and a clipped or full stretch, which
ends in a step of its own, does not change on one side.

Measured: of 3,347 real spectra in which no joint is known (serum, saliva, cartilage, mice, single spectra of eight instruments and
a depth series) and of 1,281 simulated ones none is found to have one. All 126 of fish oil have one, 115 of them at 1852 cm⁻¹, by
100 times the noise and more, and one of tannic acid (JCAMP-DX) has 8. Planted steps of 10, 20 and 50 times the noise are found in
about 45, 90 and 97 % of spectra that are limited by noise; next to strong bands in 40, 85 and 95 %, and in fewer of smoothed spectra
(serum 6, 30, 69 %), whose noise is small beside the bends of their bands. Of 20,000 rays of 1 to 6 points .1 % look like one.
"""

from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray
from spectra_dl.spectra.quality.noise import MEDIAN_BEND, BoolArray, noise_scale

# What a step must be to be a joint.
_TIMES_NOISE = 8.0
_TIMES_NEIGHBOURS = 2.0  # what is left of the steps next to it once their trend is taken off
_MOST_OPPOSITE = 0.5  # of it, back within 12 points
_LEAST_STAYING, _MOST_STAYING, _LEAST_FAR = 0.5, 2.0, 0.2  # of it, in the levels on both sides
# Where the levels far from it are hidden: nearer to the fitted step, clearer of its neighbours, and better than what goes back.
_LEAST_CLOSE, _TIMES_NEIGHBOURS_ALONE, _TIMES_BETTER = 0.6, 3.0, 1.1
_TAILS = (1.0, 2.0, 3.5, 6.0)  # of rays, in points
_MOST_STILL = 0.5  # of the steps on a side that change nothing
_KNOWN_TIMES_ERROR = 4.5  # where windows are known to meet

_NEIGHBOURS = np.array([*range(-5, 0), *range(1, 6)])  # steps whose trend, a parabola, is taken off
_POWERS = np.vander(_NEIGHBOURS, 3, increasing=True).astype(np.float64)
_TREND = np.linalg.pinv(_POWERS)
_BACK = 12
# The last point used on each side, and how many next to the step are left out: a ray has up to 6, and may have a tail.
_LAST, _STARTS = 14, (3, 5, 7)
_ROWS = 64  # at a time, so that the steps stay in the processor's cache

# For whoever asks beforehand whether there can be a joint: a step less its trend is these multiples of the points from this one on, as far
# from both ends, and must be so many times the median size of the second differences.
FIRST_TAP, NEAREST_END = int(_NEIGHBOURS[0]), _LAST
TIMES_MEDIAN_BEND = _TIMES_NOISE / MEDIAN_BEND
_OF_STEPS = np.insert(-_TREND[0], 5, 1.0)
TAPS = tuple((np.append(0.0, _OF_STEPS) - np.append(_OF_STEPS, 0.0)).tolist())
_AROUND = 20  # steps on each side that the local noise is taken of

_TINY = float(np.finfo(np.float64).tiny)

Positions = NDArray[np.intp]


@dataclass(frozen=True)
class Joint:
    """A step in level.

    Attributes
    ----------
    left, right
        Positions of the last point before and the first behind it; a point between them may lie half-way.
    step
        How much higher the right side is.
    times_noise
        The step's size in standard deviations of the noise.
    """

    left: int
    right: int
    step: float
    times_noise: float


def find_joints(intensity: FloatArray) -> list[list[Joint]]:
    """Return the joints of each spectrum, by their place.

    Parameters
    ----------
    intensity
        ``(n, p)`` finite, free of cosmic rays.

    Examples
    --------
    >>> spectrum = 500 + 3 * np.random.default_rng(0).standard_normal(200)
    >>> spectrum[120:] += 60
    >>> [(joint.left, joint.right) for joint in find_joints(spectrum[np.newaxis])[0]]
    [(119, 120)]
    """
    joints: list[list[Joint]] = [[] for _ in intensity]
    if intensity.shape[1] <= 2 * _LAST:
        return joints
    jump = _jumps(intensity)
    bend = np.diff(intensity, n=2, axis=1)
    noise = noise_scale(bend)
    rows, left = np.nonzero(np.abs(jump) > _TIMES_NOISE * noise[:, np.newaxis])
    size = np.abs(jump[rows, left])
    noise = np.maximum(noise[rows], _local_noise(bend, rows, left))
    noise = np.maximum(noise, _quantum(intensity, rows))
    keep = (size > _TIMES_NOISE * noise) & (size > _TIMES_NEIGHBOURS * _off_trend(intensity, rows, left))
    keep[keep] &= _varies(intensity, rows[keep], left[keep])
    keep[keep] &= _stays(intensity, rows[keep], left[keep], jump)
    for row, at, k in zip(rows[keep], left[keep], np.flatnonzero(keep), strict=True):
        times = float(size[k] / max(noise[k], _TINY))
        joints[row].append(Joint(int(at), int(at) + 1, float(jump[row, at]), times))
    return joints


def steps_at(intensity: FloatArray, left: int) -> list[Joint | None]:
    """Return the step of each spectrum where windows are known to meet, None where it is within the noise.

    Parameters
    ----------
    intensity
        ``(n, p)`` finite.
    left
        Position of the last point before the meeting.
    """
    best: list[Joint | None] = [None] * len(intensity)
    rows = np.arange(len(intensity))
    # Where a point was interpolated or averaged, it lies half-way.
    for last, skipped in ((left, 0), (left - 1, 1), (left, 1)):
        sides = _Sides(6, 3, skipped=skipped)
        if last - sides.half + 1 < 0 or last + skipped + sides.half >= intensity.shape[1]:
            continue
        step, rest = _fitted(intensity, rows, np.full(rows.size, last), sides)
        noise = np.maximum(rest, noise_scale(np.diff(intensity, n=2, axis=1)))
        for row in np.flatnonzero(np.abs(step) > _KNOWN_TIMES_ERROR * sides.step_error() * noise):
            times = abs(float(step[row])) / max(float(noise[row]), _TINY)
            known = best[row]
            if known is None or times > known.times_noise:
                best[row] = Joint(last, last + 1 + skipped, float(step[row]), times)
    return best


def _jumps(intensity: FloatArray) -> FloatArray:
    """Return ``(n, p)`` the step behind each point less the trend of the steps next to it; 0 near the ends."""
    jump = np.zeros(intensity.shape)
    first, last = _LAST - 1, intensity.shape[1] - _LAST
    for start in range(0, len(intensity), _ROWS):
        steps = np.diff(intensity[start : start + _ROWS], axis=1)
        part = jump[start : start + _ROWS, first:last]
        part[:] = steps[:, first:last]
        for offset, weight in zip(_NEIGHBOURS, _TREND[0], strict=True):
            part -= weight * steps[:, first + offset : last + offset]
    return jump


def _off_trend(intensity: FloatArray, rows: Positions, left: Positions) -> FloatArray:
    """Return the largest step next to each jump once their trend is taken off."""
    at = left[:, np.newaxis] + _NEIGHBOURS
    near = intensity[rows[:, np.newaxis], at + 1] - intensity[rows[:, np.newaxis], at]  # (c, 10)
    largest: FloatArray = np.abs(near - near @ _TREND.T @ _POWERS.T).max(axis=1, initial=0.0)
    return largest


def _quantum(intensity: FloatArray, rows: Positions) -> FloatArray:
    """Return the smallest change between neighbours in the spectrum of each row: noise below it can't be seen."""
    of_rows, at = np.unique(rows, return_inverse=True)
    change = np.abs(np.diff(intensity[of_rows], axis=1))
    quantum: FloatArray = np.where(change > 0, change, np.inf).min(axis=1, initial=np.inf)[at]
    return quantum


def _varies(intensity: FloatArray, rows: Positions, left: Positions) -> BoolArray:
    """Say of each place whether most points on both sides change: clipped and full ones, and padding, end in a step of their own."""
    at = left[:, np.newaxis] + np.arange(1 - _BACK, _BACK + 1)
    values = intensity[rows[:, np.newaxis], at]
    still = np.diff(values, axis=1) == 0
    before, after = still[:, : _BACK - 1].mean(axis=1), still[:, _BACK:].mean(axis=1)
    varies: BoolArray = np.maximum(before, after) < _MOST_STILL
    return varies


def _local_noise(bend: FloatArray, rows: Positions, left: Positions) -> FloatArray:
    around = left[:, np.newaxis] + np.arange(-_AROUND, _AROUND + 1)
    return noise_scale(bend[rows[:, np.newaxis], np.clip(around, 0, bend.shape[1] - 1)])


def _stays(intensity: FloatArray, rows: Positions, left: Positions, jump: FloatArray) -> BoolArray:
    """Say of each jump whether the level goes on as it leaves it: by the levels far from it, or against all that goes back."""
    size = jump[rows, left]
    around = np.clip(left[:, np.newaxis] + np.arange(-_BACK, _BACK + 1), 0, jump.shape[1] - 1)
    back = -np.sign(size)[:, np.newaxis] * jump[rows[:, np.newaxis], around]
    stays: BoolArray = back.max(axis=1, initial=0.0) < _MOST_OPPOSITE * np.abs(size)
    stays &= _fits(intensity, rows, left, size, _NEAR)
    at = np.flatnonzero(stays)
    by_levels = _fits(intensity, rows[at], left[at], size[at], _WIDE) & _differs_far(
        intensity, rows[at], left[at], size[at]
    )
    stays[at] = by_levels | _beats_what_goes_back(intensity, rows[at], left[at], size[at])
    return stays


def _fits(
    intensity: FloatArray, rows: Positions, left: Positions, size: FloatArray, how: "_Fit"
) -> BoolArray:
    """Say whether a polynomial with a step finds a step of about this size, many times what it leaves."""
    step, rest = _fitted(intensity, rows, left, how.sides)
    share = step / size
    fits: BoolArray = (
        (share > _LEAST_STAYING) & (share < _MOST_STAYING) & (np.abs(step) > how.times_rest * rest)
    )
    return fits


def _differs_far(intensity: FloatArray, rows: Positions, left: Positions, size: FloatArray) -> BoolArray:
    """Say whether the levels some points away differ too; a ray with a tail is back by then."""
    far: FloatArray = np.array(
        [
            _fitted(intensity, rows, left, _Sides(_LAST, degree, start))[0] / size
            for degree in (1, 2)
            for start in _STARTS
        ]
    )
    highest, lowest = far.max(axis=0, initial=-np.inf), far.min(axis=0, initial=np.inf)
    differs: BoolArray = (highest > _LEAST_STAYING) & (highest < _MOST_STAYING) & (lowest > _LEAST_FAR)
    return differs


def _beats_what_goes_back(
    intensity: FloatArray, rows: Positions, left: Positions, size: FloatArray
) -> BoolArray:
    """Say whether a step leaves less than any ray of 1 to 7 points, or with a tail, in its place; bands hide the levels far away."""
    sides = _Sides(9, 3)
    step, rest = _fitted(intensity, rows, left, sides)
    share = step / size
    beats: BoolArray = (share > _LEAST_CLOSE) & (share < 1 / _LEAST_CLOSE)
    beats &= np.abs(size) > _TIMES_NEIGHBOURS_ALONE * _off_trend(intensity, rows, left)
    for ray in _rays(sides):
        beats &= _TIMES_BETTER * rest < _fitted(intensity, rows, left, ray)[1]
    return beats


@dataclass(frozen=True)
class _Sides:
    """Points on both sides of a step, and the polynomial with a step that is fitted to them.

    Attributes
    ----------
    half
        Distance of the last point used on each side.
    degree
        Of the polynomial.
    start
        Points left out next to the step.
    skipped
        Points in the step itself.
    ray
        What is fitted instead of the step, at each point used.
    """

    half: int
    degree: int
    start: int = 0
    skipped: int = 0
    ray: tuple[float, ...] | None = None

    def positions(self) -> Positions:
        """Return the points used, counted from the last one before the step."""
        after = 1 + self.skipped
        return np.array(
            [*range(1 - self.half, 1 - self.start), *range(after + self.start, after + self.half)]
        )

    def model(self) -> FloatArray:
        """Return columns of the polynomial and of the step."""
        at = (self.positions() - (1 + self.skipped) / 2) / self.half
        return np.column_stack(
            (np.vander(at, self.degree + 1, increasing=True), at > 0 if self.ray is None else self.ray)
        )

    def step_error(self) -> float:
        """Return the standard error of a fitted step, in units of the noise."""
        return float(np.linalg.norm(np.linalg.pinv(self.model())[-1]))


@dataclass(frozen=True)
class _Fit:
    """How a step is fitted, and how many times larger than the rest it must be."""

    sides: _Sides
    times_rest: float


_NEAR, _WIDE = _Fit(_Sides(6, 2), 6.0), _Fit(_Sides(12, 3), 5.0)


@cache
def _solved(sides: _Sides) -> tuple[Positions, FloatArray, FloatArray]:
    """Return the points used, the model at them, and its pseudo-inverse."""
    model = sides.model()
    return sides.positions(), model, np.asarray(np.linalg.pinv(model))


@cache
def _rays(sides: _Sides) -> list[_Sides]:
    """Return the same points with rays in the step's place: with a tail, or of 1 to 7 points."""
    positions = sides.positions()
    after, before = positions > 0, positions < 1
    shapes = [np.where(after, np.exp(-(positions - 1) / tail), 0.0) for tail in _TAILS]
    shapes += [np.where(before, np.exp(positions / tail), 0.0) for tail in _TAILS]
    for width in range(1, sides.half - 1):
        shapes += [after & (positions <= width), before & (positions > -width)]
    return [replace(sides, ray=tuple(shape.astype(np.float64).tolist())) for shape in shapes]


def _fitted(
    intensity: FloatArray,
    rows: Positions,
    left: Positions,
    sides: _Sides,
) -> tuple[FloatArray, FloatArray]:
    """Return the fitted step of each row, or a ray's height, and the standard deviation of what the fit leaves."""
    positions, model, inverse = _solved(sides)
    values = intensity[rows[:, np.newaxis], left[:, np.newaxis] + positions]
    coefficients = values @ inverse.T
    rest = values - coefficients @ model.T
    return coefficients[:, -1], np.sqrt((rest * rest).sum(axis=1) / (model.shape[0] - model.shape[1]))
