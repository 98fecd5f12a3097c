"""What a trained member says part by part, and how its parts become one network again."""

from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray
from spectra_dl.models.members import network_output

if TYPE_CHECKING:
    from torch import nn


class MemberParts(Protocol):
    """A trained member whose parts each give logits; `spectra_dl.classification.shares` says how much each counts."""

    @property
    def names(self) -> tuple[str, ...]:
        """What each part is called; the same for every member of an ensemble."""

    def logits(self, inputs: NDArray[np.float32]) -> FloatArray:
        """Return the logits ``(p, n, c)`` of rows ``(n, ...)`` by each part."""

    def combined(self, shares: FloatArray) -> "nn.Module":
        """Return the network whose logits are the parts' logits weighted by ``shares`` (p,)."""


class WholeNetwork:
    """A network that is its own only part.

    Parameters
    ----------
    network
        The network.
    """

    names = ("network",)

    def __init__(self, network: "nn.Module") -> None:
        self.network = network

    def logits(self, inputs: NDArray[np.float32]) -> FloatArray:
        """Return the network's logits ``(1, n, c)`` of rows ``(n, ...)``."""
        return network_output(self.network, inputs)[None]

    def combined(self, shares: FloatArray) -> "nn.Module":
        """Return the network: one part has nothing to share, and the temperature scales its logits."""
        return self.network
