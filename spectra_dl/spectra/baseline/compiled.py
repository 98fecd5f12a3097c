"""Compile the kernels for this processor and run them, in one thread or several.

The code runs without Python's lock.
"""

from collections.abc import Callable
from functools import cache, lru_cache

import numpy as np
from llvmlite import ir
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray
from spectra_dl.execution.threads import in_threads
from spectra_dl.spectra.baseline.algorithms import Airpls, Arpls, Asls, Drpls, Iasls
from spectra_dl.spectra.baseline.certificate import Shape
from spectra_dl.spectra.baseline.kernels import ARRAYS, NOT_DONE, SETTINGS, Kernel
from spectra_dl.spectra.baseline.penalty import first_difference_bands, parabola_basis, penalty_bands
from spectra_dl.spectra.baseline.settings import WhittakerSettings
from spectra_dl.spectra.baseline.tile import scratch_length
from spectra_dl.spectra.compiler.aligned import aligned_empty
from spectra_dl.spectra.compiler.machine_code import empty_function, machine_code
from spectra_dl.spectra.compiler.simd import LANES

__all__ = ["NOT_DONE", "fit"]

_FEW = 4  # spectra: eight lanes, most of them empty, take two thirds longer than four

KERNELS: dict[str, type[Kernel]] = {
    "asls": Asls,
    "iasls": Iasls,
    "arpls": Arpls,
    "airpls": Airpls,
    "drpls": Drpls,
}


def fit(
    intensity: FloatArray, settings: WhittakerSettings, threads: int
) -> tuple[FloatArray, NDArray[np.int64], FloatArray, Shape]:
    """Fit baselines to spectra.

    Parameters
    ----------
    intensity
        ``(n, p)`` float64, contiguous, finite, p >= 5.
    settings
        Settings of the algorithm, which their ``name`` selects.
    threads
        How many work at the same time, 1 or more; each takes the next spectrum that none has taken, so all end together.

    Returns
    -------
    tuple
        Baselines ``(n, p)``, tested iterations ``(n,)`` (`kernels.NOT_DONE` where a system can't be
        solved without pivoting), last tested changes ``(n,)``, shape of the baselines.
    """
    n_spectra, n_points = intensity.shape
    lanes = _FEW if n_spectra <= _FEW else LANES
    function = _compiled(settings.name, lanes)
    constants = _constants(n_points, settings)
    baseline = np.empty_like(intensity)
    iterations = np.empty(n_spectra, dtype=np.int64)
    changes, below, bends = np.empty((3, n_spectra))
    taken = np.zeros(1, dtype=np.int64)
    results = [array.ctypes.data for array in (intensity, baseline, iterations, changes, below, bends)]
    shared = (*results, *constants.addresses, taken.ctypes.data)

    def run(_: int) -> None:
        # The kernel itself clears what lanes without a spectrum read; clearing it all would take a tenth of one spectrum's time.
        scratch = aligned_empty(scratch_length(n_points, lanes))
        function(*shared, scratch.ctypes.data, n_spectra, n_points)

    in_threads(run, range(threads))
    return baseline, iterations, changes, Shape(below, bends)


class _Constants:
    """What the kernels read for each point (see `Kernel.band`), and the numbers in `kernels.SETTINGS`.

    Parameters
    ----------
    n_points
        Points of a spectrum.
    settings
        Settings of the algorithm.
    """

    def __init__(self, n_points: int, settings: WhittakerSettings) -> None:
        rows = penalty_bands(n_points, settings.lam, getattr(settings, "lam_1", 0.0))[:2]
        extra = {"iasls": parabola_basis, "drpls": first_difference_bands}.get(settings.name)
        bands = np.ascontiguousarray(rows if extra is None else np.vstack([rows, extra(n_points)]))
        numbers = [float(getattr(settings, name, 0.0)) for name in SETTINGS[:-1]]
        self._arrays = bands, np.array([*numbers, settings.max_iter + 1.0])
        self.addresses = tuple(array.ctypes.data for array in self._arrays)


_constants = lru_cache(maxsize=4)(_Constants)


@cache
def _compiled(name: str, lanes: int) -> Callable[..., None]:
    """Return an algorithm's machine code for so many spectra side by side, compiled once per process."""
    module = ir.Module(name)
    function = empty_function(module, name, n_arrays=len(ARRAYS), n_counts=2)
    KERNELS[name](function, lanes).write()
    return machine_code(function, unrolled_when_used=False)
