"""Models of a number per patient from spectra, in scikit-learn's shape, each cleaning spectra in its own fold."""

import warnings
from typing import Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.compose import TransformedTargetRegressor
from sklearn.cross_decomposition import PLSRegression
from sklearn.dummy import DummyRegressor
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVR

from spectra_dl.arrays import FloatArray
from spectra_dl.evaluation.outcomes.tuning import TunedNumber
from spectra_dl.spectra.estimators.fold_memory import FoldMemory
from spectra_dl.spectra.estimators.model_names import NUMBER_MODELS
from spectra_dl.spectra.estimators.preprocessor import SpectraPreprocessor
from spectra_dl.spectra.preprocessing.pipeline import Preprocessing

MEAN = NUMBER_MODELS.control
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


def outcome_models(
    wavenumber: FloatArray, preprocessing: Preprocessing, seed: int = 0, memory: FoldMemory | None = None
) -> dict[str, BaseEstimator]:
    """Return the models by name, unfitted; what each chooses it chooses on its training patients.

    Parameters
    ----------
    wavenumber
        ``(p,)`` in cm⁻¹, the axis of the rows they will be given.
    preprocessing
        Fitted anew in each fold.
    seed
        Of the forest and of inner folds.
    memory
        What the models share with one another; None makes one for these alone.

    Notes
    -----
    Partial least squares: Wold, Sjöström & Eriksson 2001, doi 10.1016/S0169-7439(01)00155-1.
    """
    shared, title = FoldMemory() if memory is None else memory, NUMBER_MODELS.classical

    def after_cleaning(*steps: BaseEstimator) -> BaseEstimator:
        return make_pipeline(SpectraPreprocessor(wavenumber, preprocessing, shared), *steps)

    def support_vectors(cost: float) -> BaseEstimator:
        return TransformedTargetRegressor(SVR(C=cost, gamma="scale"), transformer=StandardScaler())

    forest = RandomForestRegressor(_TREES, max_features="sqrt", random_state=seed, n_jobs=1)
    partial_least_squares = {
        f"{count} components": after_cleaning(PartialLeastSquares(count)) for count in _COMPONENTS
    }
    ridges = {
        f"penalty {penalty:g}": after_cleaning(StandardScaler(), Ridge(penalty)) for penalty in _PENALTIES
    }
    machines = {f"C {cost:g}": after_cleaning(StandardScaler(), support_vectors(cost)) for cost in _COSTS}
    return {
        title["pls"]: TunedNumber(partial_least_squares, seed),
        title["ridge"]: TunedNumber(ridges, seed),
        title["svr"]: TunedNumber(machines, seed),
        title["random-forest"]: after_cleaning(forest),
        MEAN: after_cleaning(DummyRegressor(strategy="mean")),
    }
