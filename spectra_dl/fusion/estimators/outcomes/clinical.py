"""Models of a number and of the time to an event from clinical columns, of which some values may be missing."""

from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.impute import SimpleImputer
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from spectra_dl.arrays import FloatArray
from spectra_dl.evaluation.outcomes.survival.pooled_cox import PooledCox
from spectra_dl.evaluation.outcomes.tuning import TunedNumber
from spectra_dl.fusion.clinical.powers import ColumnPowers
from spectra_dl.fusion.clinical.table import ClinicalTable
from spectra_dl.fusion.estimators.clinical import column_powers, design_matrix, known_columns, lacking_columns
from spectra_dl.fusion.estimators.model_names import BOOSTING

_PENALTIES = (1.0, 10.0, 100.0, 1000.0)


class ClinicalFeatures(TransformerMixin, BaseEstimator):
    """Make features of clinical columns, by medians, levels, powers of skewed numbers and scaling of the patients it is fitted on.

    Parameters
    ----------
    filled
        Put the median where a value is missing, beside a column that says so, and standardise; if not, leave NaN for trees.

    Examples
    --------
    >>> from spectra_dl.fusion.clinical.table import ClinicalColumn
    >>> age = ClinicalColumn("age", "numeric", np.array([50.0, 60.0, np.nan, 70.0]))
    >>> ClinicalFeatures().fit_transform(ClinicalTable(("a", "b", "c", "d"), (age,))).round(1).tolist()
    [[-1.4, -0.6], [0.0, -0.6], [0.0, 1.7], [1.4, -0.6]]
    """

    def __init__(self, filled: bool = True) -> None:
        self.filled = filled

    def fit(self, X: ClinicalTable, y: Any = None) -> Self:
        """Fit to clinical columns of patients.

        Parameters
        ----------
        X
            ``n`` patients.
        y
            Not looked at.
        """
        self.known_ = np.flatnonzero(known_columns(X))
        self.powers_ = (column_powers(X) if self.filled else ColumnPowers.none(design_matrix(X).shape[1]))[
            self.known_
        ]
        matrix = self.powers_.transform(design_matrix(X)[:, self.known_])
        self.lacked_ = lacking_columns(X, self.known_, np.isnan(matrix))
        self.imputer_ = SimpleImputer(strategy="median", keep_empty_features=True).fit(matrix)
        self.scaler_ = StandardScaler().fit(self._complete(matrix))
        return self

    def transform(self, X: ClinicalTable) -> FloatArray:
        """Return ``(n, q)`` features."""
        matrix = self.powers_.transform(design_matrix(X)[:, self.known_])
        if not self.filled:
            return matrix
        return np.asarray(self.scaler_.transform(self._complete(matrix)))

    def _complete(self, matrix: FloatArray) -> FloatArray:
        absent = np.isnan(matrix)[:, self.lacked_]
        return np.concatenate([self.imputer_.transform(matrix), absent], axis=1)


def clinical_number(model: str, seed: int) -> BaseEstimator:
    """Return an unfitted model of a number.

    Parameters
    ----------
    model
        ``"ridge"``, whose penalty is chosen on training patients, or ``"gradient-boosting"``.
    seed
        Of inner folds and trees.
    """
    if model == BOOSTING:
        trees = HistGradientBoostingRegressor(
            max_leaf_nodes=8, min_samples_leaf=5, early_stopping=False, random_state=seed
        )
        return make_pipeline(ClinicalFeatures(filled=False), trees)
    candidates = {f"penalty {size:g}": Ridge(size) for size in _PENALTIES}
    return TunedNumber(candidates, seed, before=ClinicalFeatures())


def clinical_cox(seed: int) -> PooledCox:
    """Return an unfitted Cox regression with a ridge penalty.

    Parameters
    ----------
    seed
        Of the inner folds that choose the penalty.
    """
    return PooledCox(ClinicalFeatures(), seed=seed)
