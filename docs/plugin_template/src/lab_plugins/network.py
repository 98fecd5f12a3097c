"""A network: two layers. Its arguments are the number of wavenumbers and of classes, its output are logits."""

from torch import nn


class LabNet(nn.Module):
    """From spectra (N, W) to logits (N, C)."""

    def __init__(self, n_wavenumbers, n_classes):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(n_wavenumbers, 16), nn.Tanh(), nn.Linear(16, n_classes))

    def forward(self, spectra):
        return self.layers(spectra)
