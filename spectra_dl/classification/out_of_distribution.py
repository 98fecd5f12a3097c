"""The out-of-distribution score: how unlike the training rows a row is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray, equal_blocks
from spectra_dl.models.members import refuse_misshapen

_COMPONENTS = 10
_QUANTILE = 0.99
_FOLDS = 5
_LEAST_SQUARE = 1e-12


@dataclass(frozen=True, eq=False)
class OutOfDistribution:
    """A principal component model of the training rows with two limits.

    The squared distance to the subspace (Q residual) sees what no training row had; the squared distance
    within it, in units of the training variance (Hotelling's T²), sees too much of what they had. Both limits
    are 99 % quantiles: over training rows of patients left out of the component model, over the same rows with it,
    and that which a further patient's row stays below; the largest counts.

    Source: Jackson and Mudholkar 1979, Technometrics 21:341, doi 10.1080/00401706.1979.10489779; their limits
    assume normal residuals. Of some tens of rows no quantile of 99 % is known, so the limit of a further patient is
    the prediction limit of cube roots, which are nearly normal of sums of squares (Wilson and Hilferty 1931,
    doi 10.1073/pnas.17.12.684).

    Attributes
    ----------
    mean
        ``(q,)`` float32, the mean preprocessed training row.
    components
        ``(k, q)`` float32, orthonormal rows.
    variance
        ``(k,)`` float32, variance of the training scores.
    residual_limit, distance_limit
        Limits of Q and T².
    """

    mean: NDArray[np.float32]
    components: NDArray[np.float32]
    variance: NDArray[np.float32]
    residual_limit: float
    distance_limit: float

    @classmethod
    def fit(cls, matrix: NDArray[np.float32], patient: Sequence[str]) -> "OutOfDistribution":
        """Fit to preprocessed training rows.

        Parameters
        ----------
        matrix
            ``(n, q)`` float32.
        patient
            ``(n,)`` patient of each row; limits are quantiles over patients left out of the component model.
        """
        names, group = np.unique(np.asarray(patient, dtype=str), return_inverse=True)
        fold = np.random.default_rng(0).permutation(len(names))[group] % min(_FOLDS, len(names))
        count = max(1, min(_COMPONENTS, len(matrix) // 4, matrix.shape[1] - 1))
        unseen = np.empty((len(matrix), 2))
        for number in range(int(fold.max()) + 1):
            held_out = fold == number
            kept = ~held_out if np.any(~held_out) else held_out
            unseen[held_out] = cls._components(matrix[kept], count)._measure(matrix[held_out])
        reference = cls._components(matrix, count)
        # Few rows of many points each have a direction of their own: the variance within the subspace is theirs, and left-out rows have less.
        seen = np.quantile(reference._measure(matrix), _QUANTILE, axis=0, method="higher")
        limits = np.maximum(np.maximum(_limits(unseen, len(names)), seen), np.finfo(np.float32).tiny)
        return cls(
            reference.mean, reference.components, reference.variance, float(limits[0]), float(limits[1])
        )

    @classmethod
    def _components(cls, matrix: NDArray[np.float32], count: int) -> "OutOfDistribution":
        mean = matrix.mean(axis=0, dtype=np.float64)
        squares, rows = _principal_axes(matrix - mean, max(1, min(count, len(matrix) - 1)))
        variance = np.maximum(squares / max(len(matrix) - 1, 1), 1e-12)
        return cls(mean.astype(np.float32), rows.astype(np.float32), variance.astype(np.float32), 1.0, 1.0)

    def _measure(self, matrix: NDArray[np.float32]) -> NDArray[np.float64]:
        components = self.components.astype(np.float64)
        parts = [np.empty((0, 2))]
        for rows in equal_blocks(matrix):
            centred = rows.astype(np.float64) - self.mean
            scores = centred @ components.T
            residual = centred - scores @ components
            squares = (residual * residual).sum(axis=1), (scores * scores / self.variance).sum(axis=1)
            parts.append(np.stack(squares, axis=1))
        return np.concatenate(parts)[: len(matrix)]

    def exceedance(self, matrix: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return, for each preprocessed row ``(n, q)``, how far it exceeds the worse limit; above 1 is unlike training."""
        ratios: NDArray[np.float64] = (
            self._measure(matrix) / [self.residual_limit, self.distance_limit]
        ).max(axis=1)
        return ratios

    def tensors(self) -> dict[str, NDArray[np.float32]]:
        """Return the arrays a model file keeps."""
        return {
            "out_of_distribution.mean": self.mean,
            "out_of_distribution.components": self.components,
            "out_of_distribution.variance": self.variance,
        }

    @classmethod
    def from_tensors(
        cls,
        tensors: Mapping[str, NDArray[np.float32]],
        residual_limit: float,
        distance_limit: float,
        width: int | None = None,
    ) -> "OutOfDistribution":
        """Rebuild from the arrays of a model file and its two limits.

        Parameters
        ----------
        tensors
            Every array of the file by name.
        residual_limit, distance_limit
            Limits of Q and T².
        width
            How wide preprocessed rows are; as wide as the stored mean if None.

        Raises
        ------
        KeyError, RuntimeError
            An array is missing, mis-shaped or of another type.
        """
        mean, components, variance = (
            tensors[f"out_of_distribution.{name}"] for name in ("mean", "components", "variance")
        )
        kept, width = len(np.atleast_1d(components)), mean.size if width is None else width
        refuse_misshapen((mean, components, variance), ((width,), (kept, width), (kept,)), np.float32)
        return cls(mean, components, variance, residual_limit, distance_limit)


def _limits(measured: FloatArray, patients: int) -> FloatArray:
    """Return the limits of squared distances ``(n, 2)`` of rows of so many patients: their quantile, or what a further patient's row stays below if that is more."""
    from scipy.special import stdtrit

    quantile: FloatArray = np.quantile(measured, _QUANTILE, axis=0)
    if patients < 2:
        return quantile
    root = np.cbrt(measured)
    spread = root.std(axis=0, ddof=1) * np.sqrt(1.0 + 1.0 / patients)
    further: FloatArray = (root.mean(axis=0) + stdtrit(patients - 1, _QUANTILE) * spread) ** 3
    return np.maximum(quantile, further)


def _principal_axes(centred: FloatArray, count: int) -> tuple[FloatArray, FloatArray]:
    """Return the largest squared singular values ``(k,)`` of rows, and the axes ``(k, q)`` that go with them.

    From the smaller of the two products of the rows with themselves, whose other eigenvectors are left out: a tenth of the time of all
    singular values, and as good for the first few.
    """
    from scipy.linalg import eigh

    few = len(centred) < centred.shape[1]
    product = centred @ centred.T if few else centred.T @ centred
    squares, vectors = eigh(product, subset_by_index=(len(product) - count, len(product) - 1))
    squares, axes = np.maximum(squares[::-1], 0.0), vectors[:, ::-1].T
    known = squares > _LEAST_SQUARE * squares[0]  # along the others rows differ by rounding alone
    if few:
        axes = axes @ centred / np.sqrt(np.where(known, squares, 1.0))[:, None]
    return squares, axes * known[:, None]
