"""Baselines one spectrum at a time with LAPACK's banded solvers.

Nothing is compiled, so this path is ready at once; it is also the reference the compiled kernels are
tested against. Every function takes one spectrum and returns a `Fit`. The iterates are those of
pybaselines 1.2 (Erb 2022, doi 10.5281/zenodo.5608581) with the same parameters.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.linalg.lapack import dgbsv, dpbsv

from spectra_dl.arrays import FloatArray
from spectra_dl.errors import UsageError
from spectra_dl.spectra.baseline.penalty import parabola_basis, penalty_bands
from spectra_dl.spectra.baseline.settings import (
    AirplsSettings,
    ArplsSettings,
    AslsSettings,
    DrplsSettings,
    IaslsSettings,
    WhittakerSettings,
)

BoolArray = NDArray[np.bool_]

TINY = float(np.finfo(np.float64).tiny)
# After this many iterations the weights of airpls and drpls have become a step: no need to sharpen further.
AIRPLS_SHARPEST = 50
DRPLS_SHARPEST = 100


class Fit(NamedTuple):
    """The baseline of one spectrum: ``(p,)`` float64, tested iterations, the last tested change."""

    baseline: FloatArray
    iterations: int
    final_change: float


class Reweighted(NamedTuple):
    """The next weights and the change to compare with ``tol``; no weights where they can't be computed."""

    weights: FloatArray | None
    change: float


Solve = Callable[[FloatArray], FloatArray | None]
Reweight = Callable[[FloatArray, FloatArray, int], Reweighted]


def fit(spectrum: FloatArray, settings: WhittakerSettings) -> Fit:
    """Fit the baseline of one spectrum ``(p,)`` by the algorithm its settings belong to.

    Parameters
    ----------
    spectrum
        ``(p,)`` float64, finite, p >= 5.
    settings
        Settings of the algorithm, which their class selects.

    Raises
    ------
    UsageError
        There is no algorithm for settings of that class.
    """
    # Weights may overflow to infinity on their way to 0 or 1; a solution that isn't finite is caught below.
    with np.errstate(over="ignore", invalid="ignore"):
        match settings:
            case IaslsSettings():
                return _iasls(spectrum, settings)
            case AslsSettings():
                return _asls(spectrum, settings)
            case ArplsSettings():
                return _arpls(spectrum, settings)
            case AirplsSettings():
                return _airpls(spectrum, settings)
            case DrplsSettings():
                return _drpls(spectrum, settings)
            case _:
                raise UsageError(f"no baseline algorithm for {type(settings).__name__}")


def _asls(spectrum: FloatArray, settings: AslsSettings) -> Fit:
    """Fit one asymmetric least-squares baseline."""
    penalty = penalty_bands(spectrum.size, settings.lam)

    def solve(weights: FloatArray) -> FloatArray | None:
        return _solve_symmetric(penalty, weights, weights * spectrum)

    def reweight(baseline: FloatArray, weights: FloatArray, _iteration: int) -> Reweighted:
        updated = _asymmetric(spectrum, baseline, settings.p)
        return Reweighted(updated, _relative_change(weights, updated))

    return _iterate(spectrum, np.ones_like(spectrum), solve, reweight, settings)


def _iasls(spectrum: FloatArray, settings: IaslsSettings) -> Fit:
    """Fit one improved asymmetric least-squares baseline."""
    penalty = penalty_bands(spectrum.size, settings.lam, settings.lam_1)
    gradient_term = settings.lam_1 * first_difference_product(spectrum)

    def solve(weights: FloatArray) -> FloatArray | None:
        squared = weights * weights
        return _solve_symmetric(penalty, squared, squared * spectrum + gradient_term)

    def reweight(baseline: FloatArray, weights: FloatArray, _iteration: int) -> Reweighted:
        updated = _asymmetric(spectrum, baseline, settings.p)
        return Reweighted(updated, _relative_change(weights, updated))

    basis = parabola_basis(spectrum.size)
    start = _asymmetric(spectrum, basis.T @ (basis @ spectrum), settings.p)
    return _iterate(spectrum, start, solve, reweight, settings)


def _arpls(spectrum: FloatArray, settings: ArplsSettings) -> Fit:
    """Fit one asymmetrically reweighted baseline."""
    penalty = penalty_bands(spectrum.size, settings.lam)

    def solve(weights: FloatArray) -> FloatArray | None:
        return _solve_symmetric(penalty, weights, weights * spectrum)

    def reweight(baseline: FloatArray, weights: FloatArray, _iteration: int) -> Reweighted:
        residual = spectrum - baseline
        spread = _negative_spread(residual)
        if spread is None:
            return Reweighted(None, np.nan)
        mean, deviation = spread
        updated = _logistic(-(2 / deviation) * (residual - (2 * deviation - mean)))
        return Reweighted(updated, _relative_change(weights, updated))

    return _iterate(spectrum, np.ones_like(spectrum), solve, reweight, settings)


def _airpls(spectrum: FloatArray, settings: AirplsSettings) -> Fit:
    """Fit one adaptive iteratively reweighted baseline."""
    penalty = penalty_bands(spectrum.size, settings.lam)
    size = max(float(np.abs(spectrum).sum()), TINY)

    def solve(weights: FloatArray) -> FloatArray | None:
        return _solve_symmetric(penalty, weights, weights * spectrum)

    def reweight(baseline: FloatArray, _weights: FloatArray, iteration: int) -> Reweighted:
        residual = spectrum - baseline
        negative = residual < 0
        if np.count_nonzero(negative) < 2:
            return Reweighted(None, np.nan)
        total = float(residual[negative].sum())
        updated = np.zeros_like(spectrum)
        updated[negative] = np.exp(min(iteration, AIRPLS_SHARPEST) / total * residual[negative])
        return Reweighted(updated, abs(total) / size)

    return _iterate(spectrum, np.ones_like(spectrum), solve, reweight, settings)


