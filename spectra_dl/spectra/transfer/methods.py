"""The methods on matrices: the same samples on two instruments in, a linear map of spectra out.

None has an intercept, so that twice the exposure stays twice the spectrum.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np

from spectra_dl.arrays import FloatArray

Method = Literal["none", "ds", "pds", "epo", "top"]
# Of the largest singular value: what is smaller is rounding.
_RELATIVE_RANK = 1e-10


class SpectrumMap(Protocol):
    """A linear map of spectra."""

    def __call__(self, intensity: FloatArray) -> FloatArray:
        """Return ``(n, p)`` mapped spectra of ``(n, p)``."""
        ...

    def tensors(self) -> Mapping[str, FloatArray]:
        """Return what a file keeps of it."""
        ...


@dataclass(frozen=True, eq=False)
class Unchanged:
    """Spectra as they are."""

    def __call__(self, intensity: FloatArray) -> FloatArray:
        """Return the spectra."""
        return intensity

    def tensors(self) -> Mapping[str, FloatArray]:
        """Return nothing: there is nothing to keep."""
        return {}


@dataclass(frozen=True, eq=False)
class LowRank:
    """``x @ into @ out``.

    Attributes
    ----------
    into
        ``(p, r)``.
    out
        ``(r, p)``.
    """

    into: FloatArray
    out: FloatArray

    def __call__(self, intensity: FloatArray) -> FloatArray:
        """Return mapped spectra."""
        return np.asarray(intensity @ self.into @ self.out)

    def tensors(self) -> Mapping[str, FloatArray]:
        """Return both factors."""
        return {"into": self.into, "out": self.out}


@dataclass(frozen=True, eq=False)
class Banded:
    """Each point is a weighted sum of its neighbours.

    Attributes
    ----------
    weights
        ``(p, 2 h + 1)``; point j takes ``weights[j, i]`` of point ``j - h + i``, and nothing from beyond the ends.
    """

    weights: FloatArray

    def __call__(self, intensity: FloatArray) -> FloatArray:
        """Return mapped spectra."""
        half = self.weights.shape[1] // 2
        padded = np.pad(intensity, ((0, 0), (half, half)))
        mapped = np.zeros(intensity.shape)
        for place, weight in enumerate(self.weights.T):
            mapped += padded[:, place : place + intensity.shape[1]] * weight
        return mapped

    def tensors(self) -> Mapping[str, FloatArray]:
        """Return the weights."""
        return {"weights": self.weights}


@dataclass(frozen=True, eq=False)
class Projection:
    """What is orthogonal to some directions.

    Attributes
    ----------
    directions
        ``(p, r)``, orthonormal columns.
    """

    directions: FloatArray

    def __call__(self, intensity: FloatArray) -> FloatArray:
        """Return spectra without these directions."""
        return np.asarray(intensity - (intensity @ self.directions) @ self.directions.T)

    def tensors(self) -> Mapping[str, FloatArray]:
        """Return the directions."""
        return {"directions": self.directions}


def direct_standardisation(slave: FloatArray, master: FloatArray, components: int) -> LowRank:
    """Return the least-squares map of whole spectra, by the first principal components of the slave's (Wang, Veltkamp and Kowalski 1991, doi 10.1021/ac00023a016).

    Parameters
    ----------
    slave, master
        ``(n, p)`` the same samples on both instruments.
    components
        How many, 1 to n; of them, those above rounding are used.
    """
    left, size, right = np.linalg.svd(slave, full_matrices=False)
    used = min(components, _rank(size))
    into = right[:used].T / size[:used]
    return LowRank(into, left[:, :used].T @ master)


def piecewise_direct_standardisation(
    slave: FloatArray, master: FloatArray, half_window: int, components: int
) -> Banded:
    """Return a regression of each of the master's points on the slave's around it, by their first principal components (Wang, Veltkamp and Kowalski 1991, doi 10.1021/ac00023a016).

    Parameters
    ----------
    slave, master
        ``(n, p)`` the same samples on both instruments.
    half_window
        Points to either side, 0 or more; fewer at the ends.
    components
        How many of each window, 1 or more; of them, those above rounding are used.
    """
    points, width = slave.shape[1], 2 * half_window + 1
    padded = np.pad(slave, ((0, 0), (half_window, half_window)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, width, axis=1).transpose(1, 0, 2)
    left, size, right = np.linalg.svd(windows, full_matrices=False)  # (p, n, k), (p, k), (p, k, w)
    order = np.arange(size.shape[1])
    used = (order < components) & (size > _RELATIVE_RANK * size[:, :1])
    inverse = np.divide(1.0, size, out=np.zeros_like(size), where=used)
    scores = np.einsum("pnk,np->pk", left, master) * inverse
    weights = np.einsum("pk,pkw->pw", scores, right)
    place = np.arange(points)[:, None] + np.arange(width) - half_window
    return Banded(np.where((place >= 0) & (place < points), weights, 0.0))


def external_parameter_orthogonalisation(
    slave: FloatArray, master: FloatArray, components: int
) -> Projection:
    """Return the projection that takes away the first directions in which the same samples differ (Roger, Chauchard and Bellon-Maurel 2003, doi 10.1016/S0169-7439(03)00051-0).

    Parameters
    ----------
    slave, master
        ``(n, p)`` the same samples on both instruments.
    components
        How many directions, 1 to n; of them, those above rounding are used.
    """
    _, size, right = np.linalg.svd(slave - master, full_matrices=False)
    return Projection(right[: min(components, _rank(size))].T)


def transfer_by_orthogonal_projection(slave: FloatArray, master: FloatArray) -> Projection:
    """Return the projection that takes away in what the instruments' mean spectra differ (Andrew and Fearn 2004, doi 10.1016/j.chemolab.2004.02.004).

    Two instruments have two means, which differ in one direction.

    Parameters
    ----------
    slave, master
        ``(n, p)`` the same samples on both instruments.
    """
    difference = slave.mean(axis=0) - master.mean(axis=0)
    length = float(np.linalg.norm(difference))
    return Projection(difference[:, None] / length if length else np.empty((difference.size, 0)))


def _rank(size: FloatArray) -> int:
    return int((size > _RELATIVE_RANK * size[0]).sum()) if size[0] > 0 else 0
