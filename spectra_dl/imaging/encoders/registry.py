"""Encoders, which turn tiles into features, by name."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from spectra_dl.errors import DataError, UsageError
from spectra_dl.imaging.encoders.colour_texture import COLOUR_TEXTURE, TILE_PIXELS, colour_texture
from spectra_dl.imaging.encoders.reference_tile import reference_tile
from spectra_dl.imaging.features.block import Features
from spectra_dl.imaging.image import Pixels

if TYPE_CHECKING:
    import torch
    from torch import nn

EFFICIENTNET = "efficientnet-lite0"
RAW_TILES, FINE_TUNED_SIDE = "tile-pixels", 128
TIMM = "timm:"
_NAME = re.compile(r"timm:[A-Za-z0-9_.:/-]{1,120}")
# Small batches stay in the processor's cache: 8 tiles at a time are twice as fast as 32.
_BATCH = 8


@dataclass(frozen=True)
class Encoder:
    """A function from tiles to features, with what must be known to call it.

    Attributes
    ----------
    name
        ``"colour-texture"``, ``"efficientnet-lite0"`` or ``"timm:MODEL"``.
    tile_pixels
        The side of the tiles it takes, in pixels.
    encode
        From ``k`` tiles ``(tile_pixels, tile_pixels, 3)`` uint8 to ``(k, d)`` float32.
    can_change
        Whether another version could give other features; raw pixels can't.
    """

    name: str
    tile_pixels: int
    encode: Callable[[Iterable[Pixels]], Features] = field(repr=False)
    can_change: bool = True

    @cached_property
    def _of_reference_tile(self) -> tuple[float, ...]:
        return tuple(float(value) for value in self.encode([reference_tile(self.tile_pixels)])[0])

    @property
    def reference_features(self) -> tuple[float, ...]:
        """The features of the reference tile, by which a changed encoder is noticed; empty where ``can_change`` is False."""
        return self._of_reference_tile if self.can_change else ()

    @property
    def width(self) -> int:
        """The number of features."""
        return len(self._of_reference_tile)


def build_encoder(name: str) -> Encoder:
    """Return an encoder by name; ``"tile-pixels"``, for networks trained end to end, is for use from Python only.

    Raises
    ------
    UsageError
        There is no such encoder, or what it needs is not installed.
    EnvironmentFault
        Its weights are not installed.
    """
    if name in ENCODERS:
        return ENCODERS[name]()
    if _NAME.fullmatch(name):
        return _timm(name)
    raise UsageError(
        f"encoder {name!r:.80}: choose {COLOUR_TEXTURE}, {EFFICIENTNET}, timm:MODEL, or features:PATH for precomputed features"
    )


def is_encoder_name(name: str) -> bool:
    """Say whether `build_encoder` knows the name; a model of timm need not be there."""
    return name in ENCODERS or _NAME.fullmatch(name) is not None


def _colour_texture() -> Encoder:
    return Encoder(COLOUR_TEXTURE, TILE_PIXELS, colour_texture)


def _raw_tiles() -> Encoder:
    return Encoder(RAW_TILES, FINE_TUNED_SIDE, _pixels, can_change=False)


def _pixels(tiles: Iterable[Pixels]) -> Features:
    """Return ``(k, 3 side²)``: the raw pixels, as the network takes them that is trained on tiles end to end."""
    return np.stack([tile.reshape(-1) for tile in tiles]).astype(np.float32)


def _efficientnet() -> Encoder:
    from spectra_dl.imaging.encoders.efficientnet_weights import pretrained

    network = pretrained()
    mean, std = (127.0, 127.0, 127.0), (128.0, 128.0, 128.0)
    return Encoder(EFFICIENTNET, 224, lambda tiles: _encode(network, tiles, mean, std))


ENCODERS: Mapping[str, Callable[[], Encoder]] = MappingProxyType(
    {COLOUR_TEXTURE: _colour_texture, EFFICIENTNET: _efficientnet, RAW_TILES: _raw_tiles}
)


def _timm(name: str) -> Encoder:
    try:
        import timm
        from timm.data import resolve_model_data_config
    except ImportError as err:
        raise UsageError(f"encoder {name}: timm is not installed; pip install 'spectra-dl[timm]'") from err
    except (RuntimeError, OSError) as err:
        # A torchvision built for another torch fails in this way.
        raise UsageError(
            f"encoder {name}: timm can't be loaded ({' '.join(str(err).split())[:160]}); install a torchvision that fits torch"
        ) from err
    try:
        network = timm.create_model(name.removeprefix(TIMM), pretrained=True, num_classes=0).eval()
    except Exception as err:
        # timm and the hub raise errors of many kinds: no such model, no network, no permission.
        cause = " ".join(str(err).split())[:200]
        raise UsageError(
            f"encoder {name}: timm can't give this model ({cause}); check the name, the network and your access to it"
        ) from err
    config = resolve_model_data_config(network)
    mean, std = (tuple(255.0 * float(value) for value in config[key]) for key in ("mean", "std"))
    return Encoder(name, int(config["input_size"][1]), lambda tiles: _encode(network, tiles, mean, std))


def _encode(
    network: "nn.Module", tiles: Iterable[Pixels], mean: tuple[float, ...], std: tuple[float, ...]
) -> Features:
    """Return a network's features of tiles standardised by channel, a few tiles at a time."""
    import torch

    rows = []
    with torch.inference_mode():
        for batch in _batches(tiles):
            # (k, h, w, 3) -> (k, 3, h, w)
            pixels = torch.from_numpy(np.stack(batch)).permute(0, 3, 1, 2).float()
            features = network((pixels - _channels(mean)) / _channels(std))
            if features.ndim != 2:
                raise DataError(
                    f"the encoder gives features of shape {tuple(features.shape)} for {len(batch)} tiles; one row for each tile is needed"
                )
            rows.append(features.numpy())
    return np.concatenate(rows).astype(np.float32)


def _channels(numbers: tuple[float, ...]) -> "torch.Tensor":
    import torch

    return torch.tensor(numbers).reshape(1, 3, 1, 1)


def _batches(tiles: Iterable[Pixels]) -> Iterator[list[Pixels]]:
    remaining = iter(tiles)
    while batch := list(islice(remaining, _BATCH)):
        yield batch
