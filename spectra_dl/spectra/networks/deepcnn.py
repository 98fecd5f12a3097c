"""The convolutional network of Liu et al. 2017 for raw Raman spectra."""

from torch import Tensor, nn

from spectra_dl.spectra.networks.limits import check_sizes

_CHANNELS = (16, 32, 64)
_KERNELS = (21, 11, 5)
_DENSE = 2048


class DeepCNN(nn.Module):
    """Classify spectra with three convolutions and one wide dense layer.

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
    Liu, Osadchy, Ashton, Foster, Solomon & Gibson, "Deep convolutional neural networks for Raman spectrum recognition:
    a unified solution", Analyst 142:4067, 2017, doi 10.1039/C7AN01371J. Theirs, as reviews and a public reimplementation
    describe it (we had no access to their code): kernels 21, 11 and 5 with 16, 32 and 64 channels, each followed by batch
    normalisation, LeakyReLU and max-pooling by 2; a dense layer of 2048 units with dropout 0.5. Our choices where the
    descriptions differ or are silent: convolutions keep the length and have no bias, which the normalisation would take
    out; LeakyReLU falls with slope 0.1; the dense layer ends with tanh, and dropout follows it.

    Some 16,400 parameters per wavenumber, 16.4 million at W = 1000: far more than small sets can train, so compare it
    with the compact network there.
    """

    def __init__(self, n_wavenumbers: int, n_classes: int) -> None:
        super().__init__()
        check_sizes(n_wavenumbers, n_classes)
        layers: list[nn.Module] = []
        before = 1
        for channels, kernel in zip(_CHANNELS, _KERNELS, strict=True):
            layers += [
                nn.Conv1d(before, channels, kernel, padding=kernel // 2, bias=False),
                nn.BatchNorm1d(channels),
                nn.LeakyReLU(0.1),
                nn.MaxPool1d(2),
            ]
            before = channels
        self.features = nn.Sequential(*layers)
        self.classify = nn.Sequential(
            nn.Linear(_CHANNELS[-1] * (n_wavenumbers // 2 ** len(_CHANNELS)), _DENSE),
            nn.Tanh(),
            nn.Dropout(0.5),
            nn.Linear(_DENSE, n_classes),
        )

    def forward(self, spectra: Tensor) -> Tensor:
        """Return logits ``(N, C)`` for spectra ``(N, W)``."""
        maps = self.features(spectra.unsqueeze(1))  # (N, W) -> (N, 1, W) -> (N, 64, W/8)
        logits: Tensor = self.classify(maps.flatten(1))  # -> (N, 8 W) -> (N, C)
        return logits
