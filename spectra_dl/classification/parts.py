"""What a trained member, or a model beside it, says part by part, and how its parts become one network again."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray
from spectra_dl.classification.training_data import TrainingData
from spectra_dl.models.members import network_output

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True, eq=False)
class UnseenLogits:
    """What a part says of patients it never saw.

    Attributes
    ----------
    name
        Of the part.
    logits
        ``(n, c)`` of each training row.
    trust
        How far they are believed, see `spectra_dl.classification.shares.learn_shares`.
    """

    name: str
    logits: FloatArray
    trust: float


class MemberParts(Protocol):
    """A trained member whose parts each give logits; `spectra_dl.classification.shares` says how much each counts."""

    @property
    def names(self) -> tuple[str, ...]:
        """What each part is called; the same for every member of an ensemble."""

    def logits(self, inputs: Any) -> FloatArray:
        """Return the logits ``(p, n, c)`` of ``n`` rows, as the member takes them, by each part."""

    def combined(self, shares: FloatArray) -> "nn.Module":
        """Return the network whose logits are the parts' logits weighted by ``shares`` (p,)."""


class FittedParts(Protocol):
    """A model that was fitted on all rows beside the members, and what it says of patients it was fitted without."""

    @property
    def names(self) -> tuple[str, ...]:
        """What each part is called."""

    @property
    def trust(self) -> float:
        """How far the parts' logits are believed, see `spectra_dl.classification.shares.learn_shares`."""

    @property
    def prepared(self) -> Any:
        """What was fitted on the rows to prepare others."""

    @property
    def out_of_fold_logits(self) -> FloatArray:
        """Logits ``(p, n, c)`` of each training row by each part, fitted without its patient."""

    def combined(self, shares: FloatArray) -> "nn.Module":
        """Return the network whose logits are the parts' logits weighted by ``shares`` (p,)."""


class FittedModel(Protocol):
    """A model that is fitted on all rows beside an ensemble's members, and that says by itself what it is worth."""

    @property
    def title(self) -> str:
        """What it is called while it is fitted."""

    def fit(self, data: TrainingData) -> FittedParts:
        """Return the model fitted on all rows."""


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
