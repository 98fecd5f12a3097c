"""The features of MiniRocket in machine code: equal to those of `minirocket_kernels.rocket_features` to the last bit.

A kernel's output is formed and compared in blocks of points, in float32 and in the same order of additions, and no step is
left to the compiler's choice. What is counted are points, so no order of counting changes a share.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any

import numpy as np
from llvmlite import ir
from numpy.typing import NDArray

from spectra_dl.spectra.compiler.loops import Variable, counted
from spectra_dl.spectra.compiler.machine_code import empty_function, machine_code
from spectra_dl.spectra.compiler.simd import Integer, Value
from spectra_dl.spectra.networks.minirocket_kernels import LENGTH

_BLOCK = 16  # points at a time
_CENTRE = LENGTH // 2
_FLOAT, _INT = ir.FloatType(), ir.IntType(32)
_FLOATS, _INTS = ir.VectorType(_FLOAT, _BLOCK), ir.VectorType(_INT, _BLOCK)
_ARRAYS = ("rows", "features", "dilations", "counts", "thresholds", "scratch")


def compiled_features(
    rows: NDArray[np.float32], dilations: NDArray[np.intp], thresholds: Sequence[NDArray[np.float32]]
) -> NDArray[np.float32]:
    """Return the share of points at which each kernel's output for ``rows`` is above each of its thresholds, ``(n, f)``.

    Parameters
    ----------
    rows
        ``(n, w)`` spectra, w >= 9.
    dilations
        ``(d,)`` from `spectra_dl.spectra.networks.minirocket_kernels.dilation_counts`.
    thresholds
        ``(84, count)`` for each dilation.

    Raises
    ------
    RuntimeError
        The compiler doesn't know this processor.
    """
    rows = np.ascontiguousarray(rows, dtype=np.float32)
    points, room = rows.shape[1], _room(rows.shape[1], int(dilations.max()))
    counts = np.array([each.shape[1] for each in thresholds], dtype=np.int64)
    flat = np.concatenate([np.ravel(each) for each in thresholds]).astype(np.float32)
    features = np.empty((len(rows), len(flat)), dtype=np.float32)
    scratch = np.zeros(_SCRATCH * room, dtype=np.float32)
    arrays = (rows, features, np.ascontiguousarray(dilations, dtype=np.int64), counts, flat, scratch)
    if len(rows):
        function = _compiled()
        function(*(array.ctypes.data for array in arrays), len(rows), points, len(dilations), room)
    return features


def _room(points: int, dilation: int) -> int:
    """Return how many values each array of the scratch holds: a spectrum, its padding, and a block that is read past the end."""
    return points + 2 * _CENTRE * dilation + 2 * _BLOCK


@cache
def _compiled() -> Callable[..., None]:
    function = empty_function(ir.Module("minirocket"), "minirocket", n_arrays=len(_ARRAYS), n_counts=4)
    _Writer(function).write()
    return machine_code(function)


class _Floats(Value):
    """A float32, or a block of them."""

    def __add__(self, other: "_Floats") -> "_Floats":
        return _Floats(self.code, self.code.fadd(self.ir, other.ir))

    def __sub__(self, other: "_Floats") -> "_Floats":
        return _Floats(self.code, self.code.fsub(self.ir, other.ir))

    def __mul__(self, other: "_Floats") -> "_Floats":
        return _Floats(self.code, self.code.fmul(self.ir, other.ir))

    def __truediv__(self, other: "_Floats") -> "_Floats":
        return _Floats(self.code, self.code.fdiv(self.ir, other.ir))

    def above(self, other: "_Floats") -> "_Counts":
        """Return 1 where this is above the other, else 0; 0 where either is NaN."""
        larger = self.code.fcmp_ordered(">", self.ir, other.ir)
        return _Counts(self.code, self.code.zext(larger, _INTS))

    def everywhere(self) -> "_Floats":
        """Return a block of this number."""
        nothing = ir.Constant(_FLOATS, ir.Undefined)
        first = self.code.insert_element(nothing, self.ir, ir.Constant(_INT, 0))
        return _Floats(self.code, self.code.shuffle_vector(first, nothing, ir.Constant(_INTS, [0] * _BLOCK)))


class _Counts(Value):
    """A whole number for each point of a block."""

    def __add__(self, other: "_Counts") -> "_Counts":
        return _Counts(self.code, self.code.add(self.ir, other.ir))

    def total(self) -> _Floats:
        """Return the sum over the block, exact up to 16 million."""
        name = f"llvm.vector.reduce.add.v{_BLOCK}i32"
        function = self.code.module.globals.get(name)
        if function is None:
            function = ir.Function(self.code.module, ir.FunctionType(_INT, [_INTS]), name)
        return _Floats(self.code, self.code.sitofp(self.code.call(function, [self.ir]), _FLOAT))


class _Array(Value):
    """Numbers in memory, addressed by element, with an offset."""

    def __init__(self, code: ir.IRBuilder, value: Any, offset: Integer | None = None) -> None:
        super().__init__(code, value)
        self.offset = offset or Integer.of(code, 0)

    def moved(self, by: Integer) -> "_Array":
        """Return the array as seen from a later element."""
        return _Array(self.code, self.ir, self.offset + by)

    def _address(self, index: Integer, element: Any) -> Any:
        return self.code.gep(self.ir, [(self.offset + index).ir], source_etype=element)

    def number(self, index: Integer) -> _Floats:
        """Return the float32 at an index."""
        return _Floats(self.code, self.code.load(self._address(index, _FLOAT), typ=_FLOAT))

    def integer(self, index: Integer) -> Integer:
        """Return the int64 at an index."""
        kind = ir.IntType(64)
        return Integer(self.code, self.code.load(self._address(index, kind), typ=kind))

    def block(self, index: Integer) -> _Floats:
        """Return the block that starts at an index."""
        return _Floats(self.code, self.code.load(self._address(index, _FLOAT), typ=_FLOATS, align=4))

    def put(self, index: Integer, value: _Floats) -> None:
        """Store a number, or a block, from an index on."""
        self.code.store(value.ir, self._address(index, _FLOAT), align=4)


# The spectrum with its padding, three times it, the sum over taps, what two taps share, and a kernel's output.
_SCRATCH = 5


class _Writer:
    """Writes the function: a spectrum after the other, dilation by dilation, kernel by kernel."""

    def __init__(self, function: ir.Function) -> None:
        self.code = ir.IRBuilder(function.append_basic_block("entry"))
        given = zip(_ARRAYS, function.args, strict=False)
        self.memory = {name: _Array(self.code, value) for name, value in given}
        self.n_rows, self.points, self.n_dilations, room = (
            Integer(self.code, value) for value in function.args[len(_ARRAYS) :]
        )
        parts = [self.memory["scratch"].moved(room * number) for number in range(_SCRATCH)]
        self.padded, self.triple, self.total, self.shared, self.output = parts
        last = self.memory["dilations"].integer(self.n_dilations - 1)
        self.padding = last * _CENTRE

    def write(self) -> None:
        """Write all of it."""
        self.feature = Variable(Integer.of(self.code, 0))
        three = self.constant(3.0)
        with counted(self.n_rows) as row:
            source = self.memory["rows"].moved(row * self.points)
            with counted(self.points) as point:
                value = source.number(point)
                self.padded.put(self.padding + point, value)
                self.triple.put(self.padding + point, value * three)
            self.threshold = Variable(Integer.of(self.code, 0))
            with counted(self.n_dilations) as number:
                self.dilated(number)
        self.code.ret_void()

    def dilated(self, number: Integer) -> None:
        """Write the features of one dilation."""
        self.dilation = self.memory["dilations"].integer(number)
        self.count = self.memory["counts"].integer(number)
        padded_first = 1 - self.odd(number)
        with self.blocks(self.points) as at:
            total = self.tap(self.padded, Integer.of(self.code, 0)).block(at)
            for tap in range(1, LENGTH):
                total = total + self.tap(self.padded, Integer.of(self.code, tap)).block(at)
            self.total.put(at, total)
        # Every second kernel's output is taken without its padded ends.
        self.whole = Variable(padded_first)
        with counted(Integer.of(self.code, LENGTH - 2)) as first, counted(LENGTH - 2 - first) as gap:
            second = first + gap + 1
            self.pair(self.tap(self.triple, first), self.tap(self.triple, second))
            with counted(LENGTH - 1 - second) as further:
                self.kernel(self.tap(self.triple, second + further + 1))

    def pair(self, first: _Array, second: _Array) -> None:
        """Write what kernels with the same first two taps share."""
        with self.blocks(self.points) as at:
            self.shared.put(at, first.block(at) + second.block(at) - self.total.block(at))

    def kernel(self, third: _Array) -> None:
        """Write the features of one kernel."""
        whole = self.whole.get()
        self.whole.set(1 - whole)
        start = self.dilation * _CENTRE * (1 - whole)
        valid = self.points - start * 2
        shared, third = self.shared.moved(start), third.moved(start)
        with self.blocks(valid) as at:
            self.output.put(at, shared.block(at) + third.block(at))
        # What the last block holds beyond the points is above nothing.
        self.output.put(valid, self.constant(float("nan")).everywhere())
        points = _Floats(self.code, self.code.sitofp(valid.ir, _FLOAT))
        with counted(self.count):
            threshold = self.memory["thresholds"].number(self.threshold.get()).everywhere()
            above = Variable(_Counts(self.code, ir.Constant(_INTS, [0] * _BLOCK)))
            with self.blocks(valid) as at:
                above.set(above.get() + self.output.block(at).above(threshold))
            self.memory["features"].put(self.feature.get(), above.get().total() / points)
            self.feature.set(self.feature.get() + 1)
            self.threshold.set(self.threshold.get() + 1)

    @contextmanager
    def blocks(self, points: Integer) -> Iterator[Integer]:
        """Run the body for the start of each block of so many points."""
        several = self.code.udiv((points + _BLOCK - 1).ir, ir.Constant(ir.IntType(64), _BLOCK))
        with counted(Integer(self.code, several)) as number:
            yield number * _BLOCK

    def tap(self, array: _Array, number: Integer) -> _Array:
        """Return a padded spectrum as a tap of the kernel sees it."""
        return array.moved(self.padding + (number - _CENTRE) * self.dilation)

    def odd(self, number: Integer) -> Integer:
        """Return 1 for an odd number, else 0."""
        return Integer(self.code, self.code.and_(number.ir, ir.Constant(ir.IntType(64), 1)))

    def constant(self, value: float) -> _Floats:
        """Return a constant number."""
        return _Floats(self.code, ir.Constant(_FLOAT, value))
