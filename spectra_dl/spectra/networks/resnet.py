"""The residual network of Ho et al. 2019 for bacteria."""

from torch import Tensor, nn

from spectra_dl.spectra.networks.limits import check_sizes

_STEM_CHANNELS = 64
_CHANNELS = 100
_BLOCKS_PER_STAGE = 2
_STAGE_STRIDES = (1, 2, 2, 2, 2, 2)
_KERNEL = 5


class ResNet(nn.Module):
    """Classify spectra with a stem of 64 channels and 6 x 2 residual blocks of 100 channels.

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
    Ho, Jean, Hogan et al., "Rapid identification of pathogenic bacteria using Raman spectroscopy and deep learning",
    Nat Commun 10:4927, 2019, doi 10.1038/s41467-019-12898-9; layer by layer as in the authors' public code
    (github.com/csho33/bacteria-ID), written anew. Nothing in the computation was changed. The authors trained it on
    60,000 spectra; it costs about 785 MFLOP per spectrum of 1000 points, so it is meant for GPUs.
    """

    def __init__(self, n_wavenumbers: int, n_classes: int) -> None:
        super().__init__()
        check_sizes(n_wavenumbers, n_classes)
        self.stem = nn.Sequential(
            nn.Conv1d(1, _STEM_CHANNELS, _KERNEL, padding=_KERNEL // 2, bias=False),
            nn.BatchNorm1d(_STEM_CHANNELS),
            nn.ReLU(),
        )
        blocks: list[nn.Module] = []
        before, length = _STEM_CHANNELS, n_wavenumbers
        for stage_stride in _STAGE_STRIDES:
            for stride in (stage_stride, *[1] * (_BLOCKS_PER_STAGE - 1)):
                blocks.append(ResidualBlock(before, _CHANNELS, stride))
                before, length = _CHANNELS, -(-length // stride)
        self.blocks = nn.Sequential(*blocks)
        self.classify = nn.Linear(_CHANNELS * length, n_classes)

    def forward(self, spectra: Tensor) -> Tensor:
        """Return logits ``(N, C)`` for spectra ``(N, W)``."""
        maps = self.stem(spectra.unsqueeze(1))  # (N, W) -> (N, 1, W) -> (N, 64, W)
        maps = self.blocks(maps)  # -> (N, 100, W/32)
        logits: Tensor = self.classify(maps.flatten(1))  # -> (N, 100 W/32) -> (N, C)
        return logits


class ResidualBlock(nn.Module):
    """Add two convolutions to their input, which is strided by a convolution of width 1 where shapes differ.

    Parameters
    ----------
    before, after
        Channels in and out.
    stride
        Step of the first convolution.
    """

    def __init__(self, before: int, after: int, stride: int) -> None:
        super().__init__()
        self.convolutions = nn.Sequential(
            nn.Conv1d(before, after, _KERNEL, stride, padding=_KERNEL // 2, bias=False),
            nn.BatchNorm1d(after),
            nn.ReLU(),
            nn.Conv1d(after, after, _KERNEL, padding=_KERNEL // 2, bias=False),
            nn.BatchNorm1d(after),
        )
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or before != after:
            self.shortcut = nn.Sequential(
                nn.Conv1d(before, after, 1, stride, bias=False), nn.BatchNorm1d(after)
            )
        self.activation = nn.ReLU()

    def forward(self, maps: Tensor) -> Tensor:
        """Return ``(N, after, L/stride)`` for ``(N, before, L)``."""
        result: Tensor = self.activation(self.convolutions(maps) + self.shortcut(maps))
        return result
