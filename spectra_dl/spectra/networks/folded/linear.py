"""`spectra_dl.spectra.networks.linear.Linear` without torch."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray
from spectra_dl.spectra.networks.folded.tensors import checked_tensors


@dataclass(frozen=True, eq=False)
class FoldedLinear:
    """Weights ``(C, W)`` and biases ``(C,)`` of logits."""

    weight: FloatArray
    bias: FloatArray

    @classmethod
    def of(cls, tensors: Mapping[str, NDArray[Any]], n_wavenumbers: int, n_classes: int) -> "FoldedLinear":
        """Return the stored network; see `spectra_dl.spectra.networks.folded.folded_network`.

        Parameters
        ----------
        tensors
            By name, in float32.
        n_wavenumbers
            Points of each spectrum.
        n_classes
            Classes.
        """
        shapes = {"linear.weight": (n_classes, n_wavenumbers), "linear.bias": (n_classes,)}
        found = checked_tensors(tensors, shapes)
        return cls(found["linear.weight"], found["linear.bias"])

    @classmethod
    def sum_of(cls, networks: "Sequence[FoldedLinear]") -> "FoldedLinear":
        """Return one network whose logits are the sum of those of several."""
        weight = np.sum([each.weight for each in networks], axis=0)
        return cls(weight, np.sum([each.bias for each in networks], axis=0))

    def logits(self, spectra: NDArray[np.float32]) -> FloatArray:
        """Return logits ``(N, C)`` of spectra ``(N, W)``."""
        logits: FloatArray = spectra.astype(np.float64) @ self.weight.T + self.bias
        return logits
