"""Building blocks of SIMD code: numbers in lanes, loops, memory.

The blocks build LLVM's intermediate representation by way of llvmlite, the compiler under numba. A `Number` is one
float64 or ``LANES`` of them side by side; arithmetic on lanes is arithmetic on each lane alone, so no lane
can see another. That, and the order of operations written down here, is what makes a result independent
of its neighbours; nothing is left to an automatic vectoriser.
"""

import math
import operator
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Generic, TypeVar

from llvmlite import ir

LANES = 8

_DOUBLE = ir.DoubleType()
_INTEGER = ir.IntType(64)
_VECTOR = ir.VectorType(_DOUBLE, LANES)
_BYTES_PER_LANE = 8
# A product that is added may be rounded once instead of twice (fused multiply-add), always at the same
# places on one machine. Nothing else is relaxed.
_FUSED = ("contract",)


class Value:
    """A value of the generated code, and the builder that adds operations on it."""

    def __init__(self, code: ir.IRBuilder, value: Any) -> None:
        self.code = code
        self.ir = value


class Number(Value):
    """A float64, or one per lane."""

    @classmethod
    def of(cls, code: ir.IRBuilder, constant: float) -> "Number":
        """Return one constant float64.

        Parameters
        ----------
        code
            The builder that later operations are added by.
        constant
            Its value.
        """
        return cls(code, ir.Constant(_DOUBLE, constant))

    def _operand(self, other: "Number | float") -> Any:
        if isinstance(other, Number):
            same = other.ir.type == self.ir.type
            return other.ir if same else broadcast(other).ir
        return ir.Constant(self.ir.type, [other] * LANES if self.ir.type == _VECTOR else other)

    def _lifted(self, other: "Number | float") -> "Number":
        """Return the scalar in every lane where the other side has lanes."""
        wider = isinstance(other, Number) and other.ir.type == _VECTOR and self.ir.type != _VECTOR
        return broadcast(self) if wider else self

    def __add__(self, other: "Number | float") -> "Number":
        left = self._lifted(other)
        return Number(self.code, self.code.fadd(left.ir, left._operand(other), flags=_FUSED))

    def __sub__(self, other: "Number | float") -> "Number":
        left = self._lifted(other)
        return Number(self.code, self.code.fsub(left.ir, left._operand(other), flags=_FUSED))

    def __mul__(self, other: "Number | float") -> "Number":
        left = self._lifted(other)
        return Number(self.code, self.code.fmul(left.ir, left._operand(other), flags=_FUSED))

    def __truediv__(self, other: "Number | float") -> "Number":
        left = self._lifted(other)
        return Number(self.code, self.code.fdiv(left.ir, left._operand(other)))

    def __rsub__(self, other: float) -> "Number":
        return Number(self.code, self.code.fsub(self._operand(other), self.ir, flags=_FUSED))

    def __rtruediv__(self, other: float) -> "Number":
        return Number(self.code, self.code.fdiv(self._operand(other), self.ir))

    __radd__ = __add__
    __rmul__ = __mul__

    def __lt__(self, other: "Number | float") -> "Boolean":
        left = self._lifted(other)
        return Boolean(self.code, self.code.fcmp_ordered("<", left.ir, left._operand(other)))

    def __gt__(self, other: "Number | float") -> "Boolean":
        left = self._lifted(other)
        return Boolean(self.code, self.code.fcmp_ordered(">", left.ir, left._operand(other)))

    def minimum(self, other: "Number | float") -> "Number":
        """Return the minimum of two; the second where this number is NaN."""
        return (self < other).select(self, other)

    def maximum(self, other: "Number | float") -> "Number":
        """Return the maximum of two; the second where this number is NaN."""
        return (self > other).select(self, other)

    def absolute(self) -> "Number":
        """Return the absolute value."""
        return self._intrinsic("llvm.fabs")

    def square_root(self) -> "Number":
        """Return the square root."""
        return self._intrinsic("llvm.sqrt")

    def exponential(self) -> "Number":
        """Return e to the power of this, for arguments from -708 to 708; relative error below 1e-14.

        The argument is ``k * ln 2 + r`` with |r| <= ln 2 / 2; e^r by its series to r^11, 2^k by writing k into
        the exponent's bits (Muller 2016, Elementary Functions, chapter 11).
        """
        shifted = self * 1.4426950408889634 + _ROUNDER  # the last bits of the sum hold k
        whole = shifted - _ROUNDER
        rest = self - whole * 6.93147180369123816490e-01 - whole * 1.90821492927058770002e-10
        # Even and odd powers apart: two short chains of products that wait for one another less than one long.
        square = rest * rest
        even, odd = _horner(square, _SERIES[0::2]), _horner(square, _SERIES[1::2])
        series = even + rest * odd
        vector = self.ir.type == _VECTOR
        integers = ir.VectorType(_INTEGER, LANES) if vector else _INTEGER
        bits = self.code.bitcast(shifted.ir, integers)
        by = ir.Constant(integers, [52] * LANES if vector else 52)
        exponent = self.code.shl(bits, by)
        scaled = self.code.add(self.code.bitcast(series.ir, integers), exponent)
        return Number(self.code, self.code.bitcast(scaled, self.ir.type))

    def _intrinsic(self, name: str) -> "Number":
        name += f".v{LANES}f64" if self.ir.type == _VECTOR else ".f64"
        known = self.code.module.globals
        function = known.get(name)
        if function is None:
            function = ir.Function(self.code.module, ir.FunctionType(self.ir.type, [self.ir.type]), name)
        return Number(self.code, self.code.call(function, [self.ir]))


