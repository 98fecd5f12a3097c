"""MiniRocket beside the members of an ensemble for spectra."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, cast

import numpy as np

from spectra_dl.arrays import FloatArray
from spectra_dl.classification.training_data import TrainingData
from spectra_dl.spectra.estimators.fold_memory import FoldMemory
from spectra_dl.spectra.estimators.parts.linear import each_class
from spectra_dl.spectra.networks import fitted_network
from spectra_dl.spectra.preprocessing.pipeline import FittedPreprocessing, Preprocessing

if TYPE_CHECKING:
    from torch import nn

    from spectra_dl.spectra.estimators.minirocket import PatientRidge
    from spectra_dl.spectra.table import SpectraTable

ROCKET: Final = "minirocket"
# Thousands of features flatter themselves on few patients, even out of fold; docs/decisions/models.md has the studies.
_HALF_TRUSTED_AT = 100


@dataclass(frozen=True)
class RocketModel:
    """How MiniRocket is fitted on all training spectra.

    Attributes
    ----------
    preprocessing
        Cleaning steps, fitted on all of them.
    seed
        Of the thresholds and of the inner folds.
    memory
        See `spectra_dl.spectra.estimators.recipe.SpectraRecipe`.
    """

    preprocessing: Preprocessing
    seed: int
    memory: FoldMemory | None = None
    title = "MiniRocket"

    def fit(self, data: TrainingData) -> "RocketPart":
        """Return MiniRocket fitted on all spectra, its penalty chosen by patients left out."""
        from spectra_dl.spectra.estimators.minirocket import MiniRocket, PatientRidge

        memory = self.memory or FoldMemory()
        spectra = cast("SpectraTable", data.rows)
        prepared = memory.fit(self.preprocessing, spectra)
        ridge = PatientRidge(MiniRocket(seed=self.seed, memory=memory), self.seed)
        ridge.fit(memory.clean(spectra, prepared), data.target, groups=data.patient)
        patients = len(np.unique(data.patient))
        return RocketPart(prepared, ridge, patients / (patients + _HALF_TRUSTED_AT))


@dataclass(frozen=True, eq=False)
class RocketPart:
    """MiniRocket, fitted.

    Attributes
    ----------
    prepared
        The fitted cleaning steps.
    ridge
        The fitted features and weights.
    trust
        How far it is believed: half with 100 patients.
    """

    prepared: FittedPreprocessing
    ridge: "PatientRidge"
    trust: float
    names = (RocketModel.title,)

    @property
    def out_of_fold_logits(self) -> FloatArray:
        """Logits ``(1, n, c)`` of each training spectrum, from weights that never saw its patient."""
        return each_class(self.ridge.out_of_fold_score_.T).T[None]

    def combined(self, shares: FloatArray) -> "nn.Module":
        """Return the network whose logits are those of MiniRocket, times its share (1,)."""
        weight, offset = self.ridge.feature_weights()
        values = {
            "thresholds": np.concatenate(self.ridge.features_.thresholds_, axis=1),
            "linear.weight": shares[0] * each_class(weight),
            "linear.bias": shares[0] * each_class(offset),
        }
        return fitted_network(ROCKET, len(self.prepared.wavenumber), values)
