"""Ensembles of networks that pool all images of a patient and predict what comes of the patient, in scikit-learn's shape."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from spectra_dl.arrays import FloatArray, IndexArray, TextArray, text_array
from spectra_dl.classification.outcomes.ensemble import OutcomeEnsemble
from spectra_dl.classification.outcomes.number import NumberEnsemble
from spectra_dl.classification.outcomes.survival import CoxEnsemble
from spectra_dl.errors import DataError
from spectra_dl.imaging.bags.rows import BaggedFeatures, Bags
from spectra_dl.tissue.bags.recipe import BagRecipe
from spectra_dl.tissue.estimators.model_names import Pooling
from spectra_dl.training.settings import TrainingSettings

if TYPE_CHECKING:
    from torch import nn

# A batch holds most patients of a study: an event is compared with the patients of its batch alone.
PATIENT_TRAINING = TrainingSettings(
    epochs=60, least_steps=120, patience=20, batch_size=128, learning_rate=1e-3
)


@dataclass(frozen=True)
class PatientRecipe(BagRecipe):
    """How a member that predicts an outcome from bags of images is built; parameters as of `BagRecipe`."""

    def output(self, network: "nn.Module", inputs: Bags) -> FloatArray:
        """Return ``(m, outputs)`` of a trained network on whole bags.

        Parameters
        ----------
        network
            From `build`, trained.
        inputs
            ``m`` bags.
        """
        from spectra_dl.imaging.bags.whole import pooled_logits

        return pooled_logits(network, inputs)


class PooledOutcome(OutcomeEnsemble):
    """An ensemble of pooling networks on all images of each patient, each trained without one fold of the patients.

    Parameters
    ----------
    pooling
        ``"attention"``: gated attention (Ilse et al. 2018, arXiv 1802.04712); ``"mean-pooling"``: the mean of the images' embeddings.
    members
        Networks in the ensemble, fewer with few patients.
    training
        Settings of the loop, whose seed is replaced by ``seed`` and whose batch size by that of patients; None takes the default ones.
    seed
        The same seed on the same machine gives the same bytes.
    """

    def __init__(
        self,
        pooling: Pooling = "attention",
        members: int = 5,
        *,
        training: TrainingSettings | None = None,
        seed: int = 0,
    ) -> None:
        self.pooling = pooling
        self.members = members
        self.training = training
        self.seed = seed

    def attention(self, X: BaggedFeatures) -> FloatArray:
        """Return ``(n,)`` the share of each image in its patient's answer, mean over the ensemble.

        Parameters
        ----------
        X
            ``n`` images in bags of patients.
        """
        from spectra_dl.imaging.bags.whole import pooled_by_members

        bags, share = X.bags, np.full(len(X.values), np.nan)
        pooled = pooled_by_members([member.network for member in self.members_], bags)
        for images, one in zip(bags.images, pooled, strict=True):
            share[images] = one.attention
        return share if X.row is None else share[X.row]

    def _given(self, X: Any, *, reset: bool) -> tuple[Bags, IndexArray]:
        bags: Bags = X.bags
        if reset and not all(np.isfinite(block).all() for block in bags.all_blocks()):
            raise DataError("features of images hold values that are no numbers; encode the images again")
        return bags, X.bag_of_row

    def _patients(self, X: Any, groups: Any) -> TextArray:
        return text_array(X.bags.name[X.bag_of_row] if groups is None else groups)

    def _recipe(self) -> PatientRecipe:
        return PatientRecipe(self.pooling, self._training(PATIENT_TRAINING))

    def _training(self, usual: TrainingSettings) -> TrainingSettings:
        training = self.training or PATIENT_TRAINING
        return replace(training, batch_size=PATIENT_TRAINING.batch_size)


class PooledRisk(CoxEnsemble, PooledOutcome):
    """Predict log risks from bags of images by networks that learn Cox's partial likelihood; parameters as of `PooledOutcome`."""


class PooledNumber(NumberEnsemble, PooledOutcome):
    """Predict a number from bags of images; parameters as of `PooledOutcome`."""
