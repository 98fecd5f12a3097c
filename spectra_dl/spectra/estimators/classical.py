"""The classical baselines every network is compared with, in scikit-learn's shape, each cleaning spectra in its own fold.

Nothing that predicts with a stored model imports this file.
"""

import warnings
from collections.abc import Iterable
from functools import partial
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import (
    BaseEstimator,
    ClassifierMixin,
    ClassNamePrefixFeaturesOutMixin,
    TransformerMixin,
    clone,
)
from sklearn.cross_decomposition import PLSRegression
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from spectra_dl.arrays import FloatArray
from spectra_dl.evaluation.folds.inner_splits import inner_folds
from spectra_dl.evaluation.rising_curve import distance_columns, left_out_distances, rising_curve
from spectra_dl.plugins import foreign_code, is_plugin_name, load_plugin
from spectra_dl.plugins.checked_model import CheckedModel
from spectra_dl.spectra.estimators.fold_memory import FoldMemory
from spectra_dl.spectra.estimators.forest import forest_after
from spectra_dl.spectra.estimators.labels import Labels, read_groups, read_labels
from spectra_dl.spectra.estimators.matrices import CheckedEstimator, rows_at
from spectra_dl.spectra.estimators.minirocket import MiniRocket, PatientRidge
from spectra_dl.spectra.estimators.model_names import CLASS_MODELS
from spectra_dl.spectra.estimators.preprocessor import SpectraPreprocessor
from spectra_dl.spectra.preprocessing.pipeline import Preprocessing

_PLS_COMPONENTS = 10
_PRINCIPAL_COMPONENTS = 30
_LEAST_VARIANCE = 1e-10  # of the first direction's; below are directions that rounding makes

MAJORITY = CLASS_MODELS.control


class PrincipalComponents(ClassNamePrefixFeaturesOutMixin, TransformerMixin, CheckedEstimator):
    """Principal component scores, fewer where there are few rows or points.

    Parameters
    ----------
    n_components
        At most so many.
    """

    _learnt = "pca_"
    pca_: Any

    def __init__(self, n_components: int = _PRINCIPAL_COMPONENTS) -> None:
        self.n_components = n_components

    @property
    def _n_features_out(self) -> int:
        return int(self.pca_.n_components_)

    def fit(self, X: ArrayLike, y: ArrayLike | None = None) -> Self:
        """Find the principal components of training rows.

        Parameters
        ----------
        X
            ``(n, q)`` training rows.
        y
            ``(n,)`` class of each row; not looked at.
        """
        rows = self._matrix(X, reset=True)
        solver = (
            "covariance_eigh" if rows.shape[0] > rows.shape[1] else "full"
        )  # the same scores, ten times sooner
        self.pca_ = PCA(_fewer(self.n_components, rows), svd_solver=solver).fit(rows)
        return self

    def transform(self, X: ArrayLike) -> FloatArray:
        """Return the scores, ``(n, components)``."""
        rows = self._matrix(X, reset=False)
        scores: FloatArray = self.pca_.transform(rows)
        return scores


