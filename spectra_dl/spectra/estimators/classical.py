"""The classical baselines every network is compared with, in scikit-learn's shape, each cleaning spectra in its own fold.

Nothing that predicts with a stored model imports this file.
"""

import warnings
from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, TransformerMixin, clone
from sklearn.cross_decomposition import PLSRegression
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from spectra_dl.arrays import FloatArray
from spectra_dl.evaluation.folds.inner_splits import inner_folds
from spectra_dl.spectra.estimators.fold_memory import FoldMemory
from spectra_dl.spectra.estimators.minirocket import MiniRocket, PatientRidge
from spectra_dl.spectra.preprocessing.pipeline import FittedPreprocessing, Preprocessing
from spectra_dl.spectra.table import SpectraTable, as_table

_PLS_COMPONENTS = 10
_PRINCIPAL_COMPONENTS = 30
_TREES = 300

Labels = NDArray[np.str_]


MAJORITY = "majority class"  # what any model must beat


class SpectraPreprocessor(TransformerMixin, BaseEstimator):
    """A `Preprocessing` as a scikit-learn transformer: fitted on the rows it is given, so on training rows only.

    Parameters
    ----------
    wavenumber
        ``(p,)`` in cm⁻¹, the axis of every row.
    preprocessing
        The steps.
    memory
        Shared by models that are fitted on the same rows or clean the same spectra; None fits and cleans each time.
    """

    fitted_: FittedPreprocessing

    def __init__(
        self, wavenumber: FloatArray, preprocessing: Preprocessing, memory: FoldMemory | None = None
    ) -> None:
        self.wavenumber = wavenumber
        self.preprocessing = preprocessing
        self.memory = memory

    def fit(self, X: FloatArray | SpectraTable, y: Labels | None = None) -> Self:
        """Fit the steps on ``X`` ``(n, p)``.

        Parameters
        ----------
        X
            ``(n, p)`` raw training spectra.
        y
            ``(n,)`` class of each row; not looked at.
        """
        table = self._table(X)
        if self.memory is None:
            self.fitted_ = self.preprocessing.fit(table)
        else:
            self.fitted_ = self.memory.fit(self.preprocessing, table)
        return self

    def transform(self, X: FloatArray | SpectraTable) -> FloatArray:
        """Return the cleaned spectra, ``(n, q)`` float64."""
        table = self._table(X)
        if self.memory is None:
            return self.fitted_.transform(table).matrix.astype(
                np.float64, order="C"
            )  # as a memory gives them
        return self.memory.clean(table, self.fitted_).astype(np.float64)

    def _table(self, X: FloatArray | SpectraTable) -> SpectraTable:
        return as_table(X, self.wavenumber)


class PrincipalComponents(TransformerMixin, BaseEstimator):
    """Principal component scores, fewer where there are few rows or points.

    Parameters
    ----------
    n_components
        At most so many.
    """

    pca_: Any

    def __init__(self, n_components: int = _PRINCIPAL_COMPONENTS) -> None:
        self.n_components = n_components

    def fit(self, X: FloatArray, y: Labels | None = None) -> Self:
        """Find the principal components of training rows.

        Parameters
        ----------
        X
            ``(n, q)`` training rows.
        y
            ``(n,)`` class of each row; not looked at.
        """
        solver = "covariance_eigh" if X.shape[0] > X.shape[1] else "full"  # the same scores, ten times sooner
        self.pca_ = PCA(_fewer(self.n_components, X), svd_solver=solver).fit(X)
        return self

    def transform(self, X: FloatArray) -> FloatArray:
        """Return the scores, ``(n, components)``."""
        scores: FloatArray = self.pca_.transform(X)
        return scores


class PartialLeastSquaresScores(TransformerMixin, BaseEstimator):
    """Scores of a partial least squares regression on class membership: the PLS of PLS-DA.

    Parameters
    ----------
    n_components
        At most so many, fewer where there are few rows or points.
    """

    pls_: Any

    def __init__(self, n_components: int = _PLS_COMPONENTS) -> None:
        self.n_components = n_components

    def fit(self, X: FloatArray, y: Labels) -> Self:
        """Find the components of training rows that go with the classes.

        Parameters
        ----------
        X
            ``(n, q)`` training rows.
        y
            ``(n,)`` class of each row.
        """
        membership = (np.unique(y) == np.asarray(y)[:, None]).astype(np.float64)  # (n, c)
        with warnings.catch_warnings():
            # Classes explained before the last component: the components so far are all there are.
            warnings.filterwarnings("ignore", message=".*residual is constant.*")
            self.pls_ = PLSRegression(_fewer(self.n_components, X), scale=False).fit(X, membership)
        return self

    def transform(self, X: FloatArray) -> FloatArray:
        """Return the scores, ``(n, components)``."""
        scores: FloatArray = self.pls_.transform(X)
        return scores