def _drpls(spectrum: FloatArray, settings: DrplsSettings) -> Fit:
    """Fit one doubly reweighted baseline."""
    system = _DoublyWeighted.of(spectrum.size, settings.lam, settings.eta)

    def solve(weights: FloatArray) -> FloatArray | None:
        return system.solve(weights, spectrum)

    def reweight(baseline: FloatArray, weights: FloatArray, iteration: int) -> Reweighted:
        residual = spectrum - baseline
        spread = _negative_spread(residual)
        if spread is None:
            return Reweighted(None, np.nan)
        mean, deviation = spread
        sharpness = np.exp(min(iteration, DRPLS_SHARPEST)) / deviation
        inner = sharpness * (residual - (2 * deviation - mean))
        updated = 0.5 * (1 - inner / (1 + np.abs(inner)))
        return Reweighted(updated, _relative_change(weights, updated))

    return _iterate(spectrum, np.ones_like(spectrum), solve, reweight, settings)


def first_difference_product(spectrum: FloatArray) -> FloatArray:
    """Return ``D1'D1 @ spectrum``, ``(p,)``."""
    steps = np.diff(spectrum, prepend=spectrum[0], append=spectrum[-1])
    return steps[:-1] - steps[1:]


def _iterate(
    spectrum: FloatArray,
    weights: FloatArray,
    solve: Solve,
    reweight: Reweight,
    settings: WhittakerSettings,
) -> Fit:
    """Solve and reweight until the change falls below ``tol``.

    A system that can't be solved in double precision, and weights that can't be computed because fewer
    than two points lie below the baseline, end the iteration; the change last tested then stands.
    """
    baseline, change = spectrum, np.nan
    for iteration in range(1, settings.max_iter + 2):
        solution = solve(weights)
        if solution is None:
            return Fit(baseline, iteration - 1, change)
        baseline = solution
        updated, latest = reweight(baseline, weights, iteration)
        if updated is None:
            return Fit(baseline, iteration - 1, change)
        change = latest
        if change < settings.tol:
            break
        weights = updated
    return Fit(baseline, iteration, change)


def _solve_symmetric(penalty: FloatArray, diagonal: FloatArray, right: FloatArray) -> FloatArray | None:
    bands = penalty.copy(order="F")
    bands[0] += diagonal
    _, solution, info = dpbsv(bands, right, lower=1, overwrite_ab=1, overwrite_b=1)
    return solution if info == 0 and np.isfinite(solution).all() else None


@dataclass(frozen=True, eq=False)
class _DoublyWeighted:
    """The unsymmetric system ``(W + D1'D1 + (I - eta W) lam D2'D2) z = W y`` of drpls.

    Attributes
    ----------
    fixed, scaled
        ``(7, p)`` in LAPACK's general band layout (two rows of fill-in space on top): the system is
        ``fixed + scaled * weight of each entry's row``.
    row
        ``(7, p)``: the row of the matrix each stored entry belongs to.
    """

    fixed: FloatArray
    scaled: FloatArray
    row: NDArray[np.intp]

    @classmethod
    def of(cls, n_points: int, lam: float, eta: float) -> "_DoublyWeighted":
        smooth = _general_bands(penalty_bands(n_points, lam))
        flat = _general_bands(penalty_bands(n_points, 0.0, 1.0))
        scaled = -eta * smooth
        scaled[4] += 1.0
        row = np.arange(n_points) + np.arange(-4, 3)[:, None]
        return cls(flat + smooth, scaled, np.clip(row, 0, n_points - 1))

    def solve(self, weights: FloatArray, spectrum: FloatArray) -> FloatArray | None:
        system = np.asfortranarray(self.fixed + self.scaled * weights[self.row])
        _, _, solution, info = dgbsv(2, 2, system, weights * spectrum, overwrite_ab=1, overwrite_b=1)
        return solution if info == 0 and np.isfinite(solution).all() else None


def _general_bands(lower: FloatArray) -> FloatArray:
    """Return the lower bands ``(3, p)`` of a symmetric matrix in LAPACK's general layout ``(7, p)``."""
    bands = np.zeros((7, lower.shape[1]))
    bands[2, 2:] = lower[2, :-2]
    bands[3, 1:] = lower[1, :-1]
    bands[4:] = lower
    return bands


def _asymmetric(spectrum: FloatArray, baseline: FloatArray, p: float) -> FloatArray:
    return np.where(spectrum > baseline, p, 1 - p)


def _relative_change(old: FloatArray, new: FloatArray) -> float:
    difference = new - old
    return float(np.sqrt(difference @ difference) / max(np.sqrt(old @ old), TINY))


def _negative_spread(residual: FloatArray) -> tuple[float, float] | None:
    """Return mean and standard deviation of the residuals below zero; None with fewer than two."""
    negative = residual[residual < 0]
    if negative.size < 2:
        return None
    return float(negative.mean()), max(float(negative.std(ddof=1)), TINY)


def _logistic(argument: FloatArray) -> FloatArray:
    # Beyond 708 exp leaves double precision; a weight of 1e-308 is as good as none.
    return 1 / (1 + np.exp(np.clip(-argument, -708.0, 708.0)))
