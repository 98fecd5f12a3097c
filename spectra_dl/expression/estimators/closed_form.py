"""Closed-form regressions from features of tiles to expression, with scikit-learn's interface."""

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, RegressorMixin

from spectra_dl.arrays import FloatArray, TextArray
from spectra_dl.expression.estimators.context import design
from spectra_dl.expression.estimators.ridge import LinearMap, fit_ridge
from spectra_dl.expression.spots import SpotTable


class RidgeExpression(RegressorMixin, BaseEstimator):
    """Ridge regression; its penalty is chosen on left-out training sections.

    Parameters
    ----------
    surroundings
        Also use the tissue around each spot.
    """

    def __init__(self, *, surroundings: bool = True) -> None:
        self.surroundings = surroundings

    def fit(self, X: SpotTable, y: FloatArray, groups: TextArray | None = None) -> "RidgeExpression":
        """Fit on spots and their log-normalised expression; the penalty is chosen on left-out ``groups``.

        Parameters
        ----------
        X
            ``n`` spots, all usable ones of their sections.
        y
            ``(n, g)`` log(1 + counts per 10,000).
        groups
            ``(n,)`` the spots' sections; None takes those of ``X``.
        """
        section = X.section if groups is None else groups
        self.map_, self.penalty_ = fit_ridge(self.design_matrix(X), y, section)
        return self

    def predict(self, X: SpotTable) -> FloatArray:
        """Return ``(n, g)`` log-normalised expression."""
        return self.map_(self.design_matrix(X))

    def design_matrix(self, spots: SpotTable) -> FloatArray:
        """Return the regression's inputs, ``(n, d)`` float64."""
        inputs = design(spots, surroundings=self.surroundings)
        flat: NDArray[np.float64] = inputs.reshape(len(spots), -1).astype(np.float64)
        return flat


class PlsExpression(RidgeExpression):
    """Partial least squares with 10 components (Wold et al. 2001, doi 10.1016/S0169-7439(01)00155-1); parameters as in `RidgeExpression`."""

    def fit(self, X: SpotTable, y: FloatArray, groups: TextArray | None = None) -> "PlsExpression":
        """Fit on spots and their log-normalised expression.

        Parameters
        ----------
        X
            ``n`` spots, all usable ones of their sections.
        y
            ``(n, g)`` log(1 + counts per 10,000).
        groups
            Not used; every estimator takes it.
        """
        from sklearn.cross_decomposition import PLSRegression

        rows = self.design_matrix(X)
        weight = np.zeros((rows.shape[1], y.shape[1]))
        # scikit-learn fails where no feature differs between spots, and warns where no gene does.
        if rows.any() and np.ptp(y, axis=0).any():
            model = PLSRegression(n_components=min(10, rows.shape[1], len(rows) - 1), scale=False).fit(
                rows, y
            )
            weight = np.asarray(model.coef_, dtype=np.float64).T
        self.map_ = LinearMap(weight, y.mean(axis=0) - rows.mean(axis=0) @ weight)
        return self
