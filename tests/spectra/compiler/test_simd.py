"""The building blocks of SIMD code, compiled and run against numpy."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from llvmlite import ir
from numpy.typing import NDArray

from spectra_dl.spectra.compiler.loops import Variable, counted, when, while_positive
from spectra_dl.spectra.compiler.machine_code import empty_function, machine_code
from spectra_dl.spectra.compiler.simd import LANES, Integer, Memory, Number, broadcast

FloatArray = NDArray[np.float64]


def aligned(values: FloatArray) -> FloatArray:
    raw = np.empty(values.size + LANES)
    start = -raw.ctypes.data // 8 % LANES
    raw[start : start + values.size] = values
    return raw[start : start + values.size]


def run_on_lanes(formula: Callable[[Number], Number], values: FloatArray, lanes: int = LANES) -> FloatArray:
    """Apply a formula to an array whose length is a multiple of the lanes."""
    function = empty_function(ir.Module("test"), "apply", n_arrays=2, n_counts=1)
    code = ir.IRBuilder(function.append_basic_block("entry"))
    source, target = (Memory(code, argument, lanes) for argument in function.args[:2])
    with counted(Integer(code, function.args[2])) as group:
        target.put_lanes(group, formula(source.lanes(group)))
    code.ret_void()
    given, result = aligned(values), aligned(np.zeros_like(values))
    machine_code(function)(given.ctypes.data, result.ctypes.data, values.size // lanes)
    return result


@pytest.mark.parametrize("lanes", [4, LANES])
@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        (lambda x: x + 1.5, lambda x: x + 1.5),
        (lambda x: 2.0 * x, lambda x: 2.0 * x),
        (lambda x: 1.0 - x, lambda x: 1.0 - x),
        (lambda x: x - 0.25, lambda x: x - 0.25),
        (lambda x: 1.0 / (x + 10.0), lambda x: 1.0 / (x + 10.0)),
        (lambda x: x.absolute().square_root(), lambda x: np.sqrt(np.abs(x))),
        (lambda x: x.minimum(0.5), lambda x: np.minimum(x, 0.5)),
        (lambda x: x.maximum(-0.5), lambda x: np.maximum(x, -0.5)),
        (lambda x: (x > 0.0).select(x, 7.0), lambda x: np.where(x > 0, x, 7.0)),
        (lambda x: ((x > 0.0) & (x < 0.5)).select(1.0, x), lambda x: np.where((x > 0) & (x < 0.5), 1.0, x)),
        (lambda x: ((x > 1.0) | ~(x > 0.0)).select(x, 0.0), lambda x: np.where((x > 1) | ~(x > 0), x, 0.0)),
        (lambda x: x * broadcast(Number.of(x.code, 3.0), x.ir.type.count), lambda x: 3.0 * x),
        (lambda x: Number.of(x.code, 3.0) - x, lambda x: 3.0 - x),
    ],
)
def test_arithmetic_is_that_of_numpy(
    formula: Callable[[Number], Number], expected: Callable[[FloatArray], FloatArray], lanes: int
) -> None:
    values = np.random.default_rng(0).normal(size=5 * LANES)
    np.testing.assert_array_equal(run_on_lanes(formula, values, lanes), expected(values))


def test_the_exponential_is_exact_to_fourteen_digits() -> None:
    values = np.concatenate([np.linspace(-708, 708, 8000), np.linspace(-1, 1, 8000)])
    found = run_on_lanes(Number.exponential, values)
    np.testing.assert_allclose(found, np.exp(values), rtol=1e-14)
    np.testing.assert_array_equal(run_on_lanes(Number.exponential, values, 4), found)


def test_a_lane_that_is_not_a_number_stays_alone() -> None:
    values = np.arange(1.0, LANES + 1)
    values[3] = np.nan
    result = run_on_lanes(lambda x: (x * 2.0).exponential().square_root() / (x + 1.0), values)
    assert np.isnan(result[3])
    assert np.isfinite(np.delete(result, 3)).all()


def test_loops_branches_and_whole_numbers() -> None:
    """Sum of i² for the even i below n, then halved until it is 100 or less."""
    function = empty_function(ir.Module("test"), "loop", n_arrays=1, n_counts=1)
    code = ir.IRBuilder(function.append_basic_block("entry"))
    n = Integer(code, function.args[1])
    total, halvings = Variable(Number.of(code, 0.0)), Variable(Integer.of(code, 0))
    with counted(n) as index:
        odd = index - Integer.from_number(index.as_number() / 2.0) * 2
        with when(odd < 1):
            total.add((index * index).as_number())
    going = Variable(Integer.of(code, 1))
    with while_positive(going):
        with when(total.get() < 100.5):
            going.set(1 - Integer.of(code, 1))
        with when(total.get() > 100.5):
            total.set(total.get() / 2.0)
            halvings.add(Integer.of(code, 1))
    memory = Memory(code, function.args[0])
    memory.put(0, total.get())
    memory.put(1, halvings.get().as_number())
    code.ret_void()
    result = np.zeros(2)
    machine_code(function)(result.ctypes.data, 12)
    expected = sum(i * i for i in range(12) if i % 2 == 0)
    assert result.tolist() == [expected / 4, 2]


def test_numbers_that_several_threads_fetch_are_each_fetched_once() -> None:
    function = empty_function(ir.Module("test"), "fetch", n_arrays=2, n_counts=1)
    code = ir.IRBuilder(function.append_basic_block("entry"))
    counter, seen = (Memory(code, argument) for argument in function.args[:2])
    with counted(Integer(code, function.args[2])):
        place = counter.fetch_and_add(0, 1)
        seen.put(place, place + 1)
    code.ret_void()
    fetch, each, threads = machine_code(function), 200_000, 4
    taken, found = np.zeros(1, dtype=np.int64), np.zeros(threads * each, dtype=np.int64)
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(lambda _: fetch(taken.ctypes.data, found.ctypes.data, each), range(threads)))
    assert taken[0] == len(found)
    np.testing.assert_array_equal(found, np.arange(1, len(found) + 1))
