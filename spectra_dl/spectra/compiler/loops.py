"""What SIMD code does again and again, or only sometimes, and the values that change meanwhile."""

import operator
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Generic, TypeVar

from llvmlite import ir

from spectra_dl.spectra.compiler.simd import Boolean, Integer, Value

Kind = TypeVar("Kind", bound=Value)


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
    index = code.phi(count.ir.type)
    index.add_incoming(ir.Constant(count.ir.type, 0), before)
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
