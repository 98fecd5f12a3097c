"""Compiled functions that are compiled anew once they have run for a while."""

import numpy as np
import pytest
from llvmlite import binding, ir

from spectra_dl.spectra.compiler import machine_code as compiler
from spectra_dl.spectra.compiler.loops import counted
from spectra_dl.spectra.compiler.simd import Integer, Memory, Number


def doubling() -> ir.Function:
    function = compiler.empty_function(ir.Module("test"), "double", n_arrays=1, n_counts=1)
    code = ir.IRBuilder(function.append_basic_block("entry"))
    memory = Memory(code, function.args[0])
    with counted(Integer(code, function.args[1])) as index:
        memory.put(index, memory.number(index) + memory.number(index) * Number.of(code, 1.0))
    code.ret_void()
    return function


def engines_made(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    made: list[object] = []
    create = binding.create_mcjit_compiler

    def counting(*arguments: object) -> object:
        made.append(create(*arguments))
        return made[-1]

    monkeypatch.setattr(binding, "create_mcjit_compiler", counting)
    return made


@pytest.mark.parametrize(("unrolled_when_used", "engines"), [(True, 2), (False, 1)])
def test_code_that_has_run_for_long_is_compiled_anew_only_where_that_is_allowed(
    monkeypatch: pytest.MonkeyPatch, unrolled_when_used: bool, engines: int
) -> None:
    made = engines_made(monkeypatch)
    monkeypatch.setattr(compiler, "_LONG", 0.0)
    run = compiler.machine_code(doubling(), unrolled_when_used=unrolled_when_used)
    values = np.arange(37.0)
    for _ in range(3):
        run(values.ctypes.data, values.size)
    np.testing.assert_array_equal(values, 8 * np.arange(37.0))
    assert len(made) == engines


def test_code_that_has_hardly_run_is_compiled_once(monkeypatch: pytest.MonkeyPatch) -> None:
    made = engines_made(monkeypatch)
    run = compiler.machine_code(doubling())
    values = np.ones(8)
    run(values.ctypes.data, values.size)
    assert len(made) == 1
