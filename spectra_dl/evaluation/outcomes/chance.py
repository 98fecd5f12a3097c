"""What chance reaches: a linear model refitted on the same folds with the rows of patients exchanged."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray, IndexArray
from spectra_dl.evaluation.outcomes.metrics import Predicted, spearman_within

_PENALTY = 1.0  # per training patient, on standardised features


@dataclass(frozen=True, eq=False)
class NumberNull:
    """Rank correlations of refits without a relation.

    Attributes
    ----------
    spearman
        ``(refits,)`` within folds.
    inflation
        By how much they vary more than those of fixed predictions would.
    """

    spearman: FloatArray
    inflation: float


@dataclass(frozen=True, eq=False)
class NumberNullJob:
    """Refits of a ridge regression with the features of patients permuted, to be run anywhere.

    Attributes
    ----------
    features
        ``(m, k)`` a row per patient; finite.
    value
        ``(m,)`` numbers.
    fold
        ``(repeats, m)`` which fold tests each patient.
    refits
        How many.
    seed
        Of the permutations.
    title
        What it is, for the log.
    """

    features: FloatArray
    value: FloatArray
    fold: IndexArray
    refits: int
    seed: int
    title: str = "chance: refits of a linear model"
    record_types = (NumberNull,)

    def run(self) -> NumberNull:
        """Return what refits reach."""
        generator = np.random.default_rng((self.seed, self.refits))
        whole = principal_axes(self.features)
        reached = np.array(
            [self._refitted(whole[generator.permutation(len(whole))]) for _ in range(self.refits)]
        )
        # Fixed predictions: a rank correlation of n pairs without a relation has variance 1 / (n - 1).
        pairs = sum(np.bincount(fold)[np.unique(fold)].sum() - np.unique(fold).size for fold in self.fold)
        error = np.sqrt(len(self.fold) / pairs)
        return NumberNull(reached, max(1.0, float(np.nanstd(reached)) / float(error)))

    def _refitted(self, features: FloatArray) -> float:
        predicted = np.empty(self.fold.shape)
        for repeat, numbers in enumerate(self.fold):
            for number in np.unique(numbers):
                test = numbers == number
                predicted[repeat, test] = ridge(features, self.value, ~test)[test]
        once = np.ones((1, len(self.value)))
        each = [
            spearman_within(Predicted(self.value, values, self.value, numbers), once)[0]
            for values, numbers in zip(predicted, self.fold, strict=True)
        ]
        return float(np.mean(each))


def ridge(features: FloatArray, value: FloatArray, train: NDArray[np.bool_]) -> FloatArray:
    """Return ``(m,)`` what a ridge regression fitted on some patients says of all.

    Parameters
    ----------
    features
        ``(m, k)``.
    value
        ``(m,)`` numbers.
    train
        ``(m,)`` bool: who is fitted.
    """
    centred = features - features[train].mean(axis=0)
    fitted, middle = centred[train], value[train].mean()
    gram = fitted.T @ fitted + _PENALTY * len(fitted) * np.eye(features.shape[1])
    slope = np.linalg.solve(gram, fitted.T @ (value[train] - middle))
    return np.asarray(centred @ slope + middle)


def principal_axes(features: FloatArray) -> FloatArray:
    """Return ``(m, r)`` standardised features of patients on their principal axes, no more than there are patients."""
    centred = features - features.mean(axis=0)
    spread = centred.std(axis=0)
    standard = centred / np.where(spread > 0, spread, np.inf)
    left, size, _ = np.linalg.svd(standard, full_matrices=False)
    kept = size > 1e-9 * max(float(size.max(initial=0.0)), 1e-300)
    return np.asarray(left[:, kept] * size[kept])
