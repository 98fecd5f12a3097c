"""What makes a kernel asls, iasls, arpls, airpls or drpls: its weights and its measure of change.

The formulas are those of `spectra_dl.spectra.baseline.banded`; papers are named in `whittaker`.
"""

from typing import ClassVar

from spectra_dl.spectra.baseline.kernels import TINY, Kernel
from spectra_dl.spectra.baseline.tile import (
    ENOUGH,
    FIRST,
    FRESH,
    INTENSITY,
    ITERATIONS,
    LATEST,
    SCALE,
    SECOND,
    SHIFT,
    SIZE,
    SOLUTION,
    SWEPT,
    WEIGHT,
)
from spectra_dl.spectra.compiler.loops import Variable, counted
from spectra_dl.spectra.compiler.simd import Integer, Number, broadcast

AIRPLS_SHARPEST = 50.0
DRPLS_SHARPEST = 100.0


class Asls(Kernel):
    """Weight p above the baseline, 1 - p below; changed by how much the weights move."""

    def start_forward(self) -> None:
        """Tell the lanes that begin, whose points all weigh 1: to write that for each would take longer."""
        self.fresh = self.states(FRESH) > 0.5

    def weight_at(self, point: Integer) -> Number:
        """Return the weights the backward pass left at a point.

        Parameters
        ----------
        point
            The point of the spectrum, from 0.
        """
        return self.fresh.select(self.one, self.at(point, WEIGHT))

    def weigh(self, point: Integer, intensity: Number) -> Number:
        """Return the weights the backward pass left.

        Parameters
        ----------
        point
            The point of the spectrum, from 0.
        intensity
            The intensities of all lanes at the point.
        """
        return self.weight_at(point)

    def start_backward(self) -> None:
        """Sum up the squared weights and their squared changes."""
        self.above = broadcast(self.settings["p"], self.lanes)
        self.below = 1.0 - self.above
        self.moved, self.norm = Variable(self.zero), Variable(self.zero)

    def observe(self, point: Integer, intensity: Number, solution: Number) -> None:
        """Reweigh a point.

        Parameters
        ----------
        point
            The point of the spectrum, from 0.
        intensity
            The intensities of all lanes at the point.
        solution
            The new solution of all lanes at the point.
        """
        old = self.weight_at(point)
        new = (intensity > solution).select(self.above, self.below)
        self.moved.add((new - old) * (new - old))
        self.norm.add(old * old)
        self.put(point, WEIGHT, new)

    def end_backward(self) -> None:
        """Measure the change."""
        self.put_states(ENOUGH, self.one)
        self.put_states(LATEST, self.moved.get().square_root() / self.norm.get().square_root().maximum(TINY))


class Iasls(Asls):
    """Like asls with squared weights, the first differences of the residual penalised, from a parabola."""

    begins_with: ClassVar[tuple[int, ...]] = (INTENSITY, WEIGHT)

    def prepare(self, lane: Integer, row: Integer) -> None:
        """Start from the weights of the least-squares parabola; its basis stands below the bands.

        Parameters
        ----------
        lane
            The lane, from 0.
        row
            The spectrum's row in the batch.
        """
        sums = [Variable(Number.of(self.code, 0.0)) for _ in range(3)]
        with counted(self.n_points) as point:
            for k, total in enumerate(sums):
                total.add(self.basis(k, point) * self.lane_at(point, INTENSITY, lane))
        factors = [total.get() for total in sums]
        p = self.settings["p"]
        with counted(self.n_points) as point:
            parabola = self.basis(0, point) * factors[0]
            for k in (1, 2):
                parabola = parabola + self.basis(k, point) * factors[k]
            above = self.lane_at(point, INTENSITY, lane) > parabola
            self.put_lane_at(point, WEIGHT, lane, above.select(p, 1.0 - p))

    def basis(self, k: int, point: Integer) -> Number:
        """Return one of the three orthonormal parabolas at a point.

        Parameters
        ----------
        k
            0, 1 or 2: the highest power of the position.
        point
            The point of the spectrum, from 0.
        """
        return self.bands.number(self.n_points * (2 + k) + point)

    def start_forward(self) -> None:
        """Remember the intensity before each point; before the first stands itself."""
        self.before = Variable(self.at(Integer.of(self.code, 0), INTENSITY))

    def weight_at(self, point: Integer) -> Number:
        """Return the weights of the parabola or of the backward pass at a point.

        Parameters
        ----------
        point
            The point of the spectrum, from 0.
        """
        return self.at(point, WEIGHT)

    def weigh(self, point: Integer, intensity: Number) -> Number:
        """Return the squared weights.

        Parameters
        ----------
        point
            The point of the spectrum, from 0.
        intensity
            The intensities of all lanes at the point.
        """
        weight = self.weight_at(point)
        return weight * weight

    def right_side(self, point: Integer, weight: Number, intensity: Number) -> Number:
        """Add ``lam_1 D1'D1`` of the intensities.

        Parameters
        ----------
        point
            The point of the spectrum, from 0.
        weight
            The weights of all lanes at the point.
        intensity
            The intensities of all lanes at the point.
        """
        after = self.at((point + 1).minimum(self.n_points - 1), INTENSITY)
        bend = (intensity - self.before.get()) - (after - intensity)
        self.before.set(intensity)
        return weight * intensity + broadcast(self.settings["lam_1"], self.lanes) * bend


