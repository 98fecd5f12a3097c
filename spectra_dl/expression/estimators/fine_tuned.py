"""The small encoder fine-tuned end to end, as an estimator like the other networks."""

from typing import TYPE_CHECKING

from spectra_dl.expression.estimators.head_registry import FINE_TUNED
from spectra_dl.expression.estimators.network import NetworkExpression
from spectra_dl.imaging.fine_tuning.settings import FINE_TUNING
from spectra_dl.training.settings import TrainingSettings

if TYPE_CHECKING:
    from torch import nn


class FineTunedExpression(NetworkExpression):
    """EfficientNet-Lite0 from its ImageNet weights, all of it trained on tiles; one member, with early stopping on the first training section.

    It takes spots whose features are the pixels of one tile (the encoder ``"tile-pixels"``).

    Parameters
    ----------
    loss
        One of `spectra_dl.expression.estimators.losses.LOSSES`.
    training
        Settings of the loop, whose seed is replaced by ``seed``; None takes the default ones.
    seed
        The same seed on the same machine gives the same bytes.
    """

    most_members = 1

    def __init__(self, loss: str = "mse", *, training: TrainingSettings | None = None, seed: int = 0) -> None:
        super().__init__(FINE_TUNED, loss, surroundings=False, training=training or FINE_TUNING, seed=seed)

    def prepared(self, network: "nn.Module") -> "nn.Module":
        """Return the network with the encoder's ImageNet weights."""
        from spectra_dl.imaging.fine_tuning.tile_network import TileNetwork, with_imagenet_weights

        assert isinstance(network, TileNetwork)
        return with_imagenet_weights(network)
