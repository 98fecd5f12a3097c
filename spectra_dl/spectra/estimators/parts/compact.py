"""A trained `Compact` network by its parts: several linear models, and the convolutional path."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray
from spectra_dl.models.members import network_output
from spectra_dl.spectra.estimators.parts.linear import LinearSolutions

if TYPE_CHECKING:
    from spectra_dl.spectra.networks.compact import Compact

CONVOLUTIONS = "convolutional path"


class CompactParts:
    """The linear models fitted to a member's rows, and its network that was trained on them without a linear path.

    Parameters
    ----------
    network
        Trained; its linear path is still zero.
    linear
        What may become its linear path.
    """

    def __init__(self, network: "Compact", linear: LinearSolutions) -> None:
        self.network, self.linear = network, linear

    @property
    def names(self) -> tuple[str, ...]:
        """What each part is called."""
        return (*self.linear.names, CONVOLUTIONS)

    def logits(self, inputs: NDArray[np.float32]) -> FloatArray:
        """Return the logits ``(p, n, c)`` of cleaned spectra ``(n, q)`` by each part."""
        return np.concatenate([self.linear.logits(inputs), network_output(self.network, inputs)[None]])

    def combined(self, shares: FloatArray) -> "Compact":
        """Return the network with the parts' logits weighted by ``shares`` (p,); call it once."""
        import torch

        weight = np.tensordot(shares[:-1], self.linear.weight, axes=1)
        bias = shares[:-1] @ self.linear.bias
        self.network.combine(torch.from_numpy(weight), torch.from_numpy(bias), float(shares[-1]))
        return self.network
