"""Models of clinical columns: penalised logistic regression and gradient boosting, both with missing values."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from spectra_dl.arrays import FloatArray
from spectra_dl.classification.predictions import softmax
from spectra_dl.errors import UsageError
from spectra_dl.fusion.clinical.table import ClinicalTable
from spectra_dl.fusion.estimators.model_names import CLINICAL

_PENALTY = 1.0  # C: half the squared weights of standardised columns


def design_matrix(table: ClinicalTable) -> FloatArray:
    """Return columns as numbers ``(n, q)``, NaN where missing: a category is a column of 0 and 1 for each of its levels.

    Examples
    --------
    >>> from spectra_dl.fusion.clinical.table import ClinicalColumn
    >>> sex = ClinicalColumn("sex", "category", np.array([1.0, np.nan]), ("f", "m"))
    >>> design_matrix(ClinicalTable(("P1", "P2"), (sex,)))
    array([[ 0.,  1.],
           [nan, nan]])
    """
    parts = []
    for column in table.columns:
        if column.kind != "category":
            parts.append(column.values[:, None])
            continue
        membership = (column.values[:, None] == np.arange(len(column.levels))).astype(np.float64)
        parts.append(np.where(np.isnan(column.values)[:, None], np.nan, membership))
    return np.concatenate(parts, axis=1)


@dataclass(frozen=True, eq=False)
class LinearColumns:
    """Weighted sums of clinical columns, in which a missing value is the training median and has a weight of its own.

    Attributes
    ----------
    median
        ``(q,)`` float32 of `design_matrix`.
    weight, missing
        ``(c, q)`` float32 of a value, and of its absence.
    bias
        ``(c,)`` float32.
    """

    median: NDArray[np.float32]
    weight: NDArray[np.float32]
    missing: NDArray[np.float32]
    bias: NDArray[np.float32]

    def logits(self, matrix: FloatArray) -> FloatArray:
        """Return the logits ``(n, c)`` of a design matrix ``(n, q)``."""
        absent = np.isnan(matrix)
        filled = np.where(absent, self.median.astype(np.float64), matrix)
        parts = filled @ self.weight.T.astype(np.float64) + absent @ self.missing.T.astype(np.float64)
        logits: FloatArray = parts + self.bias.astype(np.float64)
        return logits


class ClinicalClassifier(ClassifierMixin, BaseEstimator):
    """Classify patients by clinical columns, of which some values may be missing.

    Medians, encoding and scaling are fitted on the rows that `fit` is given: in an evaluation, on the training patients of each fold.

    Parameters
    ----------
    model
        ``"logistic"``: median for what is missing beside a column that says so, logistic regression of standardised columns with half
        the squared weights as the penalty; ``"gradient-boosting"``: trees that know missing values.
    seed
        Of gradient boosting.

    Attributes
    ----------
    classes_
        ``(c,)`` sorted.
    linear_
        The weighted sums of the logistic model; None of gradient boosting.

    Examples
    --------
    >>> from spectra_dl.fusion.clinical.table import ClinicalColumn
    >>> age = ClinicalColumn("age", "numeric", np.array([50.0, 60.0, np.nan, 80.0]))
    >>> table = ClinicalTable(("a", "b", "c", "d"), (age,))
    >>> ClinicalClassifier().fit(table, np.array(["well", "well", "sick", "sick"])).predict_proba(table).shape
    (4, 2)
    """

    def __init__(self, model: str = "logistic", seed: int = 0) -> None:
        self.model = model
        self.seed = seed

    def fit(self, X: ClinicalTable, y: Any) -> Self:
        """Fit to clinical columns of patients.

        Parameters
        ----------
        X
            ``n`` patients.
        y
            ``(n,)`` classes.

        Raises
        ------
        UsageError
            There is no such model.
        """
        if self.model not in CLINICAL:
            raise UsageError(
                f"no model of clinical columns is called {self.model!r:.80}; choose from {', '.join(CLINICAL)}"
            )
        matrix, label = design_matrix(X), np.asarray(y)
        self.classes_ = np.unique(label)
        self.linear_: LinearColumns | None = None
        self.trees_: Any = None
        if self.model == "logistic":
            self.linear_ = _linear(matrix, label)
        else:
            trees = HistGradientBoostingClassifier(
                max_leaf_nodes=8, min_samples_leaf=5, early_stopping=False, random_state=self.seed
            )
            self.trees_ = trees.fit(matrix, label)
        return self

    def predict_proba(self, X: ClinicalTable) -> FloatArray:
        """Return ``(n, c)`` probabilities of patients."""
        matrix = design_matrix(X)
        if self.linear_ is not None:
            return softmax(self.linear_.logits(matrix))
        probability: FloatArray = self.trees_.predict_proba(matrix)
        return probability


def _linear(matrix: FloatArray, label: NDArray[Any]) -> LinearColumns:
    """Fit imputation, scaling and logistic regression, and return them as weighted sums."""
    fitted = make_pipeline(
        SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True),
        StandardScaler(),
        LogisticRegression(C=_PENALTY, max_iter=5000, tol=1e-6),
    ).fit(matrix, label)
    imputer, scaler, model = fitted[0], fitted[1], fitted[2]
    coefficient, intercept = model.coef_, model.intercept_
    if len(coefficient) == 1:  # two classes have one row between them
        coefficient, intercept = (np.concatenate([-each / 2, each / 2]) for each in (coefficient, intercept))
    scaled = coefficient / scaler.scale_
    count = matrix.shape[1]
    missing = np.zeros((len(scaled), count))
    missing[:, imputer.indicator_.features_] = scaled[:, count:]
    values = (imputer.statistics_, scaled[:, :count], missing, intercept - scaled @ scaler.mean_)
    return LinearColumns(*(each.astype(np.float32) for each in values))
