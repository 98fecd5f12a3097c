"""`Compact` as it was: its linear path is trained together with the convolutional one, on bands."""

from torch import Tensor, nn

from spectra_dl.spectra.networks.convolutional_path import ConvolutionalPath


class EarlierCompact(ConvolutionalPath):
    """Predict from spectra of some tens to hundreds of patients: numbers, and the classes of model files that were written with it.

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

    1. The linear path averages neighbouring points into at most 125 bands: less noise, and shifts of a point or two
       hardly matter.
    2. The convolutional path slides four learned filters, two bands wide, over the axis in steps of one band, and has one
       hidden layer.
    3. Both are brought to mean 0 and standard deviation 1 over the training rows, as before a logistic regression. (The
       momentum is None, so the statistics kept are averages over all of training, not its last few batches.)
    4. Half of the features are dropped at random while training, so that no single band decides: on a linear path this
       acts like a ridge penalty (Wager, Wang & Liang 2013, arXiv:1307.1493).
    5. The logits are the sum of both, as in Wide & Deep (Cheng et al. 2016, doi 10.1145/2988450.2988454).

    Some 16,500 parameters for 1000 wavenumbers and two classes, 80 kB in float32 with the stored statistics.
    """

    def __init__(self, n_wavenumbers: int, n_classes: int) -> None:
        super().__init__(n_wavenumbers, n_classes, linear_on_bands=True)
        self.average = nn.AvgPool1d(self.filters.stride[0], ceil_mode=True)
        self.standardise_bands = nn.BatchNorm1d(self.linear.in_features, momentum=None, affine=False)

    def forward(self, spectra: Tensor) -> Tensor:
        """Return logits ``(N, C)`` for spectra ``(N, W)``."""
        bands = self.average(spectra.unsqueeze(1)).squeeze(1)  # (N, W) -> (N, B), B <= 125
        linear = self.linear(self.drop(self.standardise_bands(bands)))  # -> (N, C)
        logits: Tensor = linear + self.convolutional(spectra)  # -> (N, C)
        return logits