class _ByNegatives(Kernel):
    """Weights that follow from the residuals below zero of the last solution."""

    def start_forward(self) -> None:
        """Fetch what the last backward pass found."""
        self.scale, self.shift = self.states(SCALE), self.states(SHIFT)
        self.fresh = self.states(FRESH) > 0.5
        self.moved, self.norm = Variable(self.zero), Variable(self.zero)

    def weigh(self, point: Integer, intensity: Number) -> Number:
        """Return the new weights, and sum up how they moved."""
        residual = intensity - self.at(point, SOLUTION)
        new = self.fresh.select(1.0, self.weight(residual))
        if self.tests_after_forward:
            old = self.at(point, WEIGHT)
            self.moved.add((new - old) * (new - old))
            self.norm.add(old * old)
            self.put(point, WEIGHT, new)
        return new

    def weight(self, residual: Number) -> Number:
        """Return the weight that belongs to a residual."""
        raise NotImplementedError

    def end_forward(self) -> None:
        """Measure the change."""
        if self.tests_after_forward:
            self.put_states(
                LATEST, self.moved.get().square_root() / self.norm.get().square_root().maximum(TINY)
            )

    def start_backward(self) -> None:
        """Count and sum up the residuals below zero."""
        self.count, self.total, self.squares = (Variable(self.zero) for _ in range(3))

    def observe(self, point: Integer, intensity: Number, solution: Number) -> None:
        """Look at one residual."""
        residual = intensity - solution
        below = residual.minimum(0.0)
        self.count.add((residual < 0.0).select(self.one, 0.0))
        self.total.add(below)
        self.squares.add(below * below)

    def end_backward(self) -> None:
        """Derive the next weights' parameters; with fewer than two residuals below zero there are none."""
        self.put_states(ENOUGH, (self.count.get() > 1.5).select(self.one, 0.0))
        self.derive(self.states(ITERATIONS) + 1.0)

    def derive(self, iteration: Number) -> None:
        """Store the scale and shift of the next weights."""
        raise NotImplementedError

    def mean_and_deviation(self) -> tuple[Number, Number]:
        """Return mean and standard deviation of the residuals below zero."""
        mean = self.total.get() / self.count.get()
        variance = (self.squares.get() - self.total.get() * mean) / (self.count.get() - 1.0)
        return mean, variance.maximum(0.0).square_root().maximum(TINY)


class Arpls(_ByNegatives):
    """Logistic weights."""

    begins_with: ClassVar[tuple[int, ...]] = (INTENSITY, SOLUTION, WEIGHT)
    slots: ClassVar[int] = 6
    swept: ClassVar[int] = SWEPT
    tests_after_forward: ClassVar[bool] = True

    def weight(self, residual: Number) -> Number:
        """Return 1 / (1 + exp(scale (residual - shift)))."""
        argument = self.scale * (residual - self.shift)
        return 1.0 / (1.0 + argument.maximum(-708.0).minimum(708.0).exponential())

    def derive(self, iteration: Number) -> None:
        """Store 2 / deviation and 2 deviation - mean."""
        mean, deviation = self.mean_and_deviation()
        self.put_states(SCALE, 2.0 / deviation)
        self.put_states(SHIFT, 2.0 * deviation - mean)


