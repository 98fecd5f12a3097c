"""The classifier of bags of images, in scikit-learn's shape."""

from dataclasses import replace
from typing import Any

import numpy as np

from spectra_dl.arrays import FloatArray, IndexArray
from spectra_dl.errors import DataError, UsageError
from spectra_dl.imaging.bags.rows import BaggedFeatures, Bags
from spectra_dl.tissue.bags.recipe import BagRecipe
from spectra_dl.tissue.estimators.model_names import Pooling
from spectra_dl.tissue.estimators.patient_ensemble import PatientEnsemble
from spectra_dl.training.settings import TrainingSettings

# Small batches: a study has tens of bags.
BAG_TRAINING = TrainingSettings(epochs=20, least_steps=300, batch_size=16, learning_rate=1e-3)


class BagClassifier(PatientEnsemble):
    """Classify patients or slides by an ensemble of pooling networks on all images of each, trained without one fold of the patients.

    Each image has the probabilities of its bag.

    Parameters
    ----------
    pooling
        ``"attention"``: gated attention (Ilse et al. 2018, arXiv 1802.04712); ``"mean-pooling"``: the mean of the images' embeddings.
    members
        Networks in the ensemble, at least 2.
    training
        Settings of the loop, whose seed is replaced by ``seed`` and whose batch size by that of bags; None takes the default ones.
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
    >>> rows = BaggedFeatures(features, patient)
    >>> model = BagClassifier(members=2, training=TrainingSettings(epochs=1))
    >>> model.fit(rows, label, groups=patient).predict_proba(rows).shape
    (24, 2)
    """

    def __init__(
        self,
        pooling: Pooling = "attention",
        members: int = 10,
        *,
        training: TrainingSettings | None = None,
        seed: int = 0,
    ) -> None:
        super().__init__(members, training=training, seed=seed)
        self.pooling = pooling

    def mean_logits(self, X: Any) -> FloatArray:
        """Return the members' mean logits ``(n, c)`` of images ``X``, a `BaggedFeatures`: each has those of its bag."""
        from spectra_dl.imaging.bags.whole import pooled_by_members

        rows = _bagged(X)
        logits = np.stack([bag.logits for bag in pooled_by_members(self.networks_, rows.bags)])
        return logits[rows.bag_of_row]

    def _recipe(self) -> BagRecipe:
        training = self.training or BAG_TRAINING
        return BagRecipe(self.pooling, replace(training, batch_size=BAG_TRAINING.batch_size, seed=self.seed))

    def _rows(self, X: Any) -> tuple[Bags, IndexArray]:
        rows = _bagged(X)
        bags = rows.bags
        if not all(np.isfinite(block).all() for block in bags.all_blocks()):
            raise DataError("features of images hold values that are no numbers; encode the images again")
        return bags, rows.bag_of_row


def _bagged(X: Any) -> BaggedFeatures:
    if not isinstance(X, BaggedFeatures):
        raise UsageError(
            f"a classifier of bags takes BaggedFeatures, not {type(X).__name__}: say which bag each image is in"
        )
    return X
