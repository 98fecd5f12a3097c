"""LeNet-5 for spectra: two convolutions, two poolings, three dense layers."""

from torch import Tensor, nn

from spectra_dl.spectra.networks.limits import check_sizes

_KERNEL = 5


class LeNet5(nn.Module):
    """Classify spectra with LeNet-5, its images replaced by spectra.

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
    Shao et al. (Nanomedicine NBM 29:102245, 2020, doi 10.1016/j.nano.2020.102245) classified serum of prostate-cancer
    patients, with or without bone metastases, by "a CNN based on LeNet-5". Their abstract gives no layer
    sizes and their code and data are not public, so this is not their network: it takes channels (6, 16), kernel 5,
    pooling 2 and dense layers (120, 84) from LeCun et al. (Proc IEEE 86:2278, 1998, doi 10.1109/5.726791). Changed from
    LeCun: one dimension; ReLU for tanh; max-pooling for trainable subsampling; every map of the second layer sees
    every map of the first; a linear output for radial basis functions; dropout 0.5 before the last two layers.
    """

    def __init__(self, n_wavenumbers: int, n_classes: int) -> None:
        super().__init__()
        check_sizes(n_wavenumbers, n_classes)
        self.features = nn.Sequential(
            nn.Conv1d(1, 6, _KERNEL),
            nn.ReLU(),
            nn.MaxPool1d(2),
            nn.Conv1d(6, 16, _KERNEL),
            nn.ReLU(),
            nn.MaxPool1d(2),
        )
        self.classify = nn.Sequential(
            nn.Linear(16 * _length_after_pooling(n_wavenumbers), 120),
            nn.ReLU(),
            nn.Dropout(0.5),
            nn.Linear(120, 84),
            nn.ReLU(),
            nn.Dropout(0.5),
            nn.Linear(84, n_classes),
        )

    def forward(self, spectra: Tensor) -> Tensor:
        """Return logits ``(N, C)`` for spectra ``(N, W)``."""
        maps = self.features(spectra.unsqueeze(1))  # (N, W) -> (N, 1, W) -> (N, 16, about W/4 - 3)
        logits: Tensor = self.classify(maps.flatten(1))  # -> (N, 16 (W/4 - 3)) -> (N, C)
        return logits


def _length_after_pooling(n_wavenumbers: int) -> int:
    once = (n_wavenumbers - _KERNEL + 1) // 2
    return (once - _KERNEL + 1) // 2
