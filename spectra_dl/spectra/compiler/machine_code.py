"""Functions of machine code, compiled by LLVM for this processor.

Compiling takes some 0.04 s once per process and function, and with loops unrolled 0.1 s; nothing is written to disk, so there is no
cache that could be stale, unwritable or tampered with.
"""

import ctypes
import time
from collections.abc import Callable

from llvmlite import binding, ir

_LONG = 0.5  # seconds, several times what compiling takes


def empty_function(module: ir.Module, name: str, *, n_arrays: int, n_counts: int) -> ir.Function:
    """Return a function without a body that takes arrays, then whole numbers, and returns nothing.

    Parameters
    ----------
    module
        The module the function is added to.
    name
        Its name in the module.
    n_arrays
        Number of pointers it takes first.
    n_counts
        Number of 64-bit integers it takes after them.
    """
    arguments = [ir.PointerType()] * n_arrays + [ir.IntType(64)] * n_counts
    return ir.Function(module, ir.FunctionType(ir.VoidType(), arguments), name)


def machine_code(function: ir.Function, *, unrolled_when_used: bool = True) -> Callable[..., None]:
    """Compile a function for the processor at hand; it takes the addresses of its arrays.

    Parameters
    ----------
    function
        The function, alone in its module.
    unrolled_when_used
        Whether it is compiled once more, with its loops unrolled, after it has run for a while: not where operations may be fused, for
        another compilation might fuse others.

    Raises
    ------
    RuntimeError
        The compiler doesn't know this processor or refuses the code.
    """
    code = _compiled(function, unrolled=False)
    return _unrolled_when_used(function, code) if unrolled_when_used else code


def _unrolled_when_used(function: ir.Function, code: Callable[..., None]) -> Callable[..., None]:
    """Return what runs the code, and compiles it anew once that has taken longer than compiling does."""
    ran, unrolled = 0.0, False

    def run(*arguments: int) -> None:
        nonlocal code, ran, unrolled
        started = time.perf_counter()
        code(*arguments)
        ran += time.perf_counter() - started
        if ran >= _LONG and not unrolled:
            unrolled = True
            code = _compiled(function, unrolled=True)

    return run


def _compiled(function: ir.Function, *, unrolled: bool) -> Callable[..., None]:
    binding.initialize_native_target()
    binding.initialize_native_asmprinter()
    module = binding.parse_assembly(str(function.module))
    module.verify()
    machine = binding.Target.from_default_triple().create_target_machine(
        cpu=binding.get_host_cpu_name(), features=binding.get_host_cpu_features().flatten(), opt=2
    )
    _optimise(module, machine, unrolled=unrolled)
    engine = binding.create_mcjit_compiler(module, machine)
    engine.finalize_object()
    types = [
        ctypes.c_void_p if isinstance(argument.type, ir.PointerType) else ctypes.c_int64
        for argument in function.args
    ]
    callable_code: Callable[..., None] = ctypes.CFUNCTYPE(None, *types)(
        engine.get_function_address(function.name)
    )
    vars(callable_code)["engine"] = engine  # owns the code: must live as long as the function
    return callable_code


def _optimise(module: binding.ModuleRef, machine: binding.TargetMachine, *, unrolled: bool) -> None:
    """Put variables into registers, and unroll loops if asked; the lanes are written out, so nothing is left to vectorise."""
    options = binding.create_pipeline_tuning_options(speed_level=2)
    options.loop_vectorization = options.slp_vectorization = options.loop_interleaving = False
    passes = binding.create_pass_builder(machine, options)
    if unrolled:
        passes.getModulePassManager().run(module, passes)
        return
    manager = binding.create_new_function_pass_manager()
    manager.add_sroa_pass()
    for defined in module.functions:
        if not defined.is_declaration:
            manager.run(defined, passes)
