"""The small encoder fine-tuned end to end on the images themselves, in scikit-learn's shape."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray, IndexArray, TextArray
from spectra_dl.classification.parts import MemberParts, WholeNetwork
from spectra_dl.errors import UsageError
from spectra_dl.imaging.bags.standard import Standard
from spectra_dl.imaging.fine_tuning.rows import PixelRows
from spectra_dl.imaging.fine_tuning.settings import FINE_TUNING
from spectra_dl.models.members import mean_output
from spectra_dl.tissue.estimators.patient_ensemble import PatientEnsemble
from spectra_dl.tissue.estimators.recipe import SoloRecipe
from spectra_dl.training.settings import TrainingSettings

if TYPE_CHECKING:
    from torch import nn

MOST_MEMBERS = 3


@dataclass(frozen=True)
class FineTunedRecipe(SoloRecipe[NDArray[np.float32]]):
    """What `spectra_dl.classification.ensemble.train_ensemble` must know of images as pixels.

    Attributes
    ----------
    training
        Settings of the loop.
    """

    training: TrainingSettings

    def prepare(self, rows: NDArray[np.float32]) -> Standard:
        """Return means of 0 and spreads of 1: the encoder takes pixels as they are."""
        width = rows.shape[1]
        return Standard(np.zeros(width, np.float32), np.ones(width, np.float32))

    def build(self, prepared: Standard, n_classes: int) -> "nn.Module":
        """Return an untrained network, whose encoder has its ImageNet weights.

        Parameters
        ----------
        prepared
            From `prepare`.
        n_classes
            Classes, 2 or more.
        """
        from spectra_dl.imaging.fine_tuning.tile_network import TileNetwork, with_imagenet_weights

        return with_imagenet_weights(TileNetwork(1, len(prepared.mean), n_classes, 0))

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


class FineTunedClassifier(PatientEnsemble):
    """Classify images by EfficientNet-Lite0 from its ImageNet weights, all of it trained, each member without one fold of the patients.

    It takes `spectra_dl.imaging.fine_tuning.rows.PixelRows`; images are rotated and mirrored at random while it is trained.

    Parameters
    ----------
    members
        Networks in the ensemble, at least 2 and no more than three.
    training
        Settings of the loop, whose seed is replaced by ``seed``; None takes the default ones.
    seed
        The same seed on the same machine gives the same bytes.

    Attributes
    ----------
    classes_, ensemble_, networks_, temperature_
        As of `spectra_dl.tissue.estimators.patient_ensemble.PatientEnsemble`.
    """

    def __init__(
        self, members: int = MOST_MEMBERS, *, training: TrainingSettings | None = None, seed: int = 0
    ) -> None:
        super().__init__(members, training=training, seed=seed)

    def mean_logits(self, X: Any) -> FloatArray:
        """Return the members' mean logits ``(n, c)`` of images ``X``, a `PixelRows`."""
        return mean_output(self.networks_, [_pixels(X)] * len(self.networks_))

    def _recipe(self) -> FineTunedRecipe:
        return FineTunedRecipe(replace(self.training or FINE_TUNING, seed=self.seed))

    def _rows(self, X: Any) -> tuple[NDArray[np.float32], IndexArray]:
        pixels = _pixels(X)
        return pixels, np.arange(len(pixels))


def _pixels(X: Any) -> NDArray[np.float32]:
    if not isinstance(X, PixelRows):
        raise UsageError(
            f"a fine-tuned classifier takes PixelRows, not {type(X).__name__}: it is trained on pixels, not on features"
        )
    return X.inputs()
