"""The banded matrices that every penalised baseline is made of."""

import numpy as np

from spectra_dl.arrays import FloatArray


def penalty_bands(n_points: int, lam: float, lam_1: float = 0.0) -> FloatArray:
    """Return the lower bands of ``lam D2'D2 + lam_1 D1'D1``, D1 and D2 the first and second differences.

    Parameters
    ----------
    n_points
        Points of a spectrum, 5 or more.
    lam
        Weight of the squared second differences, 0 or more.
    lam_1
        Weight of the squared first differences, 0 or more.

    Returns
    -------
    ndarray
        ``(3, p)`` in Fortran order: main diagonal, first and second diagonal below it.
    """
    bands = np.zeros((3, n_points), order="F")
    bands[0] = 6.0
    bands[0, [0, -1]] = 1.0
    bands[0, [1, -2]] = 5.0
    bands[1, :-1] = -4.0
    bands[1, [0, -2]] = -2.0
    bands[2, :-2] = 1.0
    bands *= lam
    bands[:2] += lam_1 * first_difference_bands(n_points)
    return bands


def first_difference_bands(n_points: int) -> FloatArray:
    """Return main and lower diagonal ``(2, p)`` of D1'D1."""
    bands = np.zeros((2, n_points))
    bands[0] = 2.0
    bands[0, [0, -1]] = 1.0
    bands[1, :-1] = -1.0
    return bands


def parabola_basis(n_points: int) -> FloatArray:
    """Return an orthonormal basis ``(3, p)`` of the parabolas over evenly spaced points."""
    position = np.linspace(-1.0, 1.0, n_points)
    basis, _ = np.linalg.qr(np.vander(position, 3, increasing=True))
    return np.ascontiguousarray(basis.T)
