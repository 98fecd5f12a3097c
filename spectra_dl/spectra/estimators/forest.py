"""The random forest, and the smaller one that says how well it does on patients left out."""

from threading import local
from typing import Any, Final, Self

import numpy as np
from sklearn.base import BaseEstimator, clone
from sklearn.ensemble import RandomForestClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.tree import DecisionTreeClassifier

_TREES, _TREES_OF_A_SMALLER = 300, 200
_NAMES: Final = tuple(DecisionTreeClassifier().get_params())


class _Generators(local):
    def __init__(self) -> None:
        self.of_thread = np.random.RandomState(0)


_generators = _Generators()


class QuickTree(DecisionTreeClassifier):
    """scikit-learn's, which neither looks up the names of its parameters nor makes a new generator each time that a forest asks it for them."""

    @property
    def random_state(self) -> np.random.RandomState | None:
        """What a new generator of the seed would give; one seeded in place takes a twentieth of the time of a new one."""
        if self._seed is None:
            return None
        _generators.of_thread.seed(self._seed)
        return _generators.of_thread

    @random_state.setter
    def random_state(self, seed: int | None) -> None:
        self._seed = seed

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the parameters by name, of which none has parameters of its own."""
        return {name: getattr(self, name) for name in _NAMES} | {"random_state": self._seed}


class QuickForest(RandomForestClassifier):
    """scikit-learn's of `QuickTree`, whose splits look at the square root of the number of features each.

    Parameters
    ----------
    n_estimators
        How many.
    random_state
        Of the rows drawn for each tree, and of the features that each split looks at.
    """

    def __init__(self, n_estimators: int = _TREES, *, random_state: int | None = None) -> None:
        super().__init__(n_estimators, max_features="sqrt", random_state=random_state, n_jobs=1)
        self.estimator = QuickTree()


class ForestPipeline(Pipeline):
    """A pipeline that ends in a random forest (Breiman 2001, doi 10.1023/A:1010933404324)."""

    def smaller(self) -> Self:
        """Return an unfitted one that says nearly the same, or this one if it has few trees: their noise is lost in means over patients."""
        if self[-1].n_estimators <= _TREES_OF_A_SMALLER:
            return self
        copy: Self = clone(self)
        copy[-1].set_params(n_estimators=_TREES_OF_A_SMALLER)
        return copy


def forest_after(cleaning: BaseEstimator, *, seed: int) -> ForestPipeline:
    """Return an unfitted forest of cleaned rows, each split of which looks at the square root of the number of features.

    Parameters
    ----------
    cleaning
        A transformer.
    seed
        Of the rows drawn for each tree, and of the features that each split looks at.
    """
    return ForestPipeline(make_pipeline(cleaning, QuickForest(random_state=seed)).steps)
