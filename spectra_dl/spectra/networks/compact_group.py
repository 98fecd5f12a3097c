"""Several `Compact` networks as one, for as long as they are trained."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from spectra_dl.spectra.networks.banded_filters import filtered_by_bands
from spectra_dl.spectra.networks.compact import Compact
from spectra_dl.training.dropout import PackedDropout
from spectra_dl.training.grouped.network import NetworkGroup

_WEIGHTS = {
    "filters": "filters.weight",
    "inner": "hidden.0.weight",
    "outer": "hidden.4.weight",
    "bias": "hidden.4.bias",
    "standardise_hidden.weight": "hidden.1.weight",
    "standardise_hidden.bias": "hidden.1.bias",
}
_STATISTICS = ("running_mean", "running_var", "num_batches_tracked")
_OWN_NAMES = _WEIGHTS | {
    f"{here}.{name}": f"{own}.{name}"
    for here, own in (("standardise_filtered", "standardise_filtered"), ("standardise_hidden", "hidden.1"))
    for name in _STATISTICS
}


class CompactGroup(NetworkGroup):
    """The convolutional paths of networks for the same number of wavenumbers and classes; linear paths are silent while these are trained.

    Parameters
    ----------
    networks
        The members (M).
    """

    def __init__(self, networks: Sequence[Compact]) -> None:
        super().__init__(networks, _OWN_NAMES)
        first = networks[0]
        self.filters = self.room(_OWN_NAMES["filters"])  # (M, F, 1, K)
        self.inner = self.room(_OWN_NAMES["inner"])  # (M, H, F P)
        self.outer = self.room(_OWN_NAMES["outer"])  # (M, C, H)
        # One axis, as the layer's own has: weight decay knows biases by it.
        self.bias = nn.Parameter(self.room(_OWN_NAMES["bias"]).detach().flatten())  # (M C,)
        self.standardise_filtered = nn.BatchNorm1d(
            self.members * self.inner.shape[2], momentum=None, affine=False
        )
        self.standardise_hidden = nn.BatchNorm1d(self.members * self.inner.shape[1])
        self.drop = PackedDropout(first.drop.p)
        self.drop_hidden = PackedDropout(first.drop_hidden.p)
        self.gather()

    def forward(self, spectra: Tensor) -> Tensor:
        """Return logits ``(N, M, C)`` for spectra ``(N, M, W)``."""
        rows = len(spectra)
        filtered = filtered_by_bands(spectra, self.filters.squeeze(2))  # (N, M F P)
        features = self.drop(self.standardise_filtered(filtered))  # (N, M F P)
        hidden = torch.bmm(self._apart(features), self.inner.transpose(1, 2))  # (M, N, H)
        hidden = self.standardise_hidden(hidden.transpose(0, 1).reshape(rows, -1))  # (N, M H)
        hidden = self._apart(self.drop_hidden(functional.gelu(hidden)))  # (M, N, H)
        bias = self.bias.view(self.members, 1, -1)
        return torch.baddbmm(bias, hidden, self.outer.transpose(1, 2)).transpose(0, 1)

    def _apart(self, values: Tensor) -> Tensor:
        """Return ``(M, N, ...)`` for ``(N, M ...)``."""
        return values.view(len(values), self.members, -1).transpose(0, 1)
