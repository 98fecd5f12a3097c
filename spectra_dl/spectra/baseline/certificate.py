"""What a baseline correction gives back: the baselines, and how far each can be trusted."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray

_ROWS_AT_ONCE = 32  # so that a batch's temporaries stay in the processor's cache


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
) -> BaselineResult:
    """Add to how the fits ended what their baselines look like.

    Parameters
    ----------
    intensity, baseline
        ``(n, p)`` float64.
    converged, iterations, final_change
        ``(n,)``, as in `Certificate`.
    """
    n_spectra = len(intensity)
    below = np.empty(n_spectra)
    roughness = np.empty(n_spectra)
    for start in range(0, n_spectra, _ROWS_AT_ONCE):
        rows = slice(start, start + _ROWS_AT_ONCE)
        below[rows] = np.count_nonzero(intensity[rows] < baseline[rows], axis=1)
        steps = baseline[rows, 1:] - baseline[rows, :-1]
        bends = steps[:, 1:] - steps[:, :-1]
        with np.errstate(over="ignore"):  # of spectra beyond 1e150: infinitely rough
            roughness[rows] = np.vecdot(bends, bends)
    n_points = baseline.shape[1]
    roughness = np.sqrt(roughness / (n_points - 2))
    certificate = Certificate(converged, iterations, final_change, below / n_points, roughness)
    return BaselineResult(baseline, certificate)
