"""The random forest, and the smaller one that says how well it does on patients left out."""

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.tree import DecisionTreeClassifier

from spectra_dl.arrays import FloatArray
from spectra_dl.spectra.estimators.labels import Labels, read_labels
from spectra_dl.spectra.estimators.matrices import CheckedEstimator

_TREES, _TREES_OF_INNER_FOLDS = 300, 100
_SEEDS = np.iinfo(np.int32).max


class Forest(ClassifierMixin, CheckedEstimator):
    """Random forest (Breiman 2001) of transformed rows: the trees of `sklearn.ensemble.RandomForestClassifier`, to the bit.

    scikit-learn copies and checks an estimator for every tree, which takes a fifth of the time where rows are few.

    Parameters
    ----------
    features
        A transformer, fitted on all rows given.
    n_trees
        In the forest; each split looks at the square root of the number of features.
    seed
        Of the rows drawn for each tree, and of the features that each split looks at.

    References
    ----------
    Breiman 2001, doi 10.1023/A:1010933404324.
    """

    _learnt = "trees_"
    classes_: Labels
    features_: Any
    trees_: list[DecisionTreeClassifier]

    def __init__(self, features: BaseEstimator, n_trees: int = _TREES, seed: int = 0) -> None:
        self.features = features
        self.n_trees = n_trees
        self.seed = seed

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Fit the features and the trees.

        Parameters
        ----------
        X
            ``(n, p)`` training rows.
        y
            ``(n,)`` class of each row.
        """
        rows = self._rows(X, reset=True)
        labels = read_labels(y, len(rows))
        self.classes_, self.features_ = labels.classes, clone(self.features)
        points, code = _points(self.features_.fit_transform(rows, labels.values)), labels.of_row
        seeds = np.random.RandomState(self.seed)
        self.trees_ = [_tree(points, code, seeds.randint(_SEEDS)) for _ in range(self.n_trees)]
        return self

    def for_inner_folds(self) -> "Forest":
        """Return an unfitted forest that says nearly the same, for thresholds and sets: the noise of fewer trees is lost in means over patients."""
        smaller: Forest = clone(self).set_params(n_trees=min(self.n_trees, _TREES_OF_INNER_FOLDS))
        return smaller

    def predict_proba(self, X: ArrayLike) -> FloatArray:
        """Return ``(n, c)`` probabilities: the mean of what the trees say."""
        rows = self._rows(X, reset=False)
        points = _points(self.features_.transform(rows))
        total: FloatArray = sum(tree.predict_proba(points, check_input=False) for tree in self.trees_)
        return total / len(self.trees_)

    def predict(self, X: ArrayLike) -> Labels:
        """Return the likeliest class of each row."""
        best = self.predict_proba(X).argmax(axis=1)
        likeliest: Labels = self.classes_[best]
        return likeliest


def _tree(points: NDArray[np.float32], code: NDArray[np.intp], seed: int) -> DecisionTreeClassifier:
    """Return a tree fitted to as many rows as there are, drawn with replacement."""
    drawn = np.random.RandomState(seed).randint(0, len(points), len(points))
    times = np.bincount(drawn, minlength=len(points)).astype(np.float64)
    tree = DecisionTreeClassifier(max_features="sqrt", random_state=seed)
    # A class of which no row was drawn stays a class: its rows are there, and weigh nothing.
    return tree.fit(points, code, sample_weight=times, check_input=False)


def _points(features: ArrayLike) -> NDArray[np.float32]:
    """Return features ``(n, q)`` as trees take them."""
    return np.ascontiguousarray(features, dtype=np.float32)
