"""Networks of other packages: what they fail with, and logits of a wrong shape, end as a sentence that names them."""

import torch
from torch import nn

from spectra_dl.errors import DataError
from spectra_dl.plugins.foreign import foreign_code
from spectra_dl.plugins.installed import version_of


def checked_network(network: nn.Module, name: str, n_classes: int) -> nn.Module:
    """Return a plugin's network whose `forward` is checked; its weights keep their names.

    Parameters
    ----------
    network
        As the plugin built it; its class is replaced by a subclass.
    name
        With ``plugin:`` before it.
    n_classes
        Columns of the logits.
    """
    kind = type(network)

    def forward(self: nn.Module, spectra: torch.Tensor) -> torch.Tensor:
        # Where memory is short, training goes on with smaller batches.
        with foreign_code("networks", name, unchanged=torch.OutOfMemoryError):
            logits: torch.Tensor = kind.forward(self, spectra)
            shape = tuple(logits.shape)
        traced = not all(isinstance(size, int) for size in shape)  # for an export, where sizes are tensors
        if not traced and shape != (len(spectra), n_classes):
            raise DataError(
                f"{name} of {version_of('networks', name)} gave logits of shape {shape} for {len(spectra)} spectra and {n_classes} classes; "
                "choose another network, or tell whoever keeps that package"
            )
        return logits

    network.__class__ = type(kind.__name__, (kind,), {"forward": forward, "__module__": kind.__module__})
    return network
