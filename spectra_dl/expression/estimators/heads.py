"""Networks from the inputs of a spot to the expression of a panel of genes."""

import torch
from torch import nn

from spectra_dl.errors import UsageError
from spectra_dl.training.dropout import ExactDropout


class LinearHead(nn.Module):
    """One linear map of all inputs.

    Parameters
    ----------
    n_regions
        Rows of inputs per spot: 1 for its own tile, 3 with its surroundings.
    n_features, n_outputs
        Widths of the inputs per region and of the output.
    hidden
        Not used; every head is built alike.
    """

    def __init__(self, n_regions: int, n_features: int, n_outputs: int, hidden: int) -> None:
        super().__init__()
        self.out = nn.Linear(n_regions * n_features, n_outputs)
        nn.init.zeros_(self.out.weight)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return ``(N, n_outputs)`` for ``x`` (N, n_regions, n_features)."""
        outputs: torch.Tensor = self.out(x.flatten(1))
        return outputs


class MLPHead(nn.Module):
    """A hidden layer over all inputs, with strong dropout; parameters as in `LinearHead`."""

    def __init__(self, n_regions: int, n_features: int, n_outputs: int, hidden: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            ExactDropout(0.3), nn.Linear(n_regions * n_features, hidden), nn.GELU(), ExactDropout(0.3)
        )
        self.out = nn.Linear(hidden, n_outputs)
        nn.init.zeros_(self.out.weight)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return ``(N, n_outputs)`` for ``x`` (N, n_regions, n_features)."""
        outputs: torch.Tensor = self.out(self.body(x.flatten(1)))
        return outputs


class ContextHead(nn.Module):
    """One encoder shared by the spot and the rings around it, and a layer that combines them; parameters as in `LinearHead`."""

    def __init__(self, n_regions: int, n_features: int, n_outputs: int, hidden: int) -> None:
        super().__init__()
        self.encode = nn.Sequential(ExactDropout(0.3), nn.Linear(n_features, hidden))
        self.place = nn.Parameter(torch.zeros(n_regions, hidden))
        self.mix = nn.Sequential(
            nn.GELU(), ExactDropout(0.3), nn.Linear(n_regions * hidden, hidden), nn.GELU()
        )
        self.out = nn.Linear(hidden, n_outputs)
        nn.init.zeros_(self.out.weight)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return ``(N, n_outputs)`` for ``x`` (N, n_regions, n_features)."""
        encoded = self.encode(x) + self.place  # (N, n_regions, d) -> (N, n_regions, hidden)
        outputs: torch.Tensor = self.out(self.mix(encoded.flatten(1)))  # -> (N, n_outputs)
        return outputs


def set_output_bias(head: nn.Module, outputs: torch.Tensor) -> None:
    """Set the bias of the output layer, so that an untrained head predicts these values.

    Parameters
    ----------
    head
        A network that ends in a linear layer ``out``.
    outputs
        ``(n_outputs,)``, such as the training mean.

    Raises
    ------
    UsageError
        The head has no such layer.
    """
    layer = head.out
    if not isinstance(layer, nn.Linear) or layer.bias is None:
        raise UsageError("a head ends in a linear layer named out, with a bias")
    with torch.no_grad():
        layer.bias.copy_(outputs)
