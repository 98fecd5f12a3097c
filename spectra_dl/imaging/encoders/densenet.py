"""DenseNet-121, in which each layer takes the outputs of all layers before it: Huang et al. 2017, doi 10.1109/CVPR.2017.243."""

from collections import OrderedDict

import torch
from torch import nn
from torch.nn import functional

N_FEATURES = 1024
# Each layer adds so many channels, through a bottleneck four times as wide.
_GROWTH, _BOTTLENECK, _STEM = 32, 4, 64
_LAYERS = (6, 12, 24, 16)


class DenseNet121(nn.Module):
    """Encode tiles as 1024 features: the last feature maps, normalised, rectified and averaged over their positions.

    The layers have the names under which weights of this network are usually stored.
    """

    # Convolutions and the normalisations that follow them, by their names in one module.
    foldable = (("conv0", "norm0"), ("conv1", "norm2"))

    def __init__(self) -> None:
        super().__init__()
        parts: OrderedDict[str, nn.Module] = OrderedDict()
        parts["conv0"] = nn.Conv2d(3, _STEM, 7, stride=2, padding=3, bias=False)
        parts["norm0"] = nn.BatchNorm2d(_STEM)
        parts["relu0"] = nn.ReLU(inplace=True)
        parts["pool0"] = nn.MaxPool2d(3, stride=2, padding=1)
        channels = _STEM
        for number, layers in enumerate(_LAYERS, start=1):
            parts[f"denseblock{number}"] = _Block(channels, layers)
            channels += layers * _GROWTH
            if number < len(_LAYERS):
                parts[f"transition{number}"] = _Transition(channels)
                channels //= 2
        parts["norm5"] = nn.BatchNorm2d(channels)
        self.features = nn.Sequential(parts)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return ``(N, 1024)`` for ``x`` (N, 3, H, W), standardised by channel."""
        x = functional.relu(self.features(x))  # (N, 3, H, W) -> (N, 1024, H/32, W/32)
        return x.mean(dim=(2, 3))  # -> (N, 1024)


class _Block(nn.Module):
    """Layers that each see the block's input and what all layers before them added."""

    def __init__(self, channels: int, layers: int) -> None:
        super().__init__()
        for number in range(layers):
            self.add_module(f"denselayer{number + 1}", _Layer(channels + number * _GROWTH))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for layer in self.children():
            x = torch.cat([x, layer(x)], dim=1)
        return x


class _Layer(nn.Module):
    """Normalise and convolve twice: 1 x 1 into the bottleneck, then 3 x 3 into the channels that are added."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        wide = _BOTTLENECK * _GROWTH
        self.norm1 = nn.BatchNorm2d(channels)
        self.conv1 = nn.Conv2d(channels, wide, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(wide)
        self.conv2 = nn.Conv2d(wide, _GROWTH, 3, padding=1, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        inner = self.conv1(functional.relu(self.norm1(x), inplace=True))
        added: torch.Tensor = self.conv2(functional.relu(self.norm2(inner), inplace=True))
        return added


class _Transition(nn.Module):
    """Halve the channels and the sides."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(channels)
        self.conv = nn.Conv2d(channels, channels // 2, 1, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return functional.avg_pool2d(self.conv(functional.relu(self.norm(x), inplace=True)), 2)
