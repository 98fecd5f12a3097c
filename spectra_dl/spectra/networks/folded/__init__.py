"""Stored networks as matrix products in float64: what torch says of them to twelve digits, without torch."""

from collections.abc import Callable, Mapping, Sequence
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


def mean_logits(networks: Sequence[FoldedNetwork], inputs: Sequence[NDArray[np.float32]]) -> FloatArray:
    """Return the mean over networks of their logits ``(n, c)``, in which a row's result does not depend on the others.

    Parameters
    ----------
    networks
        At least one.
    inputs
        What each of them takes, ``(n, w)``; the same array may stand for several.
    """
    blocks = zip(*map(equal_blocks, inputs), strict=True)
    parts = []
    for rows in blocks:
        total = networks[0].logits(rows[0])
        for network, own in zip(networks[1:], rows[1:], strict=True):
            total = total + network.logits(own)
        parts.append(total / len(networks))
    return np.concatenate(parts)[: len(inputs[0])]
