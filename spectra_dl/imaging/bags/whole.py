"""What networks say of whole bags, a block of images at a time, and how much each image counts."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray
from spectra_dl.execution.facts import torch_device
from spectra_dl.imaging.bags.networks import PoolingNetwork
from spectra_dl.imaging.bags.rows import Bags

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True, eq=False)
class PooledBag:
    """What is said of one bag.

    Attributes
    ----------
    logits
        ``(c,)``.
    attention
        ``(k,)`` share of each image, which sum to 1.
    """

    logits: FloatArray
    attention: FloatArray


def pooled_bag(network: "nn.Module", blocks: Iterable[NDArray[np.float32]]) -> PooledBag:
    """Return what a network says of one bag, which never is in memory as a whole; computed in float64.

    The bag is computed by itself, so that its bits don't depend on other bags.

    Parameters
    ----------
    network
        A `PoolingNetwork`, changed to float64 and evaluation mode, and left on the device that torch computes on.
    blocks
        ``(k, d)`` features of the bag's images, some at a time and one at least.
    """
    device = torch_device()
    network = network.to(device, torch.float64).eval()
    assert isinstance(network, PoolingNetwork)
    scores = []
    # The softmax's sums so far, relative to the highest score so far.
    highest, weight, total = -torch.inf, 0.0, torch.zeros((), dtype=torch.float64, device=device)
    with torch.inference_mode():
        for block in blocks:
            embedded = network.embedded(torch.from_numpy(block).to(device).double())
            scores.append(network.scores(embedded))
            top = max(highest, float(scores[-1].max()))
            share, shrunk = torch.exp(scores[-1] - top), float(np.exp(highest - top))
            weight = weight * shrunk + float(share.sum())
            total = total * shrunk + share @ embedded
            highest = top
        logits = network.head(total / weight)
        attention = torch.exp(torch.cat(scores) - highest) / weight
    return PooledBag(logits.cpu().numpy(), attention.cpu().numpy())


def pooled_logits(network: "nn.Module", bags: Bags) -> FloatArray:
    """Return a network's logits ``(m, c)`` of whole bags.

    Parameters
    ----------
    network
        See `pooled_bag`.
    bags
        ``m`` of them.
    """
    return np.stack([pooled_bag(network, bags.blocks(bag)).logits for bag in range(len(bags))])


def pooled_by_members(networks: "Sequence[nn.Module]", bags: Bags) -> list[PooledBag]:
    """Return the means over an ensemble's members of what they say of each bag.

    Parameters
    ----------
    networks
        The members, each a `PoolingNetwork`.
    bags
        ``m`` of them.
    """
    return [
        PooledBag(
            np.mean([one.logits for one in each], axis=0), np.mean([one.attention for one in each], axis=0)
        )
        for each in pooled_by_each(networks, bags)
    ]


def pooled_by_each(networks: "Sequence[nn.Module]", bags: Bags) -> Iterator[list[PooledBag]]:
    """Yield for each bag what every member of an ensemble says of it.

    Parameters
    ----------
    networks
        The members, each a `PoolingNetwork`.
    bags
        ``m`` of them.
    """
    for bag in range(len(bags)):
        yield [pooled_bag(network, bags.blocks(bag)) for network in networks]
