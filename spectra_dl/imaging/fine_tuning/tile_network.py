"""The small encoder with an output layer, trained end to end on the tiles themselves."""

import math

import torch
from torch import nn

from spectra_dl.errors import UsageError
from spectra_dl.imaging.encoders.efficientnet import N_FEATURES, EfficientNetLite0

_DROPOUT = 0.3


class TileNetwork(nn.Module):
    """EfficientNet-Lite0 and a linear layer; tiles are rotated and mirrored at random while it is trained.

    The running means of its normalisation layers stay those of ImageNet: batches are small, and a section's own would be memorised.

    Parameters
    ----------
    n_regions
        1: the spot's own tile.
    n_features
        ``3 side²``, the pixels of a tile.
    n_outputs
        Width of the output.
    hidden
        Not used; every head is built alike.

    Raises
    ------
    UsageError
        The features are no square tile.
    """

    def __init__(self, n_regions: int, n_features: int, n_outputs: int, hidden: int) -> None:
        super().__init__()
        self.side = math.isqrt(n_features // 3)
        if n_regions != 1 or 3 * self.side**2 != n_features:
            raise UsageError(f"{n_regions} x {n_features} features are not the pixels of one square tile")
        self.encoder = EfficientNetLite0()
        self.drop = nn.Dropout(_DROPOUT)
        self.out = nn.Linear(N_FEATURES, n_outputs)
        nn.init.zeros_(self.out.weight)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return ``(N, n_outputs)`` for ``x`` (N, 1, 3 side²) or (N, 3 side²), pixels from 0 to 255, colour last."""
        tiles = x.reshape(-1, self.side, self.side, 3).permute(0, 3, 1, 2)  # -> (N, 3, side, side)
        if self.training:
            tiles = _turned(tiles)
        outputs: torch.Tensor = self.out(self.drop(self.encoder(scaled(tiles))))
        return outputs

    def train(self, mode: bool = True) -> "TileNetwork":
        """Set the mode of all but the normalisation layers."""
        super().train(mode)
        for layer in self.encoder.modules():
            if isinstance(layer, nn.BatchNorm2d):
                layer.eval()
        return self


def scaled(tiles: torch.Tensor) -> torch.Tensor:
    """Return pixels from 0 to 255 as the encoder takes them."""
    return (tiles - 127.0) / 128.0


def with_imagenet_weights(network: TileNetwork) -> TileNetwork:
    """Return the network with its encoder's ImageNet weights.

    Parameters
    ----------
    network
        Untrained.

    Raises
    ------
    EnvironmentFault
        The package that has the weights is not installed.
    """
    from spectra_dl.imaging.encoders.efficientnet_weights import pretrained

    network.encoder.load_state_dict(pretrained().state_dict(), strict=True)
    return network


def _turned(tiles: torch.Tensor) -> torch.Tensor:
    """Rotate and mirror the whole batch, by one of the eight symmetries of a square."""
    way = int(torch.randint(8, ()))
    turned = torch.rot90(tiles, way % 4, dims=(2, 3))
    return turned.flip(3) if way >= 4 else turned
