"""How a member of an ensemble for bags is built: standardised on the images of its own bags, and a pooling network."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from spectra_dl.arrays import FloatArray, IndexArray, TextArray
from spectra_dl.classification.parts import MemberParts
from spectra_dl.imaging.bags.rows import Bags
from spectra_dl.imaging.bags.standard import Standard, standard_of
from spectra_dl.tissue.estimators.model_names import Pooling
from spectra_dl.tissue.estimators.recipe import SoloRecipe
from spectra_dl.training.settings import TrainingSettings

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True)
class BagRecipe(SoloRecipe[Bags]):
    """What `spectra_dl.classification.ensemble.train_ensemble` must know of bags.

    Attributes
    ----------
    pooling
        By attention or by the mean.
    training
        Settings of the loop.
    """

    pooling: Pooling
    training: TrainingSettings

    def prepare(self, rows: Bags) -> Standard:
        """Return means and spreads of the images of the bags that a member learns from."""
        return standard_of(rows.all_blocks)

    def build(self, prepared: Standard, n_classes: int) -> "nn.Module":
        """Return an untrained network with weights drawn from torch's global generator.

        Parameters
        ----------
        prepared
            From `prepare`.
        n_classes
            Classes, 2 or more.
        """
        from spectra_dl.imaging.bags.networks import POOLING
        from spectra_dl.imaging.bags.standardising import standardising

        return standardising(POOLING[self.pooling](len(prepared.mean), n_classes), prepared)

    def parts(
        self, network: "nn.Module", inputs: Bags, target: IndexArray, patient: TextArray
    ) -> MemberParts:
        """Return the trained member, which has one part.

        Parameters
        ----------
        network
            From `build`, trained.
        inputs, target, patient
            Of the member's own bags; not looked at.
        """
        return WholeBags(network)


class WholeBags:
    """A member whose only part looks at all images of a bag.

    Parameters
    ----------
    network
        Trained.
    """

    names = ("network",)

    def __init__(self, network: "nn.Module") -> None:
        self.network = network

    def logits(self, inputs: Bags) -> FloatArray:
        """Return the network's logits ``(1, m, c)`` of bags."""
        from spectra_dl.imaging.bags.whole import pooled_logits

        return pooled_logits(self.network, inputs)[None]

    def combined(self, shares: FloatArray) -> "nn.Module":
        """Return the network: one part has nothing to share, and the temperature scales its logits."""
        return self.network
