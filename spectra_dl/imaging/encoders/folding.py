"""Batch normalisation folded into the convolution before it: the same numbers from fewer passes over the feature maps."""

from collections.abc import Iterable

from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval


def folded(network: nn.Module, pairs: Iterable[tuple[str, str]]) -> nn.Module:
    """Fold normalisations into the convolutions that they follow, in place, and return the network in evaluation mode.

    Parameters
    ----------
    network
        Its modules are looked through; one that lacks a pair is left as it is.
    pairs
        Names of a convolution and of the normalisation that alone takes its output, both in one module.
    """
    network.eval()
    pairs = tuple(pairs)
    for module in list(network.modules()):
        for first, second in pairs:
            convolution, norm = getattr(module, first, None), getattr(module, second, None)
            if isinstance(convolution, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d):
                setattr(module, first, fuse_conv_bn_eval(convolution, norm))
                setattr(module, second, nn.Identity())
    return network.requires_grad_(requires_grad=False)