class PartialLeastSquaresScores(ClassNamePrefixFeaturesOutMixin, TransformerMixin, CheckedEstimator):
    """Scores of a partial least squares regression on class membership: the PLS of PLS-DA.

    Parameters
    ----------
    n_components
        At most so many, fewer where there are few rows or points, or the rows vary in few ways.
    """

    _learnt = "pls_"
    pls_: Any

    def __init__(self, n_components: int = _PLS_COMPONENTS) -> None:
        self.n_components = n_components

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        return tags

    @property
    def _n_features_out(self) -> int:
        return int(self.pls_.x_rotations_.shape[1])

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Find the components of training rows that go with the classes.

        Parameters
        ----------
        X
            ``(n, q)`` training rows.
        y
            ``(n,)`` class of each row.
        """
        rows = self._matrix(X, reset=True)
        labels = read_labels(y, len(rows))
        membership = (labels.of_row[:, None] == np.arange(len(labels.classes))).astype(np.float64)  # (n, c)
        with warnings.catch_warnings():
            # Classes explained before the last component: the components so far are all there are.
            warnings.filterwarnings("ignore", message=".*residual is constant.*")
            components = min(_fewer(self.n_components, rows), _directions(rows, self.n_components))
            self.pls_ = PLSRegression(components, scale=False).fit(rows, membership)
        return self

    def transform(self, X: ArrayLike) -> FloatArray:
        """Return the scores, ``(n, components)``."""
        rows = self._matrix(X, reset=False)
        scores: FloatArray = self.pls_.transform(rows)
        return scores


class PatientCalibrated(ClassifierMixin, CheckedEstimator):
    """Probabilities for a classifier that only gives distances, learnt from patients it wasn't fitted on.

    The estimator is fitted on all rows; the logistic curve from its distances to probabilities (Platt 1999) is fitted on
    out-of-fold distances of an inner split by patient. `SVC(probability=True)` splits by spectrum there and is too sure.
    The curve never falls: where few patients would have a class the less likely the larger its own distance, this distance is
    left out, for it would reverse what the estimator says of new patients.

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

    _learnt = "estimator_"
    __metadata_request__fit: ClassVar[dict[str, bool]] = {"groups": True}  # with metadata routing
    out_of_fold_probability_: FloatArray
    estimator_: Any
    curve_: Any
    classes_: Labels

    def __init__(self, estimator: BaseEstimator, seed: int = 0) -> None:
        self.estimator = estimator
        self.seed = seed

    def fit(self, X: ArrayLike, y: ArrayLike, groups: ArrayLike | None = None) -> Self:
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
            A class has fewer than two patients; a label or an id is missing.
        """
        rows = self._rows(X, reset=True)
        labels = read_labels(y, len(rows))
        patient = None if groups is None else list(read_groups(groups, len(rows)))
        self.classes_, label = labels.classes, labels.values
        folds = inner_folds(labels.text, patient, self.seed)
        distance = left_out_distances(self.estimator, partial(rows_at, rows), label, folds)
        self.curve_ = rising_curve(distance, label)
        self.out_of_fold_probability_ = self.curve_.predict_proba(distance)
        self.estimator_ = clone(self.estimator).fit(rows, label)
        return self

    def predict_proba(self, X: ArrayLike) -> FloatArray:
        """Return ``(n, c)`` probabilities."""
        rows = self._rows(X, reset=False)
        probability: FloatArray = self.curve_.predict_proba(
            distance_columns(self.estimator_.decision_function(rows))
        )
        return probability

    def predict(self, X: ArrayLike) -> Labels:
        """Return the likeliest class of each row."""
        best = self.predict_proba(X).argmax(axis=1)
        likeliest: Labels = self.classes_[best]
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
    shared, title = FoldMemory() if memory is None else memory, CLASS_MODELS.classical

    def cleaning() -> SpectraPreprocessor:
        # Of each model its own: a pipeline fits its steps where they stand.
        return SpectraPreprocessor(wavenumber, preprocessing, shared)

    def after_cleaning(*steps: BaseEstimator) -> BaseEstimator:
        return make_pipeline(cleaning(), *steps)

    support_vectors = after_cleaning(StandardScaler(), SVC(C=1.0, gamma="scale"))
    return {
        MAJORITY: after_cleaning(DummyClassifier(strategy="prior")),
        title["logistic"]: after_cleaning(StandardScaler(), LogisticRegression(C=1.0, max_iter=5000)),
        title["pls-da"]: after_cleaning(PartialLeastSquaresScores(), LinearDiscriminantAnalysis()),
        title["pca-lda"]: after_cleaning(PrincipalComponents(), LinearDiscriminantAnalysis()),
        title["svm"]: PatientCalibrated(support_vectors, seed),
        title["random-forest"]: forest_after(cleaning(), seed=seed),
        title["minirocket"]: PatientRidge(after_cleaning(MiniRocket(seed=seed, memory=shared)), seed),
    }


def plugin_models(
    names: Iterable[str], wavenumber: FloatArray, preprocessing: Preprocessing, memory: FoldMemory
) -> dict[str, BaseEstimator]:
    """Return the models that other packages bring, unfitted; each is given spectra that were cleaned in its fold.

    Parameters
    ----------
    names
        Of models; those that are no plugins are left out.
    wavenumber
        ``(p,)`` in cm⁻¹, the axis of the rows they will be given.
    preprocessing
        Fitted anew in each fold.
    memory
        What the models share.

    Raises
    ------
    UsageError, EnvironmentFault
        One is not installed, can't be imported or fails.
    """
    cleaning = SpectraPreprocessor(wavenumber, preprocessing, memory)
    return {name: make_pipeline(cleaning, _plugin_model(name)) for name in names if is_plugin_name(name)}


def _plugin_model(name: str) -> BaseEstimator:
    build = load_plugin("models", name)
    with foreign_code("models", name):
        model: BaseEstimator = clone(build())
    return CheckedModel(name, model)


def _fewer(n_components: int, rows: FloatArray) -> int:
    return int(max(1, min(n_components, len(rows) - 1, rows.shape[1])))


def _directions(rows: FloatArray, most: int) -> int:
    """Return in how many independent ways rows vary, up to ``most``; 1 where they don't: partial least squares divides by 0 beyond."""
    draws = np.random.default_rng(0).normal(size=(rows.shape[1], most))
    spread = np.linalg.svd((rows - rows.mean(axis=0)) @ draws, compute_uv=False)
    return max(1, int(np.count_nonzero(spread**2 > _LEAST_VARIANCE * spread[0] ** 2)))
