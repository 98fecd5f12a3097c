"""`Compact` as it was: its linear path is trained together with the convolutional one, on bands."""

from torch import Tensor, nn

from spectra_dl.spectra.networks.limits import check_sizes

_BANDS = 125
_FILTERS = 4
_HIDDEN = 32


class EarlierCompact(nn.Module):
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
        super().__init__()
        check_sizes(n_wavenumbers, n_classes)
        width = -(-n_wavenumbers // _BANDS)
        bands = -(-n_wavenumbers // width)
        places = (n_wavenumbers - 1) // width + 1
        self.average = nn.AvgPool1d(width, ceil_mode=True)
        self.standardise_bands = nn.BatchNorm1d(bands, momentum=None, affine=False)
        self.linear = nn.Linear(bands, n_classes)
        self.filters = nn.Conv1d(1, _FILTERS, kernel_size=2 * width + 1, stride=width, padding=width)
        self.standardise_filtered = nn.BatchNorm1d(_FILTERS * places, momentum=None, affine=False)
        self.hidden = nn.Sequential(
            nn.Linear(_FILTERS * places, _HIDDEN),
            nn.BatchNorm1d(_HIDDEN),
            nn.GELU(),
            nn.Dropout(0.3),
            nn.Linear(_HIDDEN, n_classes),
        )
        self.drop = nn.Dropout(0.5)
        # The normalisation behind them takes these biases out again, so their gradient is only rounding, and AdamW
        # makes full steps of it. Frozen, the same training gives the same result to seven digits wherever it runs.
        for layer in (self.filters, self.hidden[0]):
            layer.bias.requires_grad_(False)

    def forward(self, spectra: Tensor) -> Tensor:
        """Return logits ``(N, C)`` for spectra ``(N, W)``."""
        spectra = spectra.unsqueeze(1)  # (N, W) -> (N, 1, W)
        bands = self.average(spectra).squeeze(1)  # -> (N, B), B <= 125
        filtered = self.filters(spectra).flatten(1)  # -> (N, 4, P) -> (N, 4 P), P = B
        linear = self.linear(self.drop(self.standardise_bands(bands)))  # -> (N, C)
        logits: Tensor = linear + self.hidden(self.drop(self.standardise_filtered(filtered)))  # -> (N, C)
        return logits
