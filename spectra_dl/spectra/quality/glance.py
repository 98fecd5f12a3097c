"""A first look at spectra in machine code, which says of most that there is nothing to look for.

Eight spectra are looked at side by side, one in each lane. Rounding differs from that of the checks themselves, so whatever is close
to a limit is left to them: no verdict depends on whether there was a first look.
"""

from collections.abc import Callable
from functools import cache

import numpy as np
from llvmlite import ir

from spectra_dl.arrays import FloatArray
from spectra_dl.spectra.compiler.aligned import aligned_zeros
from spectra_dl.spectra.compiler.loops import Variable, counted
from spectra_dl.spectra.compiler.machine_code import empty_function, machine_code
from spectra_dl.spectra.compiler.simd import LANES, Integer, Memory, Number, broadcast_constant
from spectra_dl.spectra.quality.joints import FIRST_TAP, NEAREST_END, TAPS, TIMES_MEDIAN_BEND
from spectra_dl.spectra.quality.noise import BoolArray, average_reach

__all__ = ["SHORTEST", "may_be_faulty"]

SHORTEST = 40  # points; all loops run at least once
_ROUNDING = 1e-6
_RESULTS = 5


def may_be_faulty(
    intensity: FloatArray,
    *,
    least_correlation: float,
    least_skewness: float,
    plateau: int,
    most_negative: float,
) -> BoolArray:
    """Return which spectra must be looked at closely, ``(n,)``; the others have no fault of shape.

    Parameters
    ----------
    intensity
        ``(n, p)`` finite, p >= 40.
    least_correlation
        Lag-1 autocorrelation below which neighbouring points are unrelated.
    least_skewness
        Skewness, of what a moving average leaves, below which bands point down.
    plateau
        Points at the maximum that make a plateau.
    most_negative
        Share of points below zero.
    """
    n_spectra, n_points = intensity.shape
    groups = -(-n_spectra // LANES)
    spectra, tile = np.ascontiguousarray(intensity), aligned_zeros(n_points * LANES)
    seen = aligned_zeros(groups * _RESULTS * LANES)
    if groups:
        _compiled()(
            *(each.ctypes.data for each in (spectra, tile, seen)),
            n_spectra,
            n_points,
            average_reach(n_points),
        )
    by_figure = seen.reshape(groups, _RESULTS, LANES).swapaxes(0, 1).reshape(_RESULTS, -1)
    correlation, skewness, on_top, negative, flat = by_figure[:, :n_spectra]
    faulty: BoolArray = correlation < least_correlation + _ROUNDING
    faulty |= skewness < least_skewness + _ROUNDING
    faulty |= on_top >= plateau
    faulty |= negative > most_negative * n_points
    # The median bend is the noise: where it is small beside the largest step, there may be a joint.
    faulty |= flat >= (n_points - 2) // 2
    return faulty


@cache
def _compiled() -> Callable[..., None]:
    function = empty_function(ir.Module("glance"), "glance", n_arrays=3, n_counts=3)
    _Writer(function).write()
    return machine_code(function)


class _Writer:
    """Writes the function that looks at spectra."""

    def __init__(self, function: ir.Function) -> None:
        self.code = ir.IRBuilder(function.append_basic_block("entry"))
        spectra, tile, seen, n_spectra, n_points, half = function.args
        self.spectra, self.tile, self.seen = (Memory(self.code, each) for each in (spectra, tile, seen))
        self.n_spectra, self.n_points = Integer(self.code, n_spectra), Integer(self.code, n_points)
        self.zero, self.one = (broadcast_constant(self.code, number, LANES) for number in (0.0, 1.0))
        self.half = Integer(self.code, half)

    def write(self) -> None:
        """Write it: each group of spectra goes into the tile, and what is seen of it into its results."""
        groups = self.n_spectra + (LANES - 1)
        with counted(
            Integer(self.code, self.code.sdiv(groups.ir, ir.Constant(groups.ir.type, LANES)))
        ) as group:
            self._fill(group)
            mean, highest = self._mean_and_maximum()
            results = (
                self._correlation(mean),
                self._skewness(mean),
                *self._at_maximum_and_negative(highest),
                self._small_bends(self._largest_step()),
            )
            for place, result in enumerate(results):
                self.seen.put_lanes(group * _RESULTS + place, result)
        self.code.ret_void()

    def _fill(self, group: Integer) -> None:
        """Put the spectra of a group into the tile; beyond the last, the last again."""
        with counted(Integer.of(self.code, LANES)) as lane:
            row = (group * LANES + lane).minimum(self.n_spectra - 1) * self.n_points
            with counted(self.n_points) as point:
                self.tile.put(point * LANES + lane, self.spectra.number(row + point))

    def _mean_and_maximum(self) -> tuple[Number, Number]:
        total, highest = Variable(self.zero), Variable(self.tile.lanes(0))
        with counted(self.n_points) as point:
            value = self.tile.lanes(point)
            total.add(value)
            highest.set(highest.get().maximum(value))
        return total.get() / self.n_points.as_number(), highest.get()

    def _correlation(self, mean: Number) -> Number:
        size, product, before = Variable(self.zero), Variable(self.zero), Variable(self.zero)
        with counted(self.n_points) as point:
            centred = self.tile.lanes(point) - mean
            size.add(centred * centred)
            product.add(centred * before.get())
            before.set(centred)
        return (size.get() > 0.0).select(product.get() / size.get(), 1.0)

    def _skewness(self, mean: Number) -> Number:
        """Return the skewness of what is left of each point once the mean around it, mirrored at the ends, is taken off."""
        around, powers = Variable(self.zero), [Variable(self.zero) for _ in range(3)]
        with counted(self.half) as distance:
            around.add((self.tile.lanes(distance + 1) - mean) * 2.0)
        around.add(self.tile.lanes(0) - mean)
        last = self.n_points - 1
        with counted(self.n_points) as point:
            rest = self.tile.lanes(point) - mean - around.get() / (self.half * 2 + 1).as_number()
            square = rest * rest
            for power, value in zip(powers, (rest, square, square * rest), strict=True):
                power.add(value)
            enters, leaves = point + self.half + 1, point - self.half
            enters, leaves = enters.minimum(last * 2 - enters), leaves.maximum(0 - leaves)
            around.add(self.tile.lanes(enters) - self.tile.lanes(leaves))
        first, second, third = (power.get() / self.n_points.as_number() for power in powers)
        variance = second - first * first
        cubed = third - 3.0 * first * second + 2.0 * first * first * first
        return (variance > 0.0).select(cubed / (variance * variance.square_root()), 0.0)

    def _at_maximum_and_negative(self, highest: Number) -> tuple[Number, Number]:
        on_top, negative = Variable(self.zero), Variable(self.zero)
        with counted(self.n_points) as point:
            value = self.tile.lanes(point)
            on_top.add((value < highest).select(self.zero, self.one))
            negative.add((value < 0.0).select(self.one, self.zero))
        return on_top.get(), negative.get()

    def _largest_step(self) -> Number:
        """Return the size of the largest step that `find_joints` looks at."""
        largest = Variable(self.zero)
        with counted(self.n_points - 2 * NEAREST_END + 1) as place:
            step = self.zero
            for tap, weight in enumerate(TAPS):
                step = step + self.tile.lanes(place + (NEAREST_END - 1 + FIRST_TAP + tap)) * weight
            largest.set(largest.get().maximum(step.absolute()))
        return largest.get()

    def _small_bends(self, step: Number) -> Number:
        """Return how many second differences are smaller than a joint of this step would need."""
        most, small = step * ((1 + _ROUNDING) / TIMES_MEDIAN_BEND), Variable(self.zero)
        with counted(self.n_points - 2) as point:
            ends = self.tile.lanes(point) + self.tile.lanes(point + 2)
            bend = (ends - self.tile.lanes(point + 1) * 2.0).absolute()
            small.add((bend > most).select(self.zero, self.one))
        return small.get()
