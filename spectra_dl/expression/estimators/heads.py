"""Networks from what is shown of a spot to the expression of a panel of genes."""

import torch
from torch import nn

from spectra_dl.errors import UsageError


class LinearHead(nn.Module):
    """One linear map of everything shown.

    Parameters
    ----------
    shown
        1 for the spot alone, 3 with its surroundings.
    n_features, n_outputs
        Widths.
    hidden
        Not used; every head is built alike.
    """

    def __init__(self, shown: int, n_features: int, n_outputs: int, hidden: int) -> None:
        super().__init__()
        self.out = nn.Linear(shown * n_features, n_outputs)
        nn.init.zeros_(self.out.weight)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return ``(N, n_outputs)`` for ``x`` (N, shown, n_features)."""
        outputs: torch.Tensor = self.out(x.flatten(1))
        return outputs


class MLPHead(nn.Module):
    """A hidden layer over everything shown, with strong dropout; parameters as in `LinearHead`."""

    def __init__(self, shown: int, n_features: int, n_outputs: int, hidden: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Dropout(0.3), nn.Linear(shown * n_features, hidden), nn.GELU(), nn.Dropout(0.3)
        )
        self.out = nn.Linear(hidden, n_outputs)
        nn.init.zeros_(self.out.weight)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return ``(N, n_outputs)`` for ``x`` (N, shown, n_features)."""
        outputs: torch.Tensor = self.out(self.body(x.flatten(1)))
        return outputs


class ContextHead(nn.Module):
    """One encoder shared by the spot and the rings around it, and a layer that weighs them; parameters as in `LinearHead`."""

    def __init__(self, shown: int, n_features: int, n_outputs: int, hidden: int) -> None:
        super().__init__()
        self.encode = nn.Sequential(nn.Dropout(0.3), nn.Linear(n_features, hidden))
        self.place = nn.Parameter(torch.zeros(shown, hidden))
        self.mix = nn.Sequential(nn.GELU(), nn.Dropout(0.3), nn.Linear(shown * hidden, hidden), nn.GELU())
        self.out = nn.Linear(hidden, n_outputs)
        nn.init.zeros_(self.out.weight)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return ``(N, n_outputs)`` for ``x`` (N, shown, n_features)."""
        encoded = self.encode(x) + self.place  # (N, shown, d) -> (N, shown, hidden)
        outputs: torch.Tensor = self.out(self.mix(encoded.flatten(1)))  # -> (N, n_outputs)
        return outputs


def start_at(head: nn.Module, outputs: torch.Tensor) -> None:
    """Set the output's bias, so that an untrained head says the training mean."""
    layer = head.out
    if not isinstance(layer, nn.Linear) or layer.bias is None:
        raise UsageError("a head ends in a linear layer named out, with a bias")
    with torch.no_grad():
        layer.bias.copy_(outputs)
