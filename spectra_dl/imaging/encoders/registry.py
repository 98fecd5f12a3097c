"""Encoders, which turn tiles into features, by name."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import numpy as np

from spectra_dl.errors import EnvironmentFault, UsageError
from spectra_dl.imaging.encoders.colour_texture import COLOUR_TEXTURE, TILE_PIXELS, colour_texture
from spectra_dl.imaging.encoders.encoder import IMAGENET, TENSORFLOW, Encoder, network_encoder
from spectra_dl.imaging.encoders.timm_models import TIMM, timm_encoder
from spectra_dl.imaging.features.block import Features
from spectra_dl.imaging.image import Pixels
from spectra_dl.imaging.stains.normalised_encoder import normalisation_and_name, of_normalised_tiles
from spectra_dl.plugins import PREFIX, foreign_code, is_plugin_name, load_plugin
from spectra_dl.plugins.checked_encoder import CheckedEncode

EFFICIENTNET, SLIDL = "efficientnet-lite0", "slidl"
RAW_TILES, FINE_TUNED_SIDE = "tile-pixels", 128
LOCAL = "file:"
# Those that a model file alone may not call for.
NAMED_AGAIN = (TIMM, LOCAL, PREFIX)
_TIMM_NAME = re.compile(r"timm:[A-Za-z0-9_.:/-]{1,120}")
_LOCAL_NAME = re.compile(r"file:[a-z0-9-]{1,40}-[0-9a-f]{16}")


def build_encoder(name: str) -> Encoder:
    """Return an encoder by name; ``"tile-pixels"``, for networks trained end to end, is for use from Python only.

    ``"macenko:"`` or ``"vahadane:"`` before a name normalises the stain of each tile first.

    Raises
    ------
    UsageError
        There is no such encoder, or what it needs is not installed.
    EnvironmentFault
        Its weights are not installed, or a plugin fails or brings something else.
    DataError
        A file of weights can't be used.
    """
    normalisation, bare = normalisation_and_name(name)
    if normalisation and not normalisation_and_name(bare)[0]:
        return of_normalised_tiles(build_encoder(bare), normalisation)
    if name in ENCODERS:
        return ENCODERS[name]()
    if _TIMM_NAME.fullmatch(name):
        return timm_encoder(name)
    if name.startswith(LOCAL) and name != LOCAL:
        from spectra_dl.imaging.encoders.local_weights import local_encoder

        return local_encoder(Path(name.removeprefix(LOCAL)))
    if is_plugin_name(name):
        return _plugin_encoder(name)
    raise UsageError(
        f"encoder {name!r:.80}: choose {COLOUR_TEXTURE}, {EFFICIENTNET}, {SLIDL}, timm:MODEL, file:WEIGHTS.safetensors, plugin:NAME, "
        "each also as macenko:NAME or vahadane:NAME, or features:PATH for precomputed features"
    )


def _plugin_encoder(name: str) -> Encoder:
    build = load_plugin("encoders", name)
    with foreign_code("encoders", name):
        encoder = build()
    if not isinstance(encoder, Encoder):
        raise EnvironmentFault(
            f"{name} gave {type(encoder).__name__:.60} and not an Encoder; tell whoever keeps that package"
        )
    return replace(encoder, name=name, encode=CheckedEncode(encoder.encode, name))


def is_encoder_name(name: str) -> bool:
    """Say whether a model file may name this encoder; a model of timm, local weights and a plugin need not be there."""
    _, bare = normalisation_and_name(name)
    return (
        bare in ENCODERS
        or is_plugin_name(bare)
        or any(known.fullmatch(bare) for known in (_TIMM_NAME, _LOCAL_NAME))
    )


def recorded_name(name: str) -> str:
    """Return the name by which stores and model files know an encoder: local weights by their digest, whatever their path.

    Raises
    ------
    DataError
        A file of weights can't be used.
    """
    normalisation, bare = normalisation_and_name(name)
    if normalisation:
        return normalisation + recorded_name(bare)
    if not name.startswith(LOCAL):
        return name
    from spectra_dl.imaging.encoders.local_weights import local_name

    return local_name(Path(name.removeprefix(LOCAL)))


def _colour_texture() -> Encoder:
    return Encoder(COLOUR_TEXTURE, TILE_PIXELS, colour_texture)


def _raw_tiles() -> Encoder:
    return Encoder(RAW_TILES, FINE_TUNED_SIDE, _pixels, can_change=False)


def _pixels(tiles: Iterable[Pixels]) -> Features:
    """Return ``(k, 3 side²)``: the raw pixels, as the network takes them that is trained on tiles end to end."""
    return np.stack([tile.reshape(-1) for tile in tiles]).astype(np.float32)


def _efficientnet() -> Encoder:
    from spectra_dl.imaging.encoders.efficientnet_weights import SHA256, pretrained

    network = pretrained()
    return network_encoder(EFFICIENTNET, network, network.foldable, TENSORFLOW, weights=SHA256)


def _slidl() -> Encoder:
    from spectra_dl.imaging.encoders.slidl_weights import SHA256, slidl_network

    network = slidl_network()
    return network_encoder(SLIDL, network, network.foldable, IMAGENET, weights=SHA256)


ENCODERS: Mapping[str, Callable[[], Encoder]] = MappingProxyType(
    {COLOUR_TEXTURE: _colour_texture, EFFICIENTNET: _efficientnet, SLIDL: _slidl, RAW_TILES: _raw_tiles}
)
