"""The default network: a linear model that is fitted in closed form, and a small convolutional path beside it."""

import torch
from torch import Tensor, nn

from spectra_dl.spectra.networks.convolutional_path import ConvolutionalPath


class Compact(ConvolutionalPath):
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
        super().__init__(n_wavenumbers, n_classes, linear_on_bands=False)
        self.linear.requires_grad_(False)
        nn.init.zeros_(self.linear.weight)
        nn.init.zeros_(self.linear.bias)

    def forward(self, spectra: Tensor) -> Tensor:
        """Return logits ``(N, C)`` for spectra ``(N, W)``."""
        logits: Tensor = self.linear(spectra) + self.convolutional(spectra)
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
        for part in self.hidden[-1].parameters():
            part.copy_((part * share).float())
