"""The network of images: a multilayer perceptron on features, which it standardises itself."""

import torch
from torch import nn

from spectra_dl.imaging.bags.standardising import StandardisingNetwork

HIDDEN, DROPOUT = 64, 0.5


class FeatureMLP(StandardisingNetwork):
    """One hidden layer on standardised features ``(N, d)`` that gives logits ``(N, c)``.

    Parameters
    ----------
    n_features, n_classes
        As for `StandardisingNetwork`.
    """

    def __init__(self, n_features: int, n_classes: int) -> None:
        super().__init__(n_features, n_classes)
        self.layers = nn.Sequential(
            nn.Linear(n_features, HIDDEN), nn.GELU(), nn.Dropout(DROPOUT), nn.Linear(HIDDEN, n_classes)
        )

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Return ``(N, c)`` logits of ``(N, d)`` features."""
        logits: torch.Tensor = self.layers(self.standardised(features))
        return logits
