"""A random forest that spends its time on trees.

scikit-learn's forest checks parameters and classes again for every tree, which on a few hundred spectra takes four times as long as the trees.
"""

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import ClassifierMixin
from sklearn.tree._criterion import Gini
from sklearn.tree._splitter import BestSplitter
from sklearn.tree._tree import DepthFirstTreeBuilder, Tree

from spectra_dl.arrays import FloatArray
from spectra_dl.spectra.estimators.labels import Labels, read_labels
from spectra_dl.spectra.estimators.matrices import CheckedEstimator

_ANY_DEPTH = np.iinfo(np.int32).max
_SEEDS = np.iinfo(np.int32).max


class Forest(ClassifierMixin, CheckedEstimator):
    """Mean class shares in the leaves of trees, each grown to its end on as many rows as there are, drawn with replacement.

    Parameters
    ----------
    n_trees
        How many.
    seed
        Of the rows of each tree and the features it looks at.

    Notes
    -----
    After Breiman 2001 (doi 10.1023/A:1010933404324): at each split the square root of the number of features is looked at, and
    impurity is Gini's. The trees are those of scikit-learn's `RandomForestClassifier` with the same seed, to the bit.
    """

    _learnt = "trees_"
    trees_: list[Any]
    classes_: Labels

    def __init__(self, n_trees: int = 300, seed: int = 0) -> None:
        self.n_trees = n_trees
        self.seed = seed

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Grow the trees on training rows.

        Parameters
        ----------
        X
            ``(n, q)`` training rows.
        y
            ``(n,)`` class of each row.
        """
        rows = self._matrix(X, reset=True).astype(np.float32)
        labels = read_labels(y, len(rows))
        self.classes_ = labels.classes
        target = np.ascontiguousarray(labels.of_row, dtype=np.float64)[:, None]
        seeds = np.random.RandomState(self.seed)
        self.trees_ = [self._grown(rows, target, seeds.randint(_SEEDS)) for _ in range(self.n_trees)]
        return self

    def _grown(self, rows: NDArray[np.float32], target: FloatArray, seed: int) -> Any:
        """Return a tree; its rows and its splits each start from the same seed, as scikit-learn has them."""
        n_classes = np.array([len(self.classes_)], dtype=np.intp)
        drawn = np.random.RandomState(seed).randint(0, len(rows), len(rows))
        times = np.bincount(drawn, minlength=len(rows)).astype(np.float64)
        looked_at = max(1, int(np.sqrt(rows.shape[1])))
        splitter = BestSplitter(Gini(1, n_classes), looked_at, 1, 0.0, np.random.RandomState(seed), None)
        tree = Tree(rows.shape[1], n_classes, 1)
        DepthFirstTreeBuilder(splitter, 2, 1, 0.0, _ANY_DEPTH, 0.0).build(tree, rows, target, times, None)
        return tree

    def predict_proba(self, X: ArrayLike) -> FloatArray:
        """Return ``(n, c)`` probabilities."""
        rows = self._matrix(X, reset=False).astype(np.float32)
        total = np.zeros((len(rows), len(self.classes_)))
        for tree in self.trees_:
            total += tree.predict(rows)
        return total / len(self.trees_)

    def predict(self, X: ArrayLike) -> Labels:
        """Return the likeliest class of each row."""
        best = self.predict_proba(X).argmax(axis=1)
        likeliest: Labels = self.classes_[best]
        return likeliest
