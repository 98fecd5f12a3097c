"""How a member of an ensemble for images is built: standardised on its own rows, and a network on features."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import IndexArray, TextArray
from spectra_dl.classification.parts import MemberParts, WholeNetwork
from spectra_dl.imaging.bags.standard import Standard, standard_of
from spectra_dl.training.settings import TrainingSettings

if TYPE_CHECKING:
    from torch import nn

    from spectra_dl.training.grouped.network import NetworkGroup

TakenRows = TypeVar("TakenRows")


class SoloRecipe(Generic[TakenRows]):
    """What recipes of tissue share: the network standardises what it is given, and each member is trained alone."""

    augment = None

    def inputs(self, prepared: Standard, rows: TakenRows) -> TakenRows:
        """Return rows as they are: the network standardises their features.

        Parameters
        ----------
        prepared
            From `prepare`.
        rows
            Any rows.
        """
        return rows

    def together(self, rows: TakenRows) -> int:
        """Return 1: each member is trained alone."""
        return 1

    def group(self, networks: "Sequence[nn.Module]") -> "NetworkGroup":
        """Refuse, since no members are trained together."""
        raise NotImplementedError("members of tissue models are trained one by one")


@dataclass(frozen=True)
class ImageRecipe(SoloRecipe[NDArray[np.float32]]):
    """What `spectra_dl.classification.ensemble.train_ensemble` must know of images as features.

    Attributes
    ----------
    training
        Settings of the loop.
    """

    training: TrainingSettings

    def prepare(self, rows: NDArray[np.float32]) -> Standard:
        """Return means and spreads of the rows a member learns from."""
        return standard_of(lambda: iter([rows]))

    def build(self, prepared: Standard, n_classes: int) -> "nn.Module":
        """Return an untrained network with weights drawn from torch's global generator.

        Parameters
        ----------
        prepared
            From `prepare`.
        n_classes
            Classes, 2 or more.
        """
        from spectra_dl.imaging.bags.standardising import standardising
        from spectra_dl.tissue.estimators.mlp import FeatureMLP

        return standardising(FeatureMLP(len(prepared.mean), n_classes), prepared)

    def parts(
        self, network: "nn.Module", inputs: NDArray[np.float32], target: IndexArray, patient: TextArray
    ) -> MemberParts:
        """Return the trained member, which has one part.

        Parameters
        ----------
        network
            From `build`, trained.
        inputs, target, patient
            Of the member's own rows; not looked at.
        """
        return WholeNetwork(network)
