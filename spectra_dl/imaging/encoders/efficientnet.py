"""EfficientNet-Lite0, the small encoder that every installation has: Tan & Le 2019, arXiv 1905.11946, without squeeze-and-excitation."""

import torch
from torch import nn
from torch.nn import functional

N_FEATURES = 1280
# Repeats, kernel, stride of the first, expansion, channels out.
STAGES = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)
_STEM = 32


class EfficientNetLite0(nn.Module):
    """Encode tiles as 1280 features: the last layer's feature maps, averaged over their positions."""

    # Convolutions and the normalisations that follow them, by their names in one module.
    foldable = tuple((name, f"{name}_norm") for name in ("stem", "expand", "depthwise", "project", "head"))

    def __init__(self) -> None:
        super().__init__()
        self.stem = _SamePadded(3, _STEM, kernel=3, stride=2)
        self.stem_norm = _norm(_STEM)
        blocks, channels = [], _STEM
        for repeats, kernel, stride, expansion, out in STAGES:
            for repeat in range(repeats):
                blocks.append(_Block(channels, out, kernel, stride if repeat == 0 else 1, expansion))
                channels = out
        self.blocks = nn.Sequential(*blocks)
        self.head = nn.Conv2d(channels, N_FEATURES, 1, bias=False)
        self.head_norm = _norm(N_FEATURES)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return ``(N, 1280)`` for ``x`` (N, 3, H, W), pixels as (value - 127) / 128."""
        return self.maps(x).mean(dim=(2, 3))  # -> (N, 1280)

    def maps(self, x: torch.Tensor) -> torch.Tensor:
        """Return the last maps ``(N, 1280, H/32, W/32)``, whose means are the features; parameters as of `forward`."""
        x = functional.relu6(self.stem_norm(self.stem(x)))  # (N, 3, H, W) -> (N, 32, H/2, W/2)
        x = self.blocks(x)  # -> (N, 320, H/32, W/32)
        return functional.relu6(self.head_norm(self.head(x)))  # -> (N, 1280, H/32, W/32)


class _Block(nn.Module):
    """An inverted residual block: expansion, depthwise convolution, projection; added to its input where the shapes agree."""

    def __init__(self, channels: int, out: int, kernel: int, stride: int, expansion: int) -> None:
        super().__init__()
        wide = channels * expansion
        if expansion > 1:
            self.expand = nn.Conv2d(channels, wide, 1, bias=False)
            self.expand_norm = _norm(wide)
        self.depthwise = _SamePadded(wide, wide, kernel, stride, groups=wide)
        self.depthwise_norm = _norm(wide)
        self.project = nn.Conv2d(wide, out, 1, bias=False)
        self.project_norm = _norm(out)
        self.widens = expansion > 1
        self.residual = stride == 1 and channels == out

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        inner = functional.relu6(self.expand_norm(self.expand(x))) if self.widens else x
        inner = functional.relu6(self.depthwise_norm(self.depthwise(inner)))
        inner = self.project_norm(self.project(inner))
        out: torch.Tensor = x + inner if self.residual else inner
        return out


class _SamePadded(nn.Conv2d):
    """A convolution padded as TensorFlow does: where the padding is odd, the extra pixel goes right and below."""

    def __init__(self, channels: int, out: int, kernel: int, stride: int, groups: int = 1) -> None:
        super().__init__(channels, out, kernel, stride, groups=groups, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        step, reach = self.stride[0], self.kernel_size[0]
        down, across = (max((-(-side // step) - 1) * step + reach - side, 0) for side in x.shape[2:])
        x = functional.pad(x, (across // 2, across - across // 2, down // 2, down - down // 2))
        padded: torch.Tensor = super().forward(x)
        return padded


def _norm(channels: int) -> nn.BatchNorm2d:
    return nn.BatchNorm2d(channels, eps=1e-3, momentum=0.01)
