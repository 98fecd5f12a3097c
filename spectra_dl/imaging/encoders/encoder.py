"""What an encoder is: a function from tiles to features, with what must be known to call it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

from spectra_dl.imaging.encoders.network_encoder import NetworkEncoder
from spectra_dl.imaging.encoders.reference_tile import reference_tile
from spectra_dl.imaging.features.block import Features
from spectra_dl.imaging.image import Pixels

if TYPE_CHECKING:
    from torch import nn

# Names of a convolution and of the normalisation that takes its output, in one module.
Pairs: TypeAlias = tuple[tuple[str, str], ...]
# Means and standard deviations of red, green and blue, from 0 to 255.
Colours: TypeAlias = tuple[tuple[float, ...], tuple[float, ...]]
TENSORFLOW: Colours = ((127.0, 127.0, 127.0), (128.0, 128.0, 128.0))
IMAGENET: Colours = ((123.675, 116.28, 103.53), (58.395, 57.12, 57.375))
_TRAINED_SIDE = 224


@dataclass(frozen=True)
class Encoder:
    """A function from tiles to features, with what must be known to call it.

    Attributes
    ----------
    name
        ``"colour-texture"``, ``"efficientnet-lite0"``, ``"slidl"``, ``"timm:MODEL"``, or ``"file:"`` with the architecture
        and a digest of local weights.
    tile_pixels
        The side of the tiles it takes, in pixels.
    encode
        From ``k`` tiles ``(tile_pixels, tile_pixels, 3)`` uint8 to ``(k, d)`` float32.
    can_change
        Whether another version could give other features; raw pixels can't.
    weights
        A digest of a network's weights, by which a store knows its features on every machine; empty where there are none.
    """

    name: str
    tile_pixels: int
    encode: Callable[[Iterable[Pixels]], Features] = field(repr=False)
    can_change: bool = True
    weights: str = ""

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


def network_encoder(
    name: str, network: "nn.Module", foldable: Pairs, colours: Colours, *, weights: str
) -> Encoder:
    """Return the encoder of a network that was trained on tiles of 224 pixels, its batch normalisation folded.

    Parameters
    ----------
    name
        The encoder's.
    network
        In evaluation mode; changed.
    foldable
        See `spectra_dl.imaging.encoders.folding.folded`.
    colours
        Means and standard deviations of the images it was trained on.
    weights
        A digest of them.
    """
    from spectra_dl.imaging.encoders.folding import folded

    mean, std = colours
    encode = NetworkEncoder(folded(network, foldable), mean, std, side=_TRAINED_SIDE)
    return Encoder(name, _TRAINED_SIDE, encode, weights=weights)
