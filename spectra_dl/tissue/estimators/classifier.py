"""The neural classifier of images, in scikit-learn's shape."""

from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spectra_dl.arrays import FloatArray, IndexArray
from spectra_dl.errors import DataError
from spectra_dl.models.members import mean_output
from spectra_dl.tissue.estimators.patient_ensemble import PatientEnsemble
from spectra_dl.tissue.estimators.recipe import ImageRecipe
from spectra_dl.training.settings import TrainingSettings

# Few rows are passed over more often: steps teach, not passes.
DEFAULT_TRAINING = TrainingSettings(epochs=12, least_steps=300, learning_rate=1e-3)


class TissueClassifier(PatientEnsemble):
    """Classify images by an ensemble of small networks on their features ``(n, d)``, each trained without one fold of the patients.

    Parameters
    ----------
    members
        Networks in the ensemble, at least 2.
    training
        Settings of the loop, whose seed is replaced by ``seed``; None takes the default ones.
    seed
        The same seed on the same machine gives the same bytes.

    Attributes
    ----------
    classes_, ensemble_, networks_, temperature_
        As of `spectra_dl.tissue.estimators.patient_ensemble.PatientEnsemble`.

    Examples
    --------
    >>> features = np.random.default_rng(0).normal(size=(24, 5)).astype(np.float32)
    >>> label, patient = np.repeat(["necrotic", "viable"], 12), np.repeat([f"p{k}" for k in range(8)], 3)
    >>> model = TissueClassifier(members=2, training=TrainingSettings(epochs=1))
    >>> model.fit(features, label, groups=patient).predict_proba(features).shape
    (24, 2)
    """

    def mean_logits(self, X: ArrayLike) -> FloatArray:
        """Return the members' mean logits ``(n, c)`` of features ``X`` (n, d)."""
        features = _features(X)
        return mean_output(self.networks_, [features] * len(self.networks_))

    def _recipe(self) -> ImageRecipe:
        return ImageRecipe(replace(self.training or DEFAULT_TRAINING, seed=self.seed))

    def _rows(self, X: ArrayLike) -> tuple[NDArray[np.float32], IndexArray]:
        features = _features(X)
        return features, np.arange(len(features))


def _features(X: ArrayLike) -> NDArray[np.float32]:
    features = np.asarray(X, dtype=np.float32)
    if features.ndim != 2 or not np.isfinite(features).all():
        raise DataError(
            f"features of shape {features.shape}; finite numbers of shape (n, d) are needed: encode the images again"
        )
    return features
