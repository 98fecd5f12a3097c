"""Log-amplitudes of band groups relative to one another: their covariance, its inverse, and draws.

They lie in the subspace of vectors that sum to zero (centred log-ratios; Aitchison 1982,
doi 10.1111/j.2517-6161.1982.tb01195.x), so a factor common to all bands can't change them.
"""

from collections.abc import Sequence

import numpy as np

from spectra_dl.arrays import FloatArray
from spectra_dl.spectra.simulation.serum_bands import (
    CORRELATION_BETWEEN_FAMILIES,
    CORRELATION_WITHIN_FAMILY,
    BandGroup,
)


def centring(size: int) -> FloatArray:
    """Return the ``(k, k)`` matrix that takes the mean off a vector of ``size`` numbers."""
    return np.eye(size) - 1 / size


def relative_covariance(
    groups: Sequence[BandGroup],
    within_family: float = CORRELATION_WITHIN_FAMILY,
    between_families: float = CORRELATION_BETWEEN_FAMILIES,
) -> FloatArray:
    """Return the ``(k, k)`` covariance between patients of the groups' log-amplitudes, made relative to one another.

    Parameters
    ----------
    groups
        With the family and the variation of each.
    within_family, between_families
        Correlation of two groups of one family, and of two families, before they are made relative.
    """
    families = np.array([group.family for group in groups])
    same = families[:, None] == families[None, :]
    correlation = np.where(same, within_family, between_families)
    np.fill_diagonal(correlation, 1.0)
    variation = np.array([group.variation for group in groups])
    centre = centring(len(groups))
    return np.asarray(centre @ (correlation * np.outer(variation, variation)) @ centre)


def draw_relative(generator: np.random.Generator, count: int, spread: FloatArray) -> FloatArray:
    """Return ``(count, k)`` normal vectors of mean 0.

    Parameters
    ----------
    generator
        Source of random numbers.
    count
        How many.
    spread
        ``(k, k)`` square root of their covariance, from `square_root`.
    """
    return generator.standard_normal((count, len(spread))) @ spread


def square_root(covariance: FloatArray) -> FloatArray:
    """Return the symmetric square root of a covariance that may have no variance in some direction."""
    values, vectors = np.linalg.eigh(covariance)
    # A common factor has no variance; its rounding error must not become random amplitudes that differ by machine.
    values = np.where(values > 1e-10 * values[-1], values, 0.0)
    return np.asarray((vectors * np.sqrt(values)) @ vectors.T)


def relative_inverse(covariance: FloatArray) -> FloatArray:
    """Return the inverse of a symmetric matrix within the vectors that sum to zero."""
    return np.asarray(np.linalg.pinv(covariance, rcond=1e-10, hermitian=True))
