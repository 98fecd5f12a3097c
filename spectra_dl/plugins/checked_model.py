"""Classical models of other packages: what they fail with, and what are no probabilities, end as a sentence that names them."""

from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, clone

from spectra_dl.arrays import FloatArray
from spectra_dl.errors import DataError
from spectra_dl.plugins.foreign import foreign_code
from spectra_dl.plugins.installed import version_of


class CheckedModel(ClassifierMixin, BaseEstimator):
    """A plugin's classifier, fitted anew; its probabilities are checked.

    Parameters
    ----------
    name
        With ``plugin:`` before it.
    model
        As the plugin built it.

    Attributes
    ----------
    model_
        Fitted.
    classes_
        ``(c,)``, in the order of the columns of probabilities.
    """

    def __init__(self, name: str, model: Any) -> None:
        self.name = name
        self.model = model

    def fit(self, X: FloatArray, y: Any) -> Self:
        """Fit a copy of the model.

        Parameters
        ----------
        X
            ``(n, p)`` cleaned spectra.
        y
            ``(n,)`` classes.

        Raises
        ------
        EnvironmentFault
            The plugin fails.
        """
        with foreign_code("models", self.name):
            self.model_ = clone(self.model).fit(X, y)
            self.classes_ = np.asarray(self.model_.classes_)
        return self

    def predict_proba(self, X: FloatArray) -> FloatArray:
        """Return probabilities, ``(n, c)``.

        Parameters
        ----------
        X
            ``(n, p)`` cleaned spectra.

        Raises
        ------
        DataError
            What the plugin gives are no probabilities.
        EnvironmentFault
            It fails.
        """
        with foreign_code("models", self.name):
            probability = np.asarray(self.model_.predict_proba(X), dtype=np.float64)
        if (
            probability.shape != (len(X), len(self.classes_))
            or not (probability >= 0).all()
            or not np.allclose(probability.sum(axis=1), 1.0, atol=1e-3)
        ):
            raise DataError(
                f"{self.name} of {version_of('models', self.name)} gave no probability of each of {len(self.classes_)} classes for {len(X)} spectra; "
                "leave it out, or tell whoever keeps that package"
            )
        return probability

    def predict(self, X: FloatArray) -> Any:
        """Return the class of each row, ``(n,)``.

        Parameters
        ----------
        X
            ``(n, p)`` cleaned spectra.
        """
        return self.classes_[self.predict_proba(X).argmax(axis=1)]
