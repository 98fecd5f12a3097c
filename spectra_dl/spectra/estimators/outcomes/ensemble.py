"""Networks of an outcome that look at spectra, each cleaning them by steps fitted on its own training rows."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from spectra_dl.arrays import FloatArray, IndexArray, TextArray
from spectra_dl.classification.outcomes.ensemble import OutcomeEnsemble
from spectra_dl.spectra.estimators.augmentation import Augmentation
from spectra_dl.spectra.estimators.fold_memory import FoldMemory
from spectra_dl.spectra.estimators.recipe import SpectraRecipe
from spectra_dl.spectra.estimators.spectra_estimator import SpectraEstimator, patients_of
from spectra_dl.spectra.networks import build_network
from spectra_dl.spectra.preprocessing.pipeline import FittedPreprocessing, Preprocessing
from spectra_dl.spectra.table import SpectraTable
from spectra_dl.training.settings import TrainingSettings

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True)
class SpectraOutcomeRecipe(SpectraRecipe):
    """How a member that predicts an outcome from spectra is built; parameters as of `SpectraRecipe`."""

    def build(self, prepared: FittedPreprocessing, n_classes: int) -> "nn.Module":
        """Return an untrained network with weights drawn from torch's global generator.

        Parameters
        ----------
        prepared
            The fitted cleaning steps.
        n_classes
            Outputs of the network, at least 2.
        """
        # The linear path of `compact` is fitted to classes; here it is trained, as it was for classes once.
        return build_network(self.network, len(prepared.wavenumber), n_classes, earlier=True)

    def output(self, network: "nn.Module", inputs: Any) -> FloatArray:
        """Return ``(n, outputs)`` of a trained network.

        Parameters
        ----------
        network
            From `build`, trained.
        inputs
            ``(n, q)`` cleaned spectra.
        """
        from spectra_dl.models.members import network_output

        return network_output(network, inputs)


class OutcomeNetwork(SpectraEstimator, OutcomeEnsemble):
    """An ensemble of networks, each trained without one fold of the patients, who say when to stop.

    Parameters
    ----------
    wavenumber
        ``(p,)`` axis of the spectra in cm⁻¹, ascending.
    preprocessing
        Cleaning steps, fitted anew on each member's own training rows; None takes the default ones.
    network
        One of `spectra_dl.spectra.networks.NETWORKS`.
    members
        Networks in the ensemble, fewer with few patients.
    training
        Settings of the loop, whose seed is replaced by ``seed``; None takes the default ones.
    seed
        The same seed on the same machine gives the same bytes.
    memory
        Shared with models that are fitted on the same rows; changes nothing but the time.
    """

    _learnt = "members_"

    def __init__(
        self,
        wavenumber: ArrayLike | None = None,
        preprocessing: Preprocessing | None = None,
        *,
        network: str = "compact",
        members: int = 5,
        training: TrainingSettings | None = None,
        seed: int = 0,
        memory: FoldMemory | None = None,
    ) -> None:
        self.wavenumber = wavenumber
        self.preprocessing = preprocessing
        self.network = network
        self.members = members
        self.training = training
        self.seed = seed
        self.memory = memory

    def _given(self, X: Any, *, reset: bool) -> tuple[SpectraTable, IndexArray]:
        table = self._spectra(X, reset=reset)
        return table, np.arange(len(table))

    def _patients(self, X: Any, groups: Any) -> TextArray:
        return patients_of(X, groups, len(X))

    def _recipe(self) -> SpectraOutcomeRecipe:
        steps = self.preprocessing or Preprocessing.default()
        training = self.training or TrainingSettings()
        return SpectraOutcomeRecipe(self.network, steps, training, Augmentation(), memory=self.memory)

    def _training(self, usual: TrainingSettings) -> TrainingSettings:
        return self.training or usual
