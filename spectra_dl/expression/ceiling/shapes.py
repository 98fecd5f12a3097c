"""Distributions of a gene's rate over the spots of a section, relative to its mean, on one grid."""

from functools import lru_cache

import numpy as np

from spectra_dl.arrays import FloatArray

# Standard deviations of the relative rate. Evenly spaced ones have even prior weights.
_DEVIATIONS = (0.05, 0.1, 0.15, 0.2, 0.28, 0.37, 0.47, 0.58, 0.7, 0.85, 1.0, 1.2, 1.5, 2.0)
# The share of spots in the higher of two levels: a small structure, a third, half, most of the section.
_HIGHER = (0.1, 0.3, 0.5, 0.75)
_SMEAR = 0.05  # of a level, log-normal: no region of real tissue is perfectly even
_QUANTILES = 4_000
_NODES = 90
_WIDEST = 5.5  # natural logarithms either side of the mean


@lru_cache(maxsize=1)
def relative_rates() -> FloatArray:
    """Return ``(k,)`` relative rates, ascending from 0; closest together around 1, where evenly expressed genes need it."""
    step = np.linspace(-1.0, 1.0, _NODES - 1)
    bend = 3.0
    return np.concatenate([[0.0], np.exp(_WIDEST * np.sinh(bend * step) / np.sinh(bend))])


@lru_cache(maxsize=1)
def rate_shapes() -> tuple[FloatArray, FloatArray]:
    """Return ``(c, k)`` probabilities of `relative_rates`, each row of mean 1, and ``(c,)`` the rows' prior weights.

    Constant first (counts are Poisson), then gamma (negative binomial), log-normal, an even gradient and two levels, each of many standard deviations.
    Weights are even per unit of standard deviation, along which a ceiling rises.
    """
    at = (np.arange(_QUANTILES) + 0.5) / _QUANTILES
    gaps = np.gradient(np.array([0.0, *_DEVIATIONS]))
    shapes, weights = [np.ones(_QUANTILES)], [float(gaps[0])]
    for deviation, gap in zip(_DEVIATIONS, gaps[1:], strict=True):
        of_deviation = _of_deviation(deviation, at)
        shapes += of_deviation
        weights += [float(gap) / len(of_deviation)] * len(of_deviation)
    rows = np.array([_on_grid(shape / shape.mean()) for shape in shapes])
    return rows, np.array(weights) / sum(weights)


def _of_deviation(deviation: float, at: FloatArray) -> list[FloatArray]:
    """Return the quantiles ``at`` of each shape of mean 1 that can have this standard deviation."""
    from scipy.special import gammaincinv, ndtri

    variance = deviation**2
    shapes = [
        gammaincinv(1.0 / variance, at) * variance,
        np.exp(ndtri(at) * np.sqrt(np.log1p(variance))),
    ]
    if deviation < 0.6:  # wider, the lower end would be negative
        reach = min(deviation * np.sqrt(3), 1.0)
        shapes.append(1 + reach * (2 * at - 1))
    smear = np.exp(_SMEAR * np.random.default_rng(0).permutation(ndtri(at)))
    for share in _HIGHER:
        odds = np.sqrt((1 - share) / share)
        if deviation <= odds:  # else the lower level would be negative
            levels = np.where(at < share, 1 + deviation * odds, 1 - deviation / odds)
            shapes.append(levels * smear)
    return shapes


def _on_grid(relative: FloatArray) -> FloatArray:
    """Return probabilities of the grid: each value is split between its two neighbours so that the mean stays."""
    grid = relative_rates()
    relative = np.minimum(relative, grid[-1])
    below = np.minimum(np.searchsorted(grid, relative, side="right") - 1, len(grid) - 2)
    part = (relative - grid[below]) / (grid[below + 1] - grid[below])
    weight = np.bincount(below, 1 - part, minlength=len(grid)) + np.bincount(
        below + 1, part, minlength=len(grid)
    )
    return weight / len(relative)
