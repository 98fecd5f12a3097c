"""Networks on features that standardise them themselves."""

from typing import TYPE_CHECKING, TypeVar

import torch
from torch import nn

from spectra_dl.errors import UsageError

if TYPE_CHECKING:
    from spectra_dl.imaging.bags.standard import Standard

_MOST_FEATURES, _MOST_OUTPUTS = 1 << 20, 1 << 16
Network = TypeVar("Network", bound="StandardisingNetwork")


class StandardisingNetwork(nn.Module):
    """A network that standardises features by numbers of its own, so that they travel with its weights.

    Parameters
    ----------
    n_features
        ``d``.
    n_outputs
        ``c``: classes, or numbers.

    Raises
    ------
    UsageError
        A size is impossible.
    """

    mean: torch.Tensor
    scale: torch.Tensor

    def __init__(self, n_features: int, n_outputs: int) -> None:
        super().__init__()
        if not (1 <= n_features <= _MOST_FEATURES and 1 <= n_outputs <= _MOST_OUTPUTS):
            raise UsageError(f"{n_features} features and {n_outputs} outputs; one or more of each are needed")
        self.register_buffer("mean", torch.zeros(n_features))
        self.register_buffer("scale", torch.ones(n_features))

    def standardised(self, features: torch.Tensor) -> torch.Tensor:
        """Return features ``(..., d)`` with the training images' means and spreads taken out."""
        return (features - self.mean) / self.scale


def standardising(network: Network, standard: "Standard") -> Network:
    """Return the network with what was fitted on the rows it learns from.

    Parameters
    ----------
    network
        Untrained.
    standard
        Means and spreads.
    """
    network.mean.copy_(torch.from_numpy(standard.mean))
    network.scale.copy_(torch.from_numpy(standard.scale))
    return network