class PatientCalibrated(ClassifierMixin, BaseEstimator):
    """Probabilities for a classifier that only gives distances, learnt from patients it wasn't fitted on.

    The estimator is fitted on all rows; the logistic curve from its distances to probabilities (Platt 1999) is fitted on
    out-of-fold distances of an inner split by patient. `SVC(probability=True)` splits by spectrum there and is too sure.

    Parameters
    ----------
    estimator
        A classifier with ``decision_function``.
    seed
        Of the inner split.

    Attributes
    ----------
    out_of_fold_probability_
        ``(n, c)`` for each training row, from distances by a copy that never saw its patient.
    """

    out_of_fold_probability_: FloatArray
    estimator_: Any
    curve_: Any
    classes_: Labels

    def __init__(self, estimator: BaseEstimator, seed: int = 0) -> None:
        self.estimator = estimator
        self.seed = seed

    def fit(self, X: FloatArray, y: Labels, groups: Sequence[str] | None = None) -> Self:
        """Fit the estimator on all rows, and its probabilities on out-of-fold distances.

        Parameters
        ----------
        X
            ``(n, p)`` training rows.
        y
            ``(n,)`` class of each row.
        groups
            ``(n,)`` patient of each row; None takes each row for a patient of its own.

        Raises
        ------
        DataError
            A class has fewer than two patients.
        """
        label = np.asarray(y)
        self.classes_ = np.unique(label)
        distance = np.empty((len(X), 1 if len(self.classes_) == 2 else len(self.classes_)))
        for fold in inner_folds(label, groups, self.seed):
            inner = clone(self.estimator).fit(X[fold.train], label[fold.train])
            distance[fold.test] = _columns(inner.decision_function(X[fold.test]))
        self.curve_ = LogisticRegression(C=1e3, max_iter=1000).fit(distance, label)
        self.out_of_fold_probability_ = self.curve_.predict_proba(distance)
        self.estimator_ = clone(self.estimator).fit(X, label)
        return self

    def predict_proba(self, X: FloatArray) -> FloatArray:
        """Return ``(n, c)`` probabilities."""
        probability: FloatArray = self.curve_.predict_proba(_columns(self.estimator_.decision_function(X)))
        return probability

    def predict(self, X: FloatArray) -> Labels:
        """Return the likeliest class of each row."""
        likeliest: Labels = self.classes_[self.predict_proba(X).argmax(axis=1)]
        return likeliest


def classical_models(
    wavenumber: FloatArray, preprocessing: Preprocessing, seed: int = 0, memory: FoldMemory | None = None
) -> dict[str, BaseEstimator]:
    """Return the classical models by name, unfitted; each starts by cleaning its own training spectra.

    Parameters
    ----------
    wavenumber
        ``(p,)`` in cm⁻¹, the axis of the rows they will be given.
    preprocessing
        Fitted anew in each fold.
    seed
        Of the forest and of inner splits.
    memory
        What the models share with one another, and with others that are given it; None makes one for these alone.

    Notes
    -----
    PLS-DA is partial least squares scores followed by linear discriminant analysis (Barker and Rayens 2003,
    doi 10.1002/cem.785).
    """
    shared = FoldMemory() if memory is None else memory

    def after_cleaning(*steps: BaseEstimator) -> BaseEstimator:
        return make_pipeline(SpectraPreprocessor(wavenumber, preprocessing, shared), *steps)

    support_vectors = after_cleaning(StandardScaler(), SVC(C=1.0, gamma="scale"))
    forest = RandomForestClassifier(_TREES, max_features="sqrt", random_state=seed, n_jobs=1)
    return {
        MAJORITY: after_cleaning(DummyClassifier(strategy="prior")),
        "logistic regression": after_cleaning(StandardScaler(), LogisticRegression(C=1.0, max_iter=5000)),
        "PLS-DA": after_cleaning(PartialLeastSquaresScores(), LinearDiscriminantAnalysis()),
        "PCA-LDA": after_cleaning(PrincipalComponents(), LinearDiscriminantAnalysis()),
        "SVM": PatientCalibrated(support_vectors, seed),
        "random forest": after_cleaning(forest),
        "MiniRocket": PatientRidge(after_cleaning(MiniRocket(seed=seed, memory=shared)), seed),
    }


def _fewer(n_components: int, rows: FloatArray) -> int:
    return int(max(1, min(n_components, len(rows) - 1, rows.shape[1])))


def _columns(distance: FloatArray) -> FloatArray:
    """Return distances as ``(n, 1)`` for two classes, ``(n, c)`` for more."""
    return distance.reshape(len(distance), -1)
