"""`spectra_dl.spectra.networks.minirocket.Rocket` without torch."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray
from spectra_dl.spectra.networks.folded.tensors import checked_tensors
from spectra_dl.spectra.networks.minirocket_features import features_on_processor
from spectra_dl.spectra.networks.minirocket_kernels import FEATURES, KERNELS, dilation_counts


@dataclass(frozen=True, eq=False)
class FoldedRocket:
    """Dilations ``(d,)``, the thresholds of each, and weights ``(C, F)`` and biases ``(C,)`` of the features."""

    dilations: NDArray[np.intp]
    thresholds: list[NDArray[np.float32]]
    weight: FloatArray
    bias: FloatArray

    @classmethod
    def of(cls, tensors: Mapping[str, NDArray[Any]], n_wavenumbers: int, n_classes: int) -> "FoldedRocket":
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
        per_kernel = FEATURES // KERNELS
        shapes = {
            "thresholds": (KERNELS, per_kernel),
            "linear.weight": (n_classes, FEATURES),
            "linear.bias": (n_classes,),
        }
        found = checked_tensors(tensors, shapes)
        dilations, counts = dilation_counts(n_wavenumbers, per_kernel)
        thresholds = found["thresholds"].astype(np.float32)
        return cls(
            dilations,
            np.split(thresholds, np.cumsum(counts)[:-1], axis=1),
            found["linear.weight"],
            found["linear.bias"],
        )

    def logits(self, spectra: NDArray[np.float32]) -> FloatArray:
        """Return logits ``(N, C)`` of spectra ``(N, W)``."""
        features = features_on_processor(spectra, self.dilations, self.thresholds)
        logits: FloatArray = features.astype(np.float64) @ self.weight.T + self.bias
        return logits
