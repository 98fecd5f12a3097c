"""Pooling by the tiles that say most, each output by its own: the mean of the highest predictions of single images."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from spectra_dl.arrays import FloatArray
from spectra_dl.execution.facts import torch_device
from spectra_dl.imaging.bags.networks import DROPOUT, HIDDEN
from spectra_dl.imaging.bags.rows import Bags
from spectra_dl.imaging.bags.standardising import StandardisingNetwork
from spectra_dl.training.dropout import PackedDropout

if TYPE_CHECKING:
    from collections.abc import Sequence

SHARES = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)


class TopTiles(StandardisingNetwork):
    """Predict every output from each image alone, and take the mean of its highest predictions, averaged over how many are taken.

    Source: HE2RNA, Schmauch et al. 2020, doi 10.1038/s41467-020-17678-4, which takes the 1 to 100 highest of 100 regions of a slide. Changed: numbers are shares of a
    bag's images, so that the images drawn in training stand for the whole bag; all shares count in every step, where one was drawn; and images are
    not joined to regions before.

    Parameters
    ----------
    n_features, n_outputs
        As for `spectra_dl.imaging.bags.standardising.StandardisingNetwork`.
    """

    def __init__(self, n_features: int, n_outputs: int) -> None:
        super().__init__(n_features, n_outputs)
        self.embedding = nn.Sequential(nn.Linear(n_features, HIDDEN), nn.ReLU(), PackedDropout(DROPOUT))
        self.head = nn.Linear(HIDDEN, n_outputs)

    def of_images(self, features: torch.Tensor) -> torch.Tensor:
        """Return ``(..., c)`` predictions of single images ``(..., d)``."""
        predictions: torch.Tensor = self.head(self.embedding(self.standardised(features)))
        return predictions

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Return ``(N, c)`` outputs of bags ``(N, k, d + 1)``, whose last column is 1 where there is an image."""
        return top_means(self.of_images(images[..., :-1]), images[..., -1] != 0, SHARES)


def top_means(predictions: torch.Tensor, there: torch.Tensor, shares: "Sequence[float]") -> torch.Tensor:
    """Return ``(N, c)`` the mean over shares of the mean of each bag's highest predictions.

    Parameters
    ----------
    predictions
        ``(N, k, c)`` of images.
    there
        ``(N, k)`` bool; where there is none, a prediction counts nothing.
    shares
        Of a bag's images, above 0 and at most 1; one image at least is taken.

    Examples
    --------
    >>> predictions = torch.tensor([[[1.0], [4.0], [3.0], [0.0]]])
    >>> top_means(predictions, torch.ones(1, 4, dtype=torch.bool), (0.25, 1.0))
    tensor([[3.]])
    """
    highest = predictions.masked_fill(~there.unsqueeze(-1), -torch.inf).sort(dim=1, descending=True).values
    count = there.sum(dim=1)
    ranks = torch.arange(highest.shape[1], device=highest.device)
    sums = highest.masked_fill((ranks >= count.unsqueeze(1)).unsqueeze(-1), 0.0).cumsum(dim=1)
    share = torch.tensor(shares, dtype=torch.float64, device=highest.device)
    taken = torch.ceil(share * count.unsqueeze(1) - 1e-9).long().clamp(min=1)  # (N, s)
    place = (taken - 1).unsqueeze(-1).expand(-1, -1, sums.shape[2])
    means: torch.Tensor = (sums.gather(1, place) / taken.unsqueeze(-1)).mean(dim=1)
    return means


def top_tile_output(network: TopTiles, blocks: Iterable[NDArray[np.float32]]) -> FloatArray:
    """Return what a network says of one bag ``(c,)``, of which features are in memory some images at a time; computed in float64.

    Parameters
    ----------
    network
        Changed to float64 and evaluation mode, and left on the device that torch computes on.
    blocks
        ``(k, d)`` features of the bag's images, one at least.
    """
    device = torch_device()
    network = network.to(device, torch.float64).eval()
    with torch.inference_mode():
        each = [network.of_images(torch.from_numpy(block).to(device).double()) for block in blocks]
        predictions = torch.cat(each).unsqueeze(0)
        there = torch.ones(predictions.shape[:2], dtype=torch.bool, device=device)
        output: FloatArray = top_means(predictions, there, SHARES)[0].cpu().numpy()
    return output


def top_tile_outputs(network: TopTiles, bags: Bags) -> FloatArray:
    """Return what a network says of whole bags, ``(m, c)``.

    Parameters
    ----------
    network
        See `top_tile_output`.
    bags
        ``m`` of them.
    """
    return np.stack([top_tile_output(network, bags.blocks(bag)) for bag in range(len(bags))])
