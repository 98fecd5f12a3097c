"""A support vector machine whose probabilities come from patients it was not fitted on."""

from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, softmax
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from spectra_dl.arrays import FloatArray, Texts
from spectra_dl.evaluation.folds.splits import inner_folds
from spectra_dl.evaluation.rising_curve import distance_columns, left_out_distances, rising_curve


class PatientCalibrated(ClassifierMixin, BaseEstimator):
    """Classify features with a support vector machine, calibrated on inner folds by patient.

    Where a class has one training patient nobody can be left out, and the distances themselves become shares.

    Parameters
    ----------
    seed
        Of the inner folds.

    Attributes
    ----------
    classes_
        ``(c,)`` sorted.
    """

    __metadata_request__fit: ClassVar[dict[str, bool]] = {"groups": True}  # with metadata routing

    def __init__(self, seed: int = 0) -> None:
        self.seed = seed

    def fit(self, X: FloatArray, y: NDArray[np.str_], groups: Texts) -> Self:
        """Fit on features ``X`` (n, d) with classes ``y`` (n,) of patients ``groups`` (n,).

        Parameters
        ----------
        X
            ``(n, d)`` features.
        y
            ``(n,)`` classes.
        groups
            ``(n,)`` whose each row is.
        """
        machine = make_pipeline(StandardScaler(), SVC(C=1.0, gamma="scale", class_weight="balanced"))
        label = np.asarray(y)
        folds = inner_folds(groups, label, seed=self.seed)
        self.curve_: Any = None
        if folds:
            self.curve_ = rising_curve(left_out_distances(machine, X.__getitem__, label, folds), label)
        self.machine_: Any = clone(machine).fit(X, label)
        self.classes_ = self.machine_.classes_
        return self

    def predict_proba(self, X: FloatArray) -> FloatArray:
        """Return ``(n, c)`` probabilities of features ``X`` (n, d)."""
        distance = distance_columns(self.machine_.decision_function(X))
        if self.curve_ is not None:
            probability: FloatArray = self.curve_.predict_proba(distance)
            return probability
        if distance.shape[1] == 1:
            positive = expit(distance)
            return np.hstack([1 - positive, positive])
        shares: FloatArray = softmax(distance, axis=1)
        return shares
