"""Vector code of penalised baselines: several spectra side by side, one in each lane.

The spectra under work stand in a tile of points x values x lanes. An iteration is two passes over it:
forward, the weights, the factors of the pentadiagonal system and the forward substitution in one; backward,
the substitution and what the next weights are made of. A spectrum that is done leaves, and its lane takes
the next one: waiting for the slowest of eight would double the time. Lanes never mix, so a spectrum's bits
depend on itself alone.

The factors are those of L D L' without pivoting. A spectrum whose pivots aren't all positive, or whose
solution isn't finite, is returned as `NOT_DONE`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar

from llvmlite import ir

from spectra_dl.spectra.baseline.tile import (
    CHANGE,
    ENOUGH,
    FIRST,
    FRESH,
    INTENSITY,
    ITERATIONS,
    LATEST,
    ROW,
    SCALE,
    SECOND,
    SHIFT,
    SIZE,
    SOLUTION,
    SOUND,
    WAITING,
    Tile,
)
from spectra_dl.spectra.compiler.loops import Variable, counted, when, while_positive
from spectra_dl.spectra.compiler.simd import Boolean, Integer, Memory, Number, broadcast, broadcast_constant

TINY = 2.2250738585072014e-308
NOT_DONE = -1

# What a function is given, in this order: arrays, then the two counts.
ARRAYS = (
    "spectra", "baselines", "iterations", "changes", "below", "bends", "bands", "settings", "taken", "scratch",
)  # fmt: skip
SETTINGS = ("lam", "p", "lam_1", "eta", "tol", "last_iteration")


class Kernel(Tile):
    """The code all algorithms share; each adds what its weights are and how it measures change.

    Parameters
    ----------
    function
        The function that is written, without a body so far.
    lanes
        Spectra side by side.

    Attributes
    ----------
    begins_with
        Slots of the tile that are read before the passes have written them.
    swept
        Where the forward substitution is kept: over the last solution, unless that is still needed.
    tests_after_forward
        Whether the change is known only once the forward pass has computed the weights.
    """

    begins_with: ClassVar[tuple[int, ...]] = (INTENSITY,)
    swept: ClassVar[int] = SOLUTION
    tests_after_forward: ClassVar[bool] = False

    def __init__(self, function: ir.Function, lanes: int) -> None:
        code = ir.IRBuilder(function.append_basic_block("entry"))
        self.code = code
        memory = {
            name: Memory(code, value, lanes) for name, value in zip(ARRAYS, function.args, strict=False)
        }
        self.memory = memory
        self.n_spectra, n_points = (Integer(code, value) for value in function.args[-2:])
        super().__init__(memory["scratch"], memory["bands"], n_points, lanes)
        self.settings = {name: memory["settings"].number(k) for k, name in enumerate(SETTINGS)}
        self.zero, self.one = (broadcast_constant(code, number, lanes) for number in (0.0, 1.0))

    def write(self) -> None:
        """Write the whole function."""
        self.clear()
        self.busy = Variable(Integer.of(self.code, self.lanes))
        with counted(Integer.of(self.code, self.lanes)) as lane:
            self.take_next(lane, waits=False)
        with while_positive(self.busy):
            self.forward()
            if self.tests_after_forward:
                with self.each_busy_lane() as lane, when(self.state(FRESH, lane) < 0.5):
                    self.after_forward(lane)
            self.backward()
            with self.each_busy_lane() as lane:
                self.after_backward(lane)
        self.code.ret_void()

    def clear(self) -> None:
        """Clear what lanes read that have no spectrum: arithmetic on what memory held before may take twenty times as long (subnormal numbers)."""
        with counted(self.n_points) as point:
            for slot in self.begins_with:
                self.put(point, slot, self.zero)
        for state in (ITERATIONS, SCALE, SHIFT, SIZE):
            self.put_states(state, self.zero)
        self.put_states(FRESH, self.one)

    # What an algorithm adds.

    def prepare(self, lane: Integer, row: Integer) -> None:
        """Set up a lane for a new spectrum, beyond its intensities.

        Parameters
        ----------
        lane
            The lane, from 0.
        row
            The spectrum's row in the batch.
        """

    def start_forward(self) -> None:
        """Set up what `weigh` needs."""

    def weigh(self, point: Integer, intensity: Number) -> Number:
        """Return the weights at a point.

        Parameters
        ----------
        point
            The point of the spectrum, from 0.
        intensity
            The intensities of all lanes at the point.
        """
        raise NotImplementedError

    def right_side(self, point: Integer, weight: Number, intensity: Number) -> Number:
        """Return the right-hand side of the system at a point.

        Parameters
        ----------
        point
            The point of the spectrum, from 0.
        weight
            The weights of all lanes at the point.
        intensity
            The intensities of all lanes at the point.
        """
        return weight * intensity

    def end_forward(self) -> None:
        """Use what `weigh` gathered."""

    def start_backward(self) -> None:
        """Set up what `observe` needs."""

    def observe(self, point: Integer, intensity: Number, solution: Number) -> None:
        """Look at the new solution at a point.

        Parameters
        ----------
        point
            The point of the spectrum, from 0.
        intensity
            The intensities of all lanes at the point.
        solution
            The new solution of all lanes at the point.
        """
        raise NotImplementedError

    def end_backward(self) -> None:
        """Use what `observe` gathered."""

    # The two passes.

    def forward(self) -> None:
        """Factor the system of every lane and substitute forward.

        With the weighted diagonal a, the first off-diagonal b and the constant second off-diagonal lam:
        f = b - lam l1(i-1), d = a - lam² / d(i-2) - f(i-1)² / d(i-1), l1 = f / d, l2 = lam / d.
        """
        self.start_forward()
        lam = broadcast(self.settings["lam"], self.lanes)
        off, inverse, first, second, second_before = (Variable(self.zero) for _ in range(5))
        swept, swept_before = Variable(self.zero), Variable(self.zero)
        self.least_pivot = Variable(self.one)
        with counted(self.n_points) as point:
            intensity = self.at(point, INTENSITY)
            weight = self.weigh(point, intensity)
            right = self.right_side(point, weight, intensity)
            diagonal = weight + self.band(0, point) - second_before.get() * lam
            pivot = diagonal - off.get() * off.get() * inverse.get()
            right = right - second_before.get() * swept_before.get() - first.get() * swept.get()
            off.set(self.band(1, point) - first.get() * lam)
            inverse.set(1.0 / pivot)
            first.set(off.get() * inverse.get())
            second_before.set(second.get())
            second.set(lam * inverse.get())
            swept_before.set(swept.get())
            swept.set(right)
            self.least_pivot.set(pivot.minimum(self.least_pivot.get()))
            self.put(point, FIRST, first.get())
            self.put(point, SECOND, second.get())
            self.put(point, self.swept, right * inverse.get())
        self.end_forward()

    def backward(self) -> None:
        """Substitute backward and look at the solution of every lane."""
        self.start_backward()
        after, after_next = Variable(self.zero), Variable(self.zero)
        with counted(self.n_points) as step:
            point = self.n_points - 1 - step
            later = self.at(point, SECOND) * after_next.get()
            solution = self.at(point, self.swept) - later - self.at(point, FIRST) * after.get()
            after_next.set(after.get())
            after.set(solution)
            self.put(point, SOLUTION, solution)
            self.observe(point, self.at(point, INTENSITY), solution)
        # Whatever isn't finite anywhere has reached the first point, the last one solved.
        finite = after.get().absolute() < 1e300
        sound = (self.least_pivot.get() > 0.0) & finite
        self.put_states(SOUND, sound.select(self.one, 0.0))
        self.end_backward()

    # What happens to a lane between passes.

    def take_next(self, lane: Integer, *, waits: bool) -> None:
        """Give a lane the next spectrum, or rest it when there is none.

        Parameters
        ----------
        lane
            The lane, from 0.
        waits
            Whether the lane is filled after the forward pass and so skips the backward pass.
        """
        # Counted in memory that all threads share: the first spectrum that no lane of any of them has taken.
        row = self.memory["taken"].fetch_and_add(0, 1)
        with self.code.if_else((row < self.n_spectra).ir) as (some, none):
            with some:
                with counted(self.n_points) as point:
                    self.put_lane_at(
                        point, INTENSITY, lane, self.memory["spectra"].number(row * self.n_points + point)
                    )
                self.put_state(ROW, lane, row.as_number())
                nothing = Number.of(self.code, 0.0)
                self.put_state(ITERATIONS, lane, nothing)
                self.put_state(CHANGE, lane, Number.of(self.code, float("nan")))
                self.put_state(FRESH, lane, nothing + 1.0)
                self.put_state(WAITING, lane, nothing + float(waits))
                self.prepare(lane, row)
            with none:
                self.put_state(ROW, lane, Number.of(self.code, -1.0))
                self.busy.set(self.busy.get() - 1)

    def after_forward(self, lane: Integer) -> None:
        """Test a lane that has weights from a solution."""
        done = self.tested(lane, Boolean.of(self.code, True))
        with when(done):
            self.finish(lane, self.state(ITERATIONS, lane), waits=True)

    def after_backward(self, lane: Integer) -> None:
        """Let a lane that waited begin; end one that can't go on; test the others if it's time."""
        with self.code.if_else((self.state(WAITING, lane) > 0.5).ir) as (waited, worked):
            with waited:
                self.put_state(WAITING, lane, Number.of(self.code, 0.0))
            with worked:
                sound = self.state(SOUND, lane) > 0.5
                goes_on = sound & (self.state(ENOUGH, lane) > 0.5)
                self.put_state(FRESH, lane, Number.of(self.code, 0.0))
                done = ~goes_on
                if not self.tests_after_forward:
                    done = done | self.tested(lane, goes_on)
                with when(done):
                    self.finish(
                        lane, sound.select(self.state(ITERATIONS, lane), float(NOT_DONE)), waits=False
                    )

    def tested(self, lane: Integer, applies: Boolean) -> Boolean:
        """Count an iteration where the test applies, store its change, and return whether it was the last.

        Parameters
        ----------
        lane
            The lane, from 0.
        applies
            Whether there is a new change to compare with ``tol``.
        """
        iterations = self.state(ITERATIONS, lane) + applies.select(Number.of(self.code, 1.0), 0.0)
        change = applies.select(self.state(LATEST, lane), self.state(CHANGE, lane))
        self.put_state(ITERATIONS, lane, iterations)
        self.put_state(CHANGE, lane, change)
        return (change < self.settings["tol"]) | ~(iterations < self.settings["last_iteration"])

    def finish(self, lane: Integer, iterations: Number, *, waits: bool) -> None:
        """Store the solution of a lane and take the next spectrum.

        Parameters
        ----------
        lane
            The lane, from 0.
        iterations
            The tested iterations, or `NOT_DONE`.
        waits
            As in `take_next`.
        """
        row = Integer.from_number(self.state(ROW, lane))
        self.store(lane, row)
        self.memory["iterations"].put(row, Integer.from_number(iterations))
        self.memory["changes"].put(row, self.state(CHANGE, lane))
        self.take_next(lane, waits=waits)

    def store(self, lane: Integer, row: Integer) -> None:
        """Store the solution of a lane, how many points lie below it and the sum of its squared second differences.

        Parameters
        ----------
        lane
            The lane, from 0.
        row
            The spectrum's row in the batch.
        """
        nothing = Number.of(self.code, 0.0)
        before, step, below, bends = (Variable(nothing) for _ in range(4))
        with counted(self.n_points) as point:
            place, value = row * self.n_points + point, self.lane_at(point, SOLUTION, lane)
            self.memory["baselines"].put(place, value)
            below.add((self.memory["spectra"].number(place) < value).select(nothing + 1.0, 0.0))
            latest = value - before.get()
            bend = (point < 2).select(nothing, latest - step.get())  # the first two points have none
            bends.add(bend * bend)
            before.set(value)
            step.set(latest)
        self.memory["below"].put(row, below.get())
        self.memory["bends"].put(row, bends.get())

    @contextmanager
    def each_busy_lane(self) -> Iterator[Integer]:
        """Run the body for every lane that has a spectrum."""
        with counted(Integer.of(self.code, self.lanes)) as lane, when(self.state(ROW, lane) > -0.5):
            yield lane
