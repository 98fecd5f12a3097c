"""MiniRocket as a part of a stored model: fixed convolutions, what they are compared with, and a linear layer on top."""

import torch
from torch import Tensor, nn

from spectra_dl.spectra.networks.limits import check_sizes
from spectra_dl.spectra.networks.minirocket_features import features_on_processor
from spectra_dl.spectra.networks.minirocket_kernels import (
    FEATURES,
    KERNELS,
    dilation_counts,
    rocket_features,
)


class Rocket(nn.Module):
    """Classify spectra by how often fixed convolutions of them are high.

    Parameters
    ----------
    n_wavenumbers
        Points of each spectrum (W), at least 16.
    n_classes
        Classes (C), at least 2.

    Raises
    ------
    DataError
        Too few or too many wavenumbers or classes.

    Notes
    -----
    Nothing here is trained by gradient steps: thresholds and weights are those of `spectra_dl.spectra.estimators.minirocket`,
    which has the source. Features are formed in float32, as they were learnt, whatever the type of the weights: a convolution
    that equals its threshold but for rounding must fall on the same side.
    """

    thresholds: Tensor

    def __init__(self, n_wavenumbers: int, n_classes: int) -> None:
        super().__init__()
        check_sizes(n_wavenumbers, n_classes)
        self._dilations, self._counts = dilation_counts(n_wavenumbers, FEATURES // KERNELS)
        self.register_buffer("thresholds", torch.zeros(KERNELS, FEATURES // KERNELS))
        self.linear = nn.Linear(FEATURES, n_classes)
        self.requires_grad_(False)

    def forward(self, spectra: Tensor) -> Tensor:
        """Return logits ``(N, C)`` for spectra ``(N, W)``."""
        logits: Tensor = self.linear(self._features(spectra.float()).to(spectra.dtype))  # (N, W) -> (N, F)
        return logits

    def _features(self, spectra: Tensor) -> Tensor:
        thresholds = torch.split(self.thresholds.float(), self._counts.tolist(), dim=1)
        if spectra.device.type != "cpu":
            return rocket_features(spectra, self._dilations, thresholds)
        compared = [each.contiguous().numpy() for each in thresholds]
        return torch.from_numpy(
            features_on_processor(spectra.detach().contiguous().numpy(), self._dilations, compared)
        )
