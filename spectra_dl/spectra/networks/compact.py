"""The default network: a linear model that is fitted in closed form, and a small convolutional path beside it."""

import torch
from torch import Tensor, nn

from spectra_dl.spectra.networks.limits import check_sizes

_BANDS = 125
_FILTERS = 4
_HIDDEN = 32


class Compact(nn.Module):
    """Classify spectra of some tens to hundreds of patients.

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
    Built for what is known of small biofluid sets: bands stand at fixed places and differ in height, so every place keeps
    its own weights and nothing is pooled over the axis; and linear models are hard to beat, so one stands inside.

    1. The linear path has a weight for every point. It is not trained by gradient steps: it takes over the weights of linear
       models that are fitted to the member's rows (`spectra_dl.spectra.estimators.parts.linear`).
    2. The convolutional path slides four learned filters, two bands wide, over the axis in steps of one band of at most 125, and
       has one hidden layer. It is trained by gradient steps, while the linear path is silent: trained on what a linear model
       leaves of its own training spectra, which is little, it came out worse.
    3. Filtered spectra are brought to mean 0 and standard deviation 1 over the training rows. (The momentum is None, so the
       statistics kept are averages over all of training, not its last few batches.)
    4. Half of the features are dropped at random while training, so that no single band decides.
    5. How much either says is chosen on patients that the member never saw (`combine`), and then stands in the weights: the
       logits are the sum of both, as in Wide & Deep (Cheng et al. 2016, doi 10.1145/2988450.2988454).

    Some 18,000 parameters for 1000 wavenumbers and two classes.
    """

    def __init__(self, n_wavenumbers: int, n_classes: int) -> None:
        super().__init__()
        check_sizes(n_wavenumbers, n_classes)
        width = -(-n_wavenumbers // _BANDS)
        places = (n_wavenumbers - 1) // width + 1
        self.linear = nn.Linear(n_wavenumbers, n_classes)
        self.filters = nn.Conv1d(1, _FILTERS, kernel_size=2 * width + 1, stride=width, padding=width)
        self.standardise_filtered = nn.BatchNorm1d(_FILTERS * places, momentum=None, affine=False)
        self.hidden = nn.Sequential(
            nn.Linear(_FILTERS * places, _HIDDEN), nn.BatchNorm1d(_HIDDEN), nn.GELU(), nn.Dropout(0.3)
        )
        self.output = nn.Linear(_HIDDEN, n_classes)
        self.drop = nn.Dropout(0.5)
        self.linear.requires_grad_(False)
        nn.init.zeros_(self.linear.weight)
        nn.init.zeros_(self.linear.bias)
        # The normalisation behind them takes these biases out again, so their gradient is only rounding, and AdamW
        # makes full steps of it. Frozen, the same training gives the same result to seven digits wherever it runs.
        for layer in (self.filters, self.hidden[0]):
            layer.bias.requires_grad_(False)

    def forward(self, spectra: Tensor) -> Tensor:
        """Return logits ``(N, C)`` for spectra ``(N, W)``."""
        logits: Tensor = self.linear(spectra) + self.convolutional(spectra)
        return logits

    def convolutional(self, spectra: Tensor) -> Tensor:
        """Return the convolutional path's share of the logits ``(N, C)`` for spectra ``(N, W)``."""
        filtered = self.filters(spectra.unsqueeze(1)).flatten(1)  # (N, W) -> (N, 4, P) -> (N, 4 P), P <= 125
        logits: Tensor = self.output(self.hidden(self.drop(self.standardise_filtered(filtered))))
        return logits

    @torch.no_grad()
    def combine(self, weight: Tensor, bias: Tensor, share: float) -> None:
        """Take over a linear path, and let the convolutional one count for its share.

        Parameters
        ----------
        weight
            ``(C, W)``.
        bias
            ``(C,)``.
        share
            What the convolutional path's logits are multiplied by.
        """
        # Rounded as a model file keeps them, so that a model says the same before it is saved.
        self.linear.weight.copy_(weight.float())
        self.linear.bias.copy_(bias.float())
        for part in (self.output.weight, self.output.bias):
            part.copy_((part * share).float())
