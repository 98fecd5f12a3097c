"""A model of patients on the mean features of each one's images, in scikit-learn's shape."""

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator

from spectra_dl.arrays import FloatArray
from spectra_dl.evaluation.estimator import fit_copy
from spectra_dl.evaluation.folds.choice import Choice
from spectra_dl.imaging.bags.rows import BaggedFeatures, Bags


class PatientMeans(BaseEstimator):
    """Fit a model to a row of mean features per patient; each image has its patient's answer.

    Parameters
    ----------
    model
        Unfitted; its ``fit`` may take ``groups``.

    Attributes
    ----------
    fitted_
        The model, fitted.

    Examples
    --------
    >>> from sklearn.linear_model import Ridge
    >>> features = np.arange(6.0, dtype=np.float32)[:, None]
    >>> rows = BaggedFeatures(features, np.array(["a", "a", "b", "b", "c", "c"], dtype=object))
    >>> PatientMeans(Ridge(1e-6)).fit(rows, [0.0, 0, 2, 2, 4, 4]).predict(rows).round(3).tolist()
    [0.0, 0.0, 2.0, 2.0, 4.0, 4.0]
    """

    fitted_: Any

    def __init__(self, model: Any) -> None:
        self.model = model

    def fit(self, X: BaggedFeatures, y: ArrayLike) -> Self:
        """Fit to what came of patients.

        Parameters
        ----------
        X
            ``n`` images in bags of patients.
        y
            ``(n, ...)`` what came of the patient of each image.
        """
        bags, (_, first) = X.bags, np.unique(X.bag_of_row, return_index=True)
        self.fitted_ = fit_copy(self.model, mean_features(bags), np.asarray(y)[first], bags.name)
        return self

    @property
    def chosen_(self) -> Choice | None:
        """What the model chose on its training patients; None where it had no choice."""
        choice: Choice | None = getattr(self.fitted_, "chosen_", None)
        return choice

    def predict(self, X: BaggedFeatures) -> FloatArray:
        """Return ``(n,)`` what the model says of each image's patient."""
        answers = np.asarray(self.fitted_.predict(mean_features(X.bags)), dtype=np.float64)
        return np.asarray(answers.reshape(-1)[X.bag_of_row])

    def predict_survival(self, X: BaggedFeatures, times: FloatArray) -> FloatArray:
        """Return ``(n, g)`` probabilities of no event by each time.

        Parameters
        ----------
        X
            ``n`` images in bags of patients.
        times
            ``(g,)``.
        """
        answers = self.fitted_.predict_survival(mean_features(X.bags), times)
        return np.asarray(answers[X.bag_of_row])


def mean_features(bags: Bags) -> FloatArray:
    """Return ``(m, d)`` each bag's mean features, of which a fixed number of images at a time is in memory."""
    means = np.zeros((len(bags), bags.width))
    for bag, images in enumerate(bags.images):
        means[bag] = sum(block.sum(axis=0, dtype=np.float64) for block in bags.blocks(bag)) / len(images)
    return means
