"""Stain normalisation after Vahadane: each tile taken apart into two stains of which every pixel has as few as possible.

Vahadane et al. 2016, doi 10.1109/TMI.2016.2529665. Nothing is fitted on other tiles, so nothing crosses from one patient to another.
"""

from typing import Final

import numpy as np

from spectra_dl.arrays import FloatArray
from spectra_dl.imaging.image import Pixels
from spectra_dl.imaging.stains.macenko import macenko_stains
from spectra_dl.imaging.stains.reference import Stains, normalised_by

SPARSITY: Final = 0.1  # lambda of the paper, the weight of the amounts' sum
_MOST_PIXELS, _MOST_STEPS, _STEADY = 4_000, 200, 1e-7


def normalised(tile: Pixels) -> Pixels:
    """Return a tile as it would look in the reference stain; see `spectra_dl.imaging.stains.reference.normalised_by`.

    Examples
    --------
    >>> import numpy as np
    >>> glass = np.full((8, 8, 3), 243, dtype=np.uint8)
    >>> bool((normalised(glass) == glass).all())
    True
    """
    return normalised_by(tile, vahadane_stains, sparse_amounts)


def vahadane_stains(stained: FloatArray) -> Stains | None:
    """Return ``(3, 2)`` unit stains W, not negative, of the least ||V - H W'||² / 2 + lambda sum(H) with amounts H that are not negative; None where a tile has one stain only.

    Amounts and stains are improved in turn, from where Macenko's method sees the stains.

    Parameters
    ----------
    stained
        ``(k, 3)`` optical densities V of pixels that are no glass, of which at most 4,000 are looked at.
    """
    first = macenko_stains(stained)
    if first is None or (first.max(axis=0) <= 0).any():
        return None
    some = stained[np.unique(np.linspace(0, len(stained) - 1, _MOST_PIXELS).astype(np.intp))]
    stains, before = _unit(np.maximum(first, 0.0)), np.inf
    for _ in range(_MOST_STEPS):
        amount = sparse_amounts(some, stains)
        if (amount.sum(axis=0) == 0).any():
            return None
        now = sparse_loss(some, stains, amount)
        if before - now <= _STEADY * now:
            break
        before, stains = now, _improved(some, stains, amount)
    return stains if stains[0, 0] > stains[0, 1] else stains[:, ::-1]


def sparse_amounts(density: FloatArray, stains: Stains) -> FloatArray:
    """Return the amounts ``(n, 2)`` of the least loss, which has a closed form for two stains.

    Both where neither is negative; else the one that lowers the loss more, alone.

    Parameters
    ----------
    density
        ``(n, 3)``.
    stains
        ``(3, 2)``.
    """
    alike, pull = stains.T @ stains, density @ stains - SPARSITY
    squares = np.maximum(np.diag(alike), np.finfo(float).tiny)
    both = pull @ np.linalg.pinv(alike)
    alone = np.maximum(pull, 0.0) / squares
    less = (alone**2 * squares).argmax(axis=1)
    alone[np.arange(len(alone)), 1 - less] = 0.0
    amounts: FloatArray = np.where((both >= 0).all(axis=1, keepdims=True), both, alone)
    return amounts


def sparse_loss(density: FloatArray, stains: Stains, amount: FloatArray) -> float:
    """Return what is made least: half the squared error, and lambda times the sum of the amounts.

    Parameters
    ----------
    density, stains, amount
        As of `sparse_amounts`.
    """
    return float(0.5 * ((density - amount @ stains.T) ** 2).sum() + SPARSITY * amount.sum())


def _improved(density: FloatArray, stains: Stains, amount: FloatArray) -> Stains:
    """Return stains of a lower loss with the same amounts, one after the other (Mairal et al. 2010, section 3.4)."""
    better, alike, seen = stains.copy(), amount.T @ amount, density.T @ amount
    for at in range(2):
        step = (seen[:, at] - better @ alike[:, at]) / alike[at, at]
        better[:, at] = np.maximum(better[:, at] + step, 0.0)
        better[:, at] /= max(1.0, float(np.linalg.norm(better[:, at])))
    return better


def _unit(stains: Stains) -> Stains:
    unit: Stains = stains / np.linalg.norm(stains, axis=0)
    return unit
