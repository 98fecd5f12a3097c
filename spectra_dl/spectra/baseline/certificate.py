"""What a baseline correction gives back: the baselines, and how far each can be trusted."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray
from spectra_dl.execution.threads import in_threads

_NUMBERS_AT_ONCE = 16_384  # so that temporaries stay in the processor's cache


@dataclass(frozen=True, eq=False)
class Certificate:
    """How the fit of each spectrum's baseline ended.

    Attributes
    ----------
    converged
        ``(n,)`` bool: the change of the weights fell below ``tol`` within ``max_iter`` iterations.
    iterations
        ``(n,)`` int: solved systems that were followed by a test of convergence.
    final_change
        ``(n,)`` float64: the last tested change, the quantity that is compared with ``tol``; NaN without any.
    fraction_below_zero
        ``(n,)`` float64 in [0, 1]: points that lie below the baseline, so are negative once it is subtracted.
    roughness
        ``(n,)`` float64: root mean square of the baseline's second differences, in units of intensity.
    """

    converged: NDArray[np.bool_]
    iterations: NDArray[np.int64]
    final_change: FloatArray
    fraction_below_zero: FloatArray
    roughness: FloatArray


@dataclass(frozen=True, eq=False)
class BaselineResult:
    """Baselines of a batch of spectra.

    Attributes
    ----------
    baseline
        ``(n, p)`` float64; the corrected spectra are ``intensity - result.baseline``.
    certificate
        How each of the n fits ended.
    """

    baseline: FloatArray
    certificate: Certificate


def certified(
    intensity: FloatArray,
    baseline: FloatArray,
    *,
    converged: NDArray[np.bool_],
    iterations: NDArray[np.int64],
    final_change: FloatArray,
    threads: int = 1,
) -> BaselineResult:
    """Add to how the fits ended what their baselines look like.

    Parameters
    ----------
    intensity, baseline
        ``(n, p)`` float64.
    converged, iterations, final_change
        ``(n,)``, as in `Certificate`.
    threads
        How many look at the same time, 1 or more.
    """
    n_spectra, n_points = baseline.shape
    below, squares = np.empty(n_spectra), np.empty(n_spectra)

    def look(rows: slice) -> None:
        _count_and_square(intensity[rows], baseline[rows], below[rows], squares[rows])

    edges = [n_spectra * part // threads for part in range(threads + 1)]
    in_threads(look, [slice(start, stop) for start, stop in pairwise(edges)])
    roughness = np.sqrt(squares / (n_points - 2))
    certificate = Certificate(converged, iterations, final_change, below / n_points, roughness)
    return BaselineResult(baseline, certificate)


def _count_and_square(
    intensity: FloatArray, baseline: FloatArray, below: FloatArray, squares: FloatArray
) -> None:
    """Write for each spectrum how many points lie below the baseline, and the summed squares of its second differences."""
    n_spectra, n_points = baseline.shape
    at_once = min(max(_NUMBERS_AT_ONCE // n_points, 1), n_spectra)
    steps, bends = np.empty((at_once, n_points - 1)), np.empty((at_once, n_points - 2))
    with np.errstate(over="ignore"):  # of spectra beyond 1e150: infinitely rough
        for start in range(0, n_spectra, max(at_once, 1)):
            rows = slice(start, min(start + at_once, n_spectra))
            n_rows = rows.stop - start
            lies_below = (intensity[rows] < baseline[rows]).view(
                np.uint8
            )  # bytes are summed sooner than bools
            below[rows] = np.add.reduce(lies_below, axis=1, dtype=np.uint32)
            np.subtract(baseline[rows, 1:], baseline[rows, :-1], out=steps[:n_rows])
            np.subtract(steps[:n_rows, 1:], steps[:n_rows, :-1], out=bends[:n_rows])
            np.vecdot(bends[:n_rows], bends[:n_rows], out=squares[rows])
