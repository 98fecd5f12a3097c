"""The random forest, and the smaller one that says how well it does on patients left out."""

from typing import Self

from sklearn.base import BaseEstimator, clone
from sklearn.ensemble import RandomForestClassifier
from sklearn.pipeline import Pipeline, make_pipeline

_TREES, _TREES_OF_A_SMALLER = 300, 200


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
    forest = RandomForestClassifier(_TREES, max_features="sqrt", random_state=seed, n_jobs=1)
    return ForestPipeline(make_pipeline(cleaning, forest).steps)
