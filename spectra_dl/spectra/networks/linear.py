"""A linear classifier as a stored model: a classical model that weighs the points of a spectrum."""

from torch import Tensor, nn

from spectra_dl.spectra.networks.limits import check_sizes


class Linear(nn.Module):
    """Classify spectra by a weighted sum of their points.

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
    """

    def __init__(self, n_wavenumbers: int, n_classes: int) -> None:
        super().__init__()
        check_sizes(n_wavenumbers, n_classes)
        self.linear = nn.Linear(n_wavenumbers, n_classes)
        self.requires_grad_(False)

    def forward(self, spectra: Tensor) -> Tensor:
        """Return logits ``(N, C)`` for spectra ``(N, W)``."""
        logits: Tensor = self.linear(spectra)
        return logits