_ROUNDER = 6755399441055744.0  # 1.5 * 2**52: adding it rounds to whole numbers
_SERIES = [1 / math.factorial(power) for power in range(12)]


def _horner(argument: Number, factors: list[float]) -> Number:
    """Return ``factors[0] + factors[1] * argument + ...``."""
    total = argument * factors[-1] + factors[-2]
    for factor in reversed(factors[:-2]):
        total = total * argument + factor
    return total


class Boolean(Value):
    """True or false, or one of them per lane."""

    @classmethod
    def of(cls, code: ir.IRBuilder, constant: bool) -> "Boolean":
        """Return a constant.

        Parameters
        ----------
        code
            The builder that later operations are added by.
        constant
            Its value.
        """
        return cls(code, ir.Constant(ir.IntType(1), constant))

    def select(self, yes: "Number | float", no: "Number | float") -> Number:
        """Return ``yes`` where true, else ``no``; both are computed.

        Parameters
        ----------
        yes, no
            The results; at least one a `Number`.
        """
        pattern = yes if isinstance(yes, Number) else no
        assert isinstance(pattern, Number)
        lanes = self.ir.type != ir.IntType(1)
        if lanes and pattern.ir.type != _VECTOR:
            pattern = broadcast(pattern)
        return Number(self.code, self.code.select(self.ir, pattern._operand(yes), pattern._operand(no)))

    def __or__(self, other: "Boolean") -> "Boolean":
        return Boolean(self.code, self.code.or_(self.ir, other.ir))

    def __and__(self, other: "Boolean") -> "Boolean":
        return Boolean(self.code, self.code.and_(self.ir, other.ir))

    def __invert__(self) -> "Boolean":
        return Boolean(self.code, self.code.not_(self.ir))


class Integer(Value):
    """A 64-bit integer: an index, a count, a row."""

    @classmethod
    def of(cls, code: ir.IRBuilder, constant: int) -> "Integer":
        """Return a constant.

        Parameters
        ----------
        code
            The builder that later operations are added by.
        constant
            Its value.
        """
        return cls(code, ir.Constant(_INTEGER, constant))

    def _operand(self, other: "Integer | int") -> Any:
        return other.ir if isinstance(other, Integer) else ir.Constant(_INTEGER, other)

    def __rsub__(self, other: int) -> "Integer":
        return Integer(self.code, self.code.sub(self._operand(other), self.ir))

    def __add__(self, other: "Integer | int") -> "Integer":
        return Integer(self.code, self.code.add(self.ir, self._operand(other)))

    def __sub__(self, other: "Integer | int") -> "Integer":
        return Integer(self.code, self.code.sub(self.ir, self._operand(other)))

    def __mul__(self, other: "Integer | int") -> "Integer":
        return Integer(self.code, self.code.mul(self.ir, self._operand(other)))

    def __lt__(self, other: "Integer | int") -> Boolean:
        return Boolean(self.code, self.code.icmp_signed("<", self.ir, self._operand(other)))

    def minimum(self, other: "Integer | int") -> "Integer":
        """Return the minimum of two."""
        return Integer(self.code, self.code.select((self < other).ir, self.ir, self._operand(other)))

    def maximum(self, other: "Integer | int") -> "Integer":
        """Return the maximum of two."""
        return Integer(self.code, self.code.select((self < other).ir, self._operand(other), self.ir))

    def as_number(self) -> Number:
        """Return the same as a float64."""
        return Number(self.code, self.code.sitofp(self.ir, _DOUBLE))

    @classmethod
    def from_number(cls, number: Number) -> "Integer":
        """Return a float64 that holds a whole number."""
        return cls(number.code, number.code.fptosi(number.ir, _INTEGER))


