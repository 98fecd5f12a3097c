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

from spectra_dl.arrays import FloatArray, IndexArray
from spectra_dl.classification.predictions import softmax
from spectra_dl.errors import UsageError
from spectra_dl.fusion.clinical.powers import ColumnPowers, fit_powers
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


def known_columns(table: ClinicalTable) -> NDArray[np.bool_]:
    """Return which columns ``(q,)`` of `design_matrix` these patients know: those that one of them has, and of a category, the levels that one of them has.

    Levels are those of a whole file. What nobody has here must change nothing, or patients of a fold would cross by what they are called.
    All are known where none would be.
    """
    parts = [
        np.isin(np.arange(len(column.levels)), column.values)
        if column.kind == "category"
        else np.array([not np.isnan(column.values).all()])
        for column in table.columns
    ]
    known: NDArray[np.bool_] = np.concatenate(parts)
    return known if known.any() else ~known


def column_powers(table: ClinicalTable) -> ColumnPowers:
    """Return the powers of the columns ``(q,)`` of `design_matrix` that make skewed numbers less so, fitted to these patients."""
    numeric = [
        column.kind == "numeric"
        for column in table.columns
        for _ in range(len(column.levels) if column.kind == "category" else 1)
    ]
    return fit_powers(design_matrix(table), np.array(numeric))


@dataclass(frozen=True, eq=False)
class LinearColumns:
    """Weighted sums of clinical columns, in which a missing value is the training median and has a weight of its own.

    Attributes
    ----------
    median
        ``(q,)`` float64 of `design_matrix` after its powers; float32 would lose what differs between large values.
    weight, missing
        ``(c, q)`` of a value's distance from the median, and of its absence; 0 of a level that no training patient had. Float32 of classes, float64 of the
        one sum of a number or a log risk.
    bias
        ``(c,)`` of the same type.
    powers
        Of the ``q`` columns.
    """

    median: NDArray[np.float64]
    weight: NDArray[np.floating]
    missing: NDArray[np.floating]
    bias: NDArray[np.floating]
    powers: ColumnPowers

    def logits(self, matrix: FloatArray) -> FloatArray:
        """Return the logits ``(n, c)`` of a design matrix ``(n, q)``."""
        # Without columns that weigh nothing, since the order of a sum changes with its length.
        used = (self.weight != 0).any(axis=0) | (self.missing != 0).any(axis=0)
        matrix = self.powers[used].transform(matrix[:, used])
        absent = np.isnan(matrix)
        distance = np.where(absent, 0.0, matrix - self.median[used])
        parts = distance @ self.weight[:, used].T.astype(np.float64)
        parts += absent @ self.missing[:, used].T.astype(np.float64)
        logits: FloatArray = parts + self.bias.astype(np.float64)
        return logits


class ClinicalClassifier(ClassifierMixin, BaseEstimator):
    """Classify patients by clinical columns, of which some values may be missing.

    Medians, encoding, powers of skewed numbers and scaling are fitted on the rows that `fit` is given: in an evaluation, on the training patients of each fold.

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
        label = np.asarray(y)
        self.classes_ = np.unique(label)
        self.linear_: LinearColumns | None = None
        self.trees_: Any = None
        if self.model == "logistic":
            self.linear_ = _linear(X, label)
        else:
            trees = HistGradientBoostingClassifier(
                max_leaf_nodes=8, min_samples_leaf=5, early_stopping=False, random_state=self.seed
            )
            self.known_ = known_columns(X)
            self.trees_ = trees.fit(design_matrix(X)[:, self.known_], label)
        return self

    def predict_proba(self, X: ClinicalTable) -> FloatArray:
        """Return ``(n, c)`` probabilities of patients."""
        matrix = design_matrix(X)
        if self.linear_ is not None:
            return softmax(self.linear_.logits(matrix))
        probability: FloatArray = self.trees_.predict_proba(matrix[:, self.known_])
        return probability


def _linear(table: ClinicalTable, label: NDArray[Any]) -> LinearColumns:
    """Fit medians, scaling and logistic regression, and return them as weighted sums."""
    known, powers = np.flatnonzero(known_columns(table)), column_powers(table)
    matrix = powers[known].transform(design_matrix(table)[:, known])
    median = SimpleImputer(strategy="median", keep_empty_features=True).fit(matrix).statistics_
    absent = np.isnan(matrix)
    lacked = lacking_columns(table, known, absent)
    distance = np.where(absent, 0.0, matrix - median)
    fitted = make_pipeline(StandardScaler(), LogisticRegression(C=_PENALTY, max_iter=5000, tol=1e-6))
    fitted.fit(np.concatenate([distance, absent[:, lacked]], axis=1), label)
    scaler, model = fitted[0], fitted[1]
    coefficient, intercept = model.coef_, model.intercept_
    if len(coefficient) == 1:  # two classes have one row between them
        coefficient, intercept = (np.concatenate([-each / 2, each / 2]) for each in (coefficient, intercept))
    scaled = coefficient / scaler.scale_
    bias = intercept - scaled @ scaler.mean_
    width = sum(len(each.levels) if each.kind == "category" else 1 for each in table.columns)
    medians, weight, missing = np.zeros(width), *np.zeros((2, len(scaled), width), dtype=np.float32)
    medians[known], weight[:, known], missing[:, known[lacked]] = (
        median,
        scaled[:, : len(known)],
        scaled[:, len(known) :],
    )
    return LinearColumns(medians, weight, missing, bias.astype(np.float32), powers)


def lacking_columns(table: ClinicalTable, known: IndexArray, absent: NDArray[np.bool_]) -> IndexArray:
    """Return the columns of a design matrix that say that a value is missing: one for each clinical column that some patients lack.

    Parameters
    ----------
    table
        ``n`` patients.
    known
        Which columns of the whole design matrix the matrix has.
    absent
        ``(n, q)`` where a value is missing.
    """
    widths = [len(each.levels) if each.kind == "category" else 1 for each in table.columns]
    column_of = np.repeat(np.arange(len(widths)), widths)[known]
    _, first = np.unique(column_of, return_index=True)
    share = absent[:, first].mean(axis=0)
    lacking: IndexArray = first[(share > 0) & (share < 1)]
    return lacking
