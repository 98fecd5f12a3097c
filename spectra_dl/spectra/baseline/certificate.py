"""What a baseline correction gives back: the baselines, and how far each can be trusted."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray

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


@dataclass(frozen=True, eq=False)
class Shape:
    """What baselines look like.

    Attributes
    ----------
    below
        ``(n,)`` float64: points of each spectrum that lie below its baseline.
    squares
        ``(n,)`` float64: summed squares of the baseline's second differences.
    """

    below: FloatArray
    squares: FloatArray


def certified(
    intensity: FloatArray,
    baseline: FloatArray,
    *,
    converged: NDArray[np.bool_],
    iterations: NDArray[np.int64],
    final_change: FloatArray,
    shape: Shape | None = None,
) -> BaselineResult:
    """Add to how the fits ended what their baselines look like.

    Parameters
    ----------
    intensity, baseline
        ``(n, p)`` float64.
    converged, iterations, final_change
        ``(n,)``, as in `Certificate`.
    shape
        What is known of the baselines; looked at here unless given.
    """
    shape = shape or shape_of(intensity, baseline)
    n_points = baseline.shape[1]
    roughness = np.sqrt(shape.squares / (n_points - 2))
    certificate = Certificate(converged, iterations, final_change, shape.below / n_points, roughness)
    return BaselineResult(baseline, certificate)


def shape_of(intensity: FloatArray, baseline: FloatArray) -> Shape:
    """Look at baselines.

    Parameters
    ----------
    intensity, baseline
        ``(n, p)`` float64.
    """
    n_spectra, n_points = baseline.shape
    below, squares = np.empty(n_spectra), np.empty(n_spectra)
    at_once = max(_NUMBERS_AT_ONCE // n_points, 1)
    with np.errstate(over="ignore"):  # of spectra beyond 1e150: infinitely rough
        for start in range(0, n_spectra, at_once):
            rows = slice(start, start + at_once)
            below[rows] = np.count_nonzero(intensity[rows] < baseline[rows], axis=1)
            bends = np.diff(baseline[rows], n=2, axis=1)
            np.vecdot(bends, bends, out=squares[rows])
    return Shape(below, squares)
