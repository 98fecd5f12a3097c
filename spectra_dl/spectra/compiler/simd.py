"""Building blocks of SIMD code: numbers in lanes, and memory.

The blocks build LLVM's intermediate representation by way of llvmlite, the compiler under numba. A `Number` is one
float64 or several side by side, ``LANES`` unless said otherwise; arithmetic on lanes is arithmetic on each lane alone, so no lane
can see another. That, and the order of operations written down here, is what makes a result independent
of its neighbours; nothing is left to an automatic vectoriser.
"""

import math
from typing import Any

from llvmlite import ir

LANES = 8

_DOUBLE = ir.DoubleType()
_INTEGER = ir.IntType(64)
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

    @property
    def _lanes(self) -> int:
        """How many lanes it has; 0 if it is one number."""
        return _lanes_of(self.ir.type)

    def _operand(self, other: "Number | float") -> Any:
        if isinstance(other, Number):
            same = other.ir.type == self.ir.type
            return other.ir if same else broadcast(other, self._lanes).ir
        return ir.Constant(self.ir.type, [other] * self._lanes if self._lanes else other)

    def _lifted(self, other: "Number | float") -> "Number":
        """Return the scalar in every lane where the other side has lanes."""
        if isinstance(other, Number) and other._lanes and not self._lanes:
            return broadcast(self, other._lanes)
        return self

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
        lanes = self._lanes
        integers = ir.VectorType(_INTEGER, lanes) if lanes else _INTEGER
        bits = self.code.bitcast(shifted.ir, integers)
        by = ir.Constant(integers, [52] * lanes if lanes else 52)
        exponent = self.code.shl(bits, by)
        scaled = self.code.add(self.code.bitcast(series.ir, integers), exponent)
        return Number(self.code, self.code.bitcast(scaled, self.ir.type))

    def _intrinsic(self, name: str) -> "Number":
        name += f".v{self._lanes}f64" if self._lanes else ".f64"
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
        lanes = _lanes_of(self.ir.type)
        if lanes and not _lanes_of(pattern.ir.type):
            pattern = broadcast(pattern, lanes)
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


def _lanes_of(kind: ir.Type) -> int:
    return kind.count if isinstance(kind, ir.VectorType) else 0


def broadcast(number: Number, lanes: int) -> Number:
    """Return a scalar in every lane.

    Parameters
    ----------
    number
        The scalar.
    lanes
        How many lanes.
    """
    code, vector = number.code, ir.VectorType(_DOUBLE, lanes)
    first_lane = code.insert_element(
        ir.Constant(vector, ir.Undefined), number.ir, ir.Constant(ir.IntType(32), 0)
    )
    mask = ir.Constant(ir.VectorType(ir.IntType(32), lanes), [0] * lanes)
    return Number(code, code.shuffle_vector(first_lane, ir.Constant(vector, ir.Undefined), mask))


def broadcast_constant(code: ir.IRBuilder, constant: float, lanes: int) -> Number:
    """Return a constant in every lane.

    Parameters
    ----------
    code
        The builder that later operations are added by.
    constant
        The value of every lane.
    lanes
        How many lanes.
    """
    return Number(code, ir.Constant(ir.VectorType(_DOUBLE, lanes), [constant] * lanes))


class Memory(Value):
    """An array of float64 values, or one to put int64 values into, addressed by element.

    Parameters
    ----------
    code
        The builder that later operations are added by.
    value
        Where the array starts.
    lanes
        Into how many lanes its values are loaded at once.
    """

    def __init__(self, code: ir.IRBuilder, value: Any, lanes: int = LANES) -> None:
        super().__init__(code, value)
        self._group = ir.VectorType(_DOUBLE, lanes)
        self._aligned = lanes * _BYTES_PER_LANE

    def _address(self, index: "Integer | int", element: Any = _DOUBLE) -> Any:
        place = index.ir if isinstance(index, Integer) else ir.Constant(_INTEGER, index)
        return self.code.gep(self.ir, [place], source_etype=element)

    def number(self, index: "Integer | int") -> Number:
        """Return the float64 at ``index``."""
        return Number(self.code, self.code.load(self._address(index), typ=_DOUBLE))

    def lanes(self, index: "Integer | int") -> Number:
        """Return the lanes at ``index``, counted in groups of them."""
        address = self._address(index, self._group)
        return Number(self.code, self.code.load(address, typ=self._group, align=self._aligned))

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
        self.code.store(value.ir, self._address(index, self._group), align=self._aligned)
