"""Stored networks as matrix products in float64: what torch says of them to twelve digits, without torch."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray, equal_blocks
from spectra_dl.spectra.networks.folded.compact import FoldedCompact
from spectra_dl.spectra.networks.folded.linear import FoldedLinear
from spectra_dl.spectra.networks.folded.minirocket import FoldedRocket
from spectra_dl.spectra.networks.limits import check_sizes


class FoldedNetwork(Protocol):
    """A network that gives logits without torch."""

    def logits(self, spectra: NDArray[np.float32]) -> FloatArray:
        """Return logits ``(N, C)`` of spectra ``(N, W)``."""


_FOLDED: Final[Mapping[str, Callable[[Mapping[str, NDArray[np.generic]], int, int], FoldedNetwork]]] = {
    "compact": FoldedCompact.of,
    "logistic": FoldedLinear.of,
    "pls-da": FoldedLinear.of,
    "pca-lda": FoldedLinear.of,
    "minirocket": FoldedRocket.of,
}


def can_be_folded(name: str) -> bool:
    """Return whether the network of a name, as `spectra_dl.spectra.networks.build_network` builds it, gives logits without torch."""
    return name in _FOLDED


def folded_network(
    name: str, tensors: Mapping[str, NDArray[np.generic]], n_wavenumbers: int, n_classes: int
) -> FoldedNetwork:
    """Return a stored network as matrix products.

    Parameters
    ----------
    name
        For which `can_be_folded`.
    tensors
        Its arrays by the names that torch has for them, in float32.
    n_wavenumbers
        Points of each spectrum.
    n_classes
        Classes.

    Raises
    ------
    RuntimeError
        Tensors are missing, extra, mis-shaped or of another type.
    DataError
        Too few or too many wavenumbers or classes.
    """
    check_sizes(n_wavenumbers, n_classes)
    return _FOLDED[name](tensors, n_wavenumbers, n_classes)


@dataclass(frozen=True, eq=False)
class FoldedMembers:
    """All networks of a model; where a sum of networks is such a network, those that take the same input are one.

    Attributes
    ----------
    networks
        What is left, each with the number of the input that it takes.
    members
        How many there were.
    """

    networks: tuple[tuple[FoldedNetwork, int], ...]
    members: int

    @classmethod
    def of(cls, networks: Sequence[FoldedNetwork], inputs: Sequence[int]) -> "FoldedMembers":
        """Return networks together.

        Parameters
        ----------
        networks
            At least one.
        inputs
            The number of the input that each takes.
        """
        compact: dict[int, list[FoldedCompact]] = {}
        linear: dict[int, list[FoldedLinear]] = {}
        left: list[tuple[FoldedNetwork, int]] = []
        for network, used in zip(networks, inputs, strict=True):
            if isinstance(network, FoldedCompact):
                compact.setdefault(used, []).append(network)
            elif isinstance(network, FoldedLinear):
                linear.setdefault(used, []).append(network)
            else:
                left.append((network, used))
        left += [(FoldedCompact.sum_of(alike), used) for used, alike in compact.items()]
        left += [(FoldedLinear.sum_of(alike), used) for used, alike in linear.items()]
        return cls(tuple(left), len(networks))

    def mean_logits(self, inputs: Sequence[NDArray[np.float32]]) -> FloatArray:
        """Return the mean over members of their logits ``(n, c)``, in which a row's result does not depend on the others.

        Parameters
        ----------
        inputs
            ``(n, w)`` each.
        """
        parts = [
            np.sum([network.logits(rows[used]) for network, used in self.networks], axis=0) / self.members
            for rows in zip(*map(equal_blocks, inputs), strict=True)
        ]
        return np.concatenate(parts)[: len(inputs[0])]
