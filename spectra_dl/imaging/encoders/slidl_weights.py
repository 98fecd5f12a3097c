"""Weights of a DenseNet-121 trained on tissue, artefacts and background, from the package slidl, which is never imported."""

from typing import Final

import torch

from spectra_dl.imaging.encoders.densenet import DenseNet121
from spectra_dl.imaging.encoders.listed_weights import listed_tensors, packaged_file

SHA256: Final = "6098cd238e3fe46f19ed967decc1cc53a1f5d582f99718a5703b2a2742297445"
_PACKAGE, _FILE = "slidl", "models/deep-tissue-detector_densenet_state-dict.pt"
_ENTRIES = 727
# Its metadata asks for a torch that is too old, so that no extra can name it.
_INSTALL = "pip install --no-deps slidl==0.1.dev4"


def slidl_network() -> DenseNet121:
    """Return the network with slidl's weights, in evaluation mode.

    Raises
    ------
    EnvironmentFault
        The package slidl is not installed.
    UnsafeError
        Its file is not the one this program knows.
    """
    content = packaged_file(
        _PACKAGE, _FILE, sha256=SHA256, install=f"the encoder slidl needs its weights (GPL-3): {_INSTALL}"
    )
    network = DenseNet121()
    state = network.state_dict()
    # The file's entries stand in the order of the layers; its last two, the classifier, are left.
    arrays = listed_tensors(content, [value.dtype for value in state.values()], where=_FILE, entries=_ENTRIES)
    weights = {
        name: torch.from_numpy(array.reshape(tuple(state[name].shape)))
        for name, array in zip(state, arrays, strict=True)
    }
    network.load_state_dict(weights, strict=True)
    return network.eval()
