"""The convolutional path of the default network, as it is and as it was."""

from typing import cast

from torch import Tensor, nn

from spectra_dl.spectra.networks.bands import FILTERS, HIDDEN, bands_of
from spectra_dl.spectra.networks.limits import check_sizes
from spectra_dl.training.dropout import PackedDropout


class ConvolutionalPath(nn.Module):
    """What both kinds of the default network are made of: a linear path, which each feeds in its way, and a convolutional one.

    Parameters
    ----------
    n_wavenumbers
        Points of each spectrum (W), at least 16.
    n_classes
        Classes (C), at least 2.
    linear_on_bands
        Give the linear path the band means in place of the points.

    Raises
    ------
    DataError
        Too few or too many wavenumbers or classes.
    """

    def __init__(self, n_wavenumbers: int, n_classes: int, *, linear_on_bands: bool) -> None:
        super().__init__()
        check_sizes(n_wavenumbers, n_classes)
        width, places = bands_of(n_wavenumbers)
        self.linear = nn.Linear(places if linear_on_bands else n_wavenumbers, n_classes)
        self.filters = nn.Conv1d(1, FILTERS, kernel_size=2 * width + 1, stride=width, padding=width)
        self.standardise_filtered = nn.BatchNorm1d(FILTERS * places, momentum=None, affine=False)
        self.drop, self.drop_hidden = PackedDropout(0.5), PackedDropout(0.3)
        self.hidden = nn.Sequential(
            nn.Linear(FILTERS * places, HIDDEN),
            nn.BatchNorm1d(HIDDEN),
            nn.GELU(),
            self.drop_hidden,
            nn.Linear(HIDDEN, n_classes),
        )
        # The normalisation behind them takes these biases out again, so their gradient is only rounding, and AdamW
        # makes full steps of it. Frozen, the same training gives the same result to seven digits wherever it runs.
        for bias in (self.filters.bias, self.hidden[0].bias):
            nn.init.zeros_(cast("Tensor", bias).requires_grad_(False))

    def convolutional(self, spectra: Tensor) -> Tensor:
        """Return the convolutional path's logits ``(N, C)`` for spectra ``(N, W)``."""
        filtered = self.filters(spectra.unsqueeze(1)).flatten(1)  # (N, W) -> (N, 4, P) -> (N, 4 P), P <= 125
        logits: Tensor = self.hidden(self.drop(self.standardise_filtered(filtered)))
        return logits
