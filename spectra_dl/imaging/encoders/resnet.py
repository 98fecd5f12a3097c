"""ResNet-50, whose blocks add to their input: He et al. 2016, doi 10.1109/CVPR.2016.90; strides lie in the 3 x 3 convolutions."""

import torch
from torch import nn
from torch.nn import functional

N_FEATURES = 2048
_STEM, _WIDENING = 64, 4
# Blocks, width of their 3 x 3 convolutions, stride of the first.
_STAGES = ((3, 64, 1), (4, 128, 2), (6, 256, 2), (3, 512, 2))


class ResNet50(nn.Module):
    """Encode tiles as 2048 features: the last feature maps, averaged over their positions.

    The layers have the names under which weights of this network are usually stored.
    """

    # Convolutions and the normalisations that follow them, by their names in one module.
    foldable = (("conv1", "bn1"), ("conv2", "bn2"), ("conv3", "bn3"), ("0", "1"))

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, _STEM, 7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(_STEM)
        channels = _STEM
        for number, (blocks, width, stride) in enumerate(_STAGES, start=1):
            layers = [_Block(channels, width, stride)]
            channels = width * _WIDENING
            layers += [_Block(channels, width, 1) for _ in range(blocks - 1)]
            self.add_module(f"layer{number}", nn.Sequential(*layers))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return ``(N, 2048)`` for ``x`` (N, 3, H, W), standardised by channel."""
        x = functional.relu(self.bn1(self.conv1(x)))  # (N, 3, H, W) -> (N, 64, H/2, W/2)
        x = functional.max_pool2d(x, 3, stride=2, padding=1)
        for number in range(1, len(_STAGES) + 1):
            x = self.get_submodule(f"layer{number}")(x)
        return x.mean(dim=(2, 3))  # (N, 2048, H/32, W/32) -> (N, 2048)


class _Block(nn.Module):
    """A bottleneck of three convolutions, added to its input, which a fourth brings to the same shape where needed."""

    def __init__(self, channels: int, width: int, stride: int) -> None:
        super().__init__()
        out = width * _WIDENING
        self.conv1 = nn.Conv2d(channels, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride=stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, out, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(out)
        self.downsample: nn.Module | None = None
        if stride > 1 or channels != out:
            self.downsample = nn.Sequential(
                nn.Conv2d(channels, out, 1, stride=stride, bias=False), nn.BatchNorm2d(out)
            )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        inner = functional.relu(self.bn1(self.conv1(x)))
        inner = functional.relu(self.bn2(self.conv2(inner)))
        inner = self.bn3(self.conv3(inner))
        return functional.relu(inner + (x if self.downsample is None else self.downsample(x)))
