"""Regressions of a number per patient, whatever rows are made of: a step before them makes features of rows."""

import warnings
from collections.abc import Mapping
from typing import Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.compose import TransformedTargetRegressor
from sklearn.cross_decomposition import PLSRegression
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVR

from spectra_dl.arrays import FloatArray
from spectra_dl.evaluation.outcomes.tuning import TunedNumber

_COMPONENTS = (1, 2, 3, 5, 8, 12)
_PENALTIES = (1.0, 10.0, 100.0, 1000.0, 10000.0)
_COSTS = (1.0, 10.0, 100.0)
_TREES = 300


class PartialLeastSquares(RegressorMixin, BaseEstimator):
    """Partial least squares regression, with fewer components where there are few rows or points.

    Parameters
    ----------
    n_components
        At most so many.
    """

    pls_: PLSRegression

    def __init__(self, n_components: int = 5) -> None:
        self.n_components = n_components

    def fit(self, X: FloatArray, y: ArrayLike) -> Self:
        """Fit to rows and numbers.

        Parameters
        ----------
        X
            ``(n, q)`` training rows.
        y
            ``(n,)`` numbers.
        """
        count = max(1, min(self.n_components, len(X) - 1, X.shape[1]))
        with warnings.catch_warnings():
            # Numbers explained before the last component: the components so far are all there are.
            warnings.filterwarnings("ignore", message=".*residual is constant.*")
            self.pls_ = PLSRegression(count, scale=False).fit(X, y)
        return self

    def predict(self, X: FloatArray) -> FloatArray:
        """Return ``(n,)`` predicted numbers."""
        return np.asarray(self.pls_.predict(X), dtype=np.float64).reshape(-1)


def outcome_regressions(
    before: BaseEstimator, title: Mapping[str, str], seed: int
) -> dict[str, BaseEstimator]:
    """Return the regressions by title, unfitted; what each chooses it chooses on its training patients.

    Parameters
    ----------
    before
        Unfitted transformer from rows to ``(n, k)`` features, the first step of each.
    title
        Of ``pls``, ``ridge``, ``svr`` and ``random-forest``.
    seed
        Of the forest and of inner folds.

    Notes
    -----
    Partial least squares: Wold, Sjöström & Eriksson 2001, doi 10.1016/S0169-7439(01)00155-1.
    """

    def support_vectors(cost: float) -> BaseEstimator:
        return TransformedTargetRegressor(SVR(C=cost, gamma="scale"), transformer=StandardScaler())

    forest = RandomForestRegressor(_TREES, max_features="sqrt", random_state=seed, n_jobs=1)
    partial_least_squares = {
        f"{count} components": make_pipeline(before, PartialLeastSquares(count)) for count in _COMPONENTS
    }
    ridges = {
        f"penalty {penalty:g}": make_pipeline(before, StandardScaler(), Ridge(penalty))
        for penalty in _PENALTIES
    }
    machines = {
        f"C {cost:g}": make_pipeline(before, StandardScaler(), support_vectors(cost)) for cost in _COSTS
    }
    return {
        title["pls"]: TunedNumber(partial_least_squares, seed),
        title["ridge"]: TunedNumber(ridges, seed),
        title["svr"]: TunedNumber(machines, seed),
        title["random-forest"]: make_pipeline(before, forest),
    }
