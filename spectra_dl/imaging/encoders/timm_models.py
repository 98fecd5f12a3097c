"""Models of timm and of the hubs that it reaches, by name."""

import hashlib
from typing import TYPE_CHECKING, Final

from spectra_dl.errors import UsageError
from spectra_dl.imaging.encoders.encoder import Encoder
from spectra_dl.imaging.encoders.network_encoder import NetworkEncoder

if TYPE_CHECKING:
    from torch import nn

TIMM: Final = "timm:"


def timm_encoder(name: str) -> Encoder:
    """Return the encoder ``"timm:MODEL"`` with its pretrained weights, which may be fetched from a hub.

    Raises
    ------
    UsageError
        timm is not installed, can't be loaded, or can't give the model.
    """
    try:
        import timm
    except ImportError as err:
        raise UsageError(f"encoder {name}: timm is not installed; pip install 'spectra-dl[timm]'") from err
    except (RuntimeError, OSError) as err:
        # A torchvision built for another torch fails in this way.
        raise UsageError(
            f"encoder {name}: timm can't be loaded ({' '.join(str(err).split())[:160]}); install a torchvision that fits torch"
        ) from err
    try:
        network = timm.create_model(name.removeprefix(TIMM), pretrained=True, num_classes=0)
    except Exception as err:
        # timm and the hub raise errors of many kinds: no such model, no network, no permission.
        cause = " ".join(str(err).split())[:200]
        raise UsageError(
            f"encoder {name}: timm can't give this model ({cause}); check the name, the network and your access to it"
        ) from err
    return encoder_of_timm(name, network)


def encoder_of_timm(name: str, network: "nn.Module") -> Encoder:
    """Return a model of timm as an encoder, which takes tiles as the model's own settings say.

    Parameters
    ----------
    name
        The encoder's.
    network
        A model of timm without its classifier.
    """
    from timm.data import resolve_model_data_config

    config = resolve_model_data_config(network)
    mean, std = (tuple(255.0 * float(value) for value in config[key]) for key in ("mean", "std"))
    encode = NetworkEncoder(network.eval().requires_grad_(requires_grad=False), mean, std)
    return Encoder(name, int(config["input_size"][1]), encode, weights=_digest(network))


def _digest(network: "nn.Module") -> str:
    """Return a digest of a model's weights, whose name alone does not fix them."""
    import torch

    digest = hashlib.sha256()
    for name, tensor in network.state_dict().items():
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}\0".encode())
        digest.update(tensor.detach().cpu().contiguous().flatten().view(torch.uint8).numpy())
    return digest.hexdigest()
