"""Compile the kernels for this processor and run them, in one thread or several.

The code runs without Python's lock.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import pairwise

import numpy as np
from llvmlite import ir
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray
from spectra_dl.spectra.baseline.algorithms import Airpls, Arpls, Asls, Drpls, Iasls
from spectra_dl.spectra.baseline.kernels import ARRAYS, NOT_DONE, SETTINGS, Kernel
from spectra_dl.spectra.baseline.penalty import first_difference_bands, parabola_basis, penalty_bands
from spectra_dl.spectra.baseline.settings import WhittakerSettings
from spectra_dl.spectra.baseline.tile import SCRATCH_FOR_STATES, SCRATCH_PER_POINT
from spectra_dl.spectra.compiler.aligned import aligned_zeros
from spectra_dl.spectra.compiler.machine_code import empty_function, machine_code

__all__ = ["NOT_DONE", "fit"]

KERNELS: dict[str, type[Kernel]] = {
    "asls": Asls,
    "iasls": Iasls,
    "arpls": Arpls,
    "airpls": Airpls,
    "drpls": Drpls,
}


def fit(
    intensity: FloatArray, settings: WhittakerSettings, threads: int
) -> tuple[FloatArray, NDArray[np.int64], FloatArray]:
    """Fit baselines to spectra.

    Parameters
    ----------
    intensity
        ``(n, p)`` float64, contiguous, finite, p >= 5.
    settings
        Settings of the algorithm, which their ``name`` selects.
    threads
        How many parts the spectra are worked on in at the same time, 1 or more.

    Returns
    -------
    tuple
        Baselines ``(n, p)``, tested iterations ``(n,)`` (`kernels.NOT_DONE` where a system can't be
        solved without pivoting), last tested changes ``(n,)``.
    """
    function = _compiled(settings.name)
    bands = _bands(intensity.shape[1], settings)
    numbers = [float(getattr(settings, name, 0.0)) for name in SETTINGS[:-1]]
    constants = np.array([*numbers, settings.max_iter + 1.0])
    baseline = np.empty_like(intensity)
    iterations = np.empty(len(intensity), dtype=np.int64)
    changes = np.empty(len(intensity))

    def run(rows: slice) -> None:
        scratch = aligned_zeros(SCRATCH_PER_POINT * intensity.shape[1] + SCRATCH_FOR_STATES)
        arrays = (intensity[rows], baseline[rows], iterations[rows], changes[rows], bands, constants, scratch)
        function(*(array.ctypes.data for array in arrays), len(arrays[0]), intensity.shape[1])

    edges = np.linspace(0, len(intensity), min(threads, max(len(intensity), 1)) + 1).astype(int)
    parts = [slice(start, stop) for start, stop in pairwise(edges.tolist())]
    if len(parts) == 1:
        run(parts[0])
    else:
        with ThreadPoolExecutor(len(parts)) as pool:
            list(pool.map(run, parts))
    return baseline, iterations, changes


def _bands(n_points: int, settings: WhittakerSettings) -> FloatArray:
    """Return what the kernels read for each point, a row each: see `Kernel.band`."""
    rows = penalty_bands(n_points, settings.lam, getattr(settings, "lam_1", 0.0))[:2]
    extra = {"iasls": parabola_basis, "drpls": first_difference_bands}.get(settings.name)
    return np.ascontiguousarray(rows if extra is None else np.vstack([rows, extra(n_points)]))


@cache
def _compiled(name: str) -> Callable[..., None]:
    """Return an algorithm's machine code, compiled once per process."""
    module = ir.Module(name)
    function = empty_function(module, name, n_arrays=len(ARRAYS), n_counts=2)
    KERNELS[name](function).write()
    return machine_code(function, unrolled_when_used=False)