def broadcast(number: Number) -> Number:
    """Return a scalar in every lane."""
    code = number.code
    first_lane = code.insert_element(
        ir.Constant(_VECTOR, ir.Undefined), number.ir, ir.Constant(ir.IntType(32), 0)
    )
    mask = ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES)
    return Number(code, code.shuffle_vector(first_lane, ir.Constant(_VECTOR, ir.Undefined), mask))


def broadcast_constant(code: ir.IRBuilder, constant: float) -> Number:
    """Return a constant in every lane.

    Parameters
    ----------
    code
        The builder that later operations are added by.
    constant
        The value of every lane.
    """
    return Number(code, ir.Constant(_VECTOR, [constant] * LANES))


Kind = TypeVar("Kind", bound=Value)


class Memory(Value):
    """An array of float64 values, or one to put int64 values into, addressed by element."""

    def _address(self, index: "Integer | int", element: Any = _DOUBLE) -> Any:
        place = index.ir if isinstance(index, Integer) else ir.Constant(_INTEGER, index)
        return self.code.gep(self.ir, [place], source_etype=element)

    def number(self, index: "Integer | int") -> Number:
        """Return the float64 at ``index``."""
        return Number(self.code, self.code.load(self._address(index), typ=_DOUBLE))

    def lanes(self, index: "Integer | int") -> Number:
        """Return the lanes at ``index``, counted in groups of ``LANES`` float64 values."""
        address = self._address(index, _VECTOR)
        return Number(self.code, self.code.load(address, typ=_VECTOR, align=LANES * _BYTES_PER_LANE))

    def fetch_and_add(self, index: "Integer | int", amount: int) -> Integer:
        """Return the int64 at ``index`` and add to it, undisturbed by other threads.

        Parameters
        ----------
        index
            The element, from 0.
        amount
            What is added.
        """
        address = self._address(index, _INTEGER)
        return Integer(
            self.code,
            self.code.atomic_rmw("add", address, ir.Constant(_INTEGER, amount), "monotonic"),
        )

    def put(self, index: "Integer | int", value: "Number | Integer") -> None:
        """Store one value at ``index``.

        Parameters
        ----------
        index
            The element, from 0.
        value
            A scalar.
        """
        self.code.store(value.ir, self._address(index, value.ir.type))

    def put_lanes(self, index: "Integer | int", value: Number) -> None:
        """Store lanes at ``index``, counted in groups.

        Parameters
        ----------
        index
            The group of lanes, from 0.
        value
            One number per lane.
        """
        self.code.store(value.ir, self._address(index, _VECTOR), align=LANES * _BYTES_PER_LANE)


class Variable(Generic[Kind]):
    """A value that a loop changes; the compiler keeps it in a register."""

    def __init__(self, initial: Kind) -> None:
        self.code = initial.code
        self._kind: Callable[[ir.IRBuilder, Any], Kind] = type(initial)
        with self.code.goto_entry_block():
            self._place = self.code.alloca(initial.ir.type)
        self.set(initial)

    def get(self) -> Kind:
        """Return the present value."""
        return self._kind(self.code, self.code.load(self._place, typ=self._place.allocated_type))

    def add(self, value: Kind) -> None:
        """Add to it."""
        total: Kind = operator.add(self.get(), value)
        self.set(total)

    def set(self, value: Kind) -> None:
        """Change it."""
        self.code.store(value.ir, self._place)


@contextmanager
def counted(count: Integer) -> Iterator[Integer]:
    """Run the body for 0, 1, ... up to ``count`` - 1; at least once."""
    code = count.code
    before = code.block
    body, after = code.append_basic_block("body"), code.append_basic_block("after")
    code.branch(body)
    code.position_at_end(body)
    index = code.phi(_INTEGER)
    index.add_incoming(ir.Constant(_INTEGER, 0), before)
    yield Integer(code, index)
    following = Integer(code, index) + 1
    index.add_incoming(following.ir, code.block)
    code.cbranch((following < count).ir, body, after)
    code.position_at_end(after)


@contextmanager
def while_positive(variable: Variable[Integer]) -> Iterator[None]:
    """Run the body as long as ``variable`` is above 0."""
    code = variable.code
    test, body, after = (code.append_basic_block(name) for name in ("test", "body", "after"))
    code.branch(test)
    code.position_at_end(test)
    code.cbranch((Integer.of(code, 0) < variable.get()).ir, body, after)
    code.position_at_end(body)
    yield
    code.branch(test)
    code.position_at_end(after)


@contextmanager
def when(condition: Boolean) -> Iterator[None]:
    """Run the body where ``condition`` is true."""
    with condition.code.if_then(condition.ir):
        yield