class Airpls(_ByNegatives):
    """Exponential weights below the baseline, none above; changed by the summed residual below zero."""

    begins_with: ClassVar[tuple[int, ...]] = (INTENSITY, SOLUTION)
    slots: ClassVar[int] = 4

    def prepare(self, lane: Integer, row: Integer) -> None:
        """Sum up the absolute intensities.

        Parameters
        ----------
        lane
            The lane, from 0.
        row
            The spectrum's row in the batch.
        """
        size = Variable(Number.of(self.code, 0.0))
        with counted(self.n_points) as point:
            size.add(self.lane_at(point, INTENSITY, lane).absolute())
        self.put_state(SIZE, lane, size.get().maximum(TINY))

    def weight(self, residual: Number) -> Number:
        """Return exp(scale residual) below zero, where its argument is at most 50."""
        return (residual < 0.0).select((self.scale * residual).exponential(), 0.0)

    def derive(self, iteration: Number) -> None:
        """Store the iteration over the summed residual, and the change."""
        total = self.total.get()
        self.put_states(SCALE, iteration.minimum(AIRPLS_SHARPEST) / total)
        self.put_states(LATEST, total.absolute() / self.states(SIZE))


class Drpls(Arpls):
    """Weights that turn from a slope into a step; the penalty loosened where they are high."""

    def weight(self, residual: Number) -> Number:
        """Return (1 - s / (1 + |s|)) / 2 of the scaled residual s."""
        scaled = self.scale * (residual - self.shift)
        return 0.5 - 0.5 * (scaled / (1.0 + scaled.absolute()))

    def derive(self, iteration: Number) -> None:
        """Store exp(iteration) / deviation and 2 deviation - mean."""
        mean, deviation = self.mean_and_deviation()
        self.put_states(SCALE, iteration.minimum(DRPLS_SHARPEST).exponential() / deviation)
        self.put_states(SHIFT, 2.0 * deviation - mean)

    def forward(self) -> None:
        """Factor ``W + D1'D1 + (I - eta W) lam D2'D2`` into L U, row by row, and substitute forward."""
        self.start_forward()
        lam, eta = broadcast(self.settings["lam"], self.lanes), broadcast(self.settings["eta"], self.lanes)
        inverse, inverse_before, first, first_before, second, second_before = (
            Variable(self.zero) for _ in range(6)
        )
        swept, swept_before, off_before = (Variable(self.zero) for _ in range(3))
        self.least_pivot = Variable(self.one)
        with counted(self.n_points) as point:
            intensity = self.at(point, INTENSITY)
            weight = self.weigh(point, intensity)
            loosened = 1.0 - eta * weight
            far, off = lam * loosened, self.band(1, point)
            lower_second = far * inverse_before.get()
            lower_first = (off_before.get() * loosened - 1.0) - lower_second * first_before.get()
            lower_first = lower_first * inverse.get()
            pivot = self.band(0, point) * loosened + self.band(2, point) + weight
            pivot = pivot - lower_second * second_before.get() - lower_first * first.get()
            right = weight * intensity - lower_second * swept_before.get() - lower_first * swept.get()
            first_before.set(first.get())
            first.set((off * loosened - 1.0) - lower_first * second.get())
            second_before.set(second.get())
            second.set(far)
            inverse_before.set(inverse.get())
            inverse.set(1.0 / pivot)
            swept_before.set(swept.get())
            swept.set(right)
            off_before.set(off)
            self.least_pivot.set(pivot.minimum(self.least_pivot.get()))
            self.put(point, FIRST, first.get() * inverse.get())
            self.put(point, SECOND, far * inverse.get())
            self.put(point, self.swept, right * inverse.get())
        self.end_forward()
