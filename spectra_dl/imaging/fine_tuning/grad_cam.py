"""Where in an image a fine-tuned network found a class."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

import numpy as np
import torch
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray
from spectra_dl.errors import UsageError
from spectra_dl.imaging.fine_tuning.tile_network import scaled

if TYPE_CHECKING:
    from torch import nn

    from spectra_dl.imaging.fine_tuning.tile_network import TileNetwork


def class_activation(network: "TileNetwork", pixels: NDArray[np.float32], output: int) -> FloatArray:
    """Return where in each image a network found what raises an output: Grad-CAM of the last convolution, brought to the image's size.

    Channels of the last map are added up by the mean gradient of the output, less the mean of the other outputs, and what is negative is 0.

    Parameters
    ----------
    network
        Trained; changed to float32 and evaluation mode.
    pixels
        ``(n, 3 side²)`` from 0 to 255, colour last.
    output
        Number of the class.

    Returns
    -------
    maps
        ``(n, side, side)`` from 0 to 1, the highest place of each image; all 0 where nothing raises the output.

    Raises
    ------
    UsageError
        There is no such output.

    References
    ----------
    Selvaraju et al. 2017, doi 10.1109/ICCV.2017.74.
    """
    if not 0 <= output < network.out.out_features:
        raise UsageError(f"output {output}: the network has {network.out.out_features}; count from 0")
    network = network.float().eval()
    maps = [_one_map(network, image, output) for image in torch.from_numpy(pixels)]
    return np.stack(maps)


def mean_activation(networks: "Sequence[nn.Module]", pixels: NDArray[np.float32], output: int) -> FloatArray:
    """Return the mean over an ensemble of what `class_activation` gives, ``(n, side, side)``, again with 1 as the highest place of each image.

    Parameters
    ----------
    networks
        Members, each a `spectra_dl.imaging.fine_tuning.tile_network.TileNetwork`; changed to float32 and evaluation mode.
    pixels, output
        As of `class_activation`.

    Raises
    ------
    UsageError
        There is no such output.
    """
    total = np.mean(
        [class_activation(cast("TileNetwork", network), pixels, output) for network in networks], axis=0
    )
    highest = total.max(axis=(1, 2), keepdims=True)
    scaled_maps: FloatArray = np.divide(total, highest, out=total, where=highest > 0)
    return scaled_maps


def _one_map(network: "TileNetwork", image: torch.Tensor, output: int) -> FloatArray:
    tile = image.reshape(1, network.side, network.side, 3).permute(0, 3, 1, 2)  # -> (1, 3, side, side)
    with torch.enable_grad():
        channels = network.encoder.maps(scaled(tile)).detach().requires_grad_(True)  # (1, c, h, w)
        logits = network.out(channels.mean((2, 3)))[0]
        others = (logits.sum() - logits[output]) / max(1, len(logits) - 1)
        (gradient,) = torch.autograd.grad(logits[output] - others, channels)
    weight = gradient.mean((2, 3), keepdim=True)
    found = torch.relu((weight * channels.detach()).sum(1, keepdim=True))
    whole = torch.nn.functional.interpolate(
        found, size=(network.side, network.side), mode="bilinear", align_corners=False
    )
    highest = float(whole.max())
    shown: FloatArray = (whole / highest if highest > 0 else whole)[0, 0].double().numpy()
    return shown
