"""Functions of machine code, compiled by LLVM for this processor.

Compiling takes some 0.1 s once per process and function; nothing is written to disk, so there is no cache
that could be stale, unwritable or tampered with.
"""

import ctypes
from collections.abc import Callable

from llvmlite import binding, ir


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


def machine_code(function: ir.Function) -> Callable[..., None]:
    """Compile a function for the processor at hand; it takes the addresses of its arrays.

    Raises
    ------
    RuntimeError
        The compiler doesn't know this processor or refuses the code.
    """
    binding.initialize_native_target()
    binding.initialize_native_asmprinter()
    module = binding.parse_assembly(str(function.module))
    module.verify()
    machine = binding.Target.from_default_triple().create_target_machine(
        cpu=binding.get_host_cpu_name(), features=binding.get_host_cpu_features().flatten(), opt=2
    )
    passes = binding.create_pass_builder(machine, binding.create_pipeline_tuning_options(speed_level=2))
    passes.getModulePassManager().run(module, passes)
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
