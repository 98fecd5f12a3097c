"""An encoder of normalised tiles: what it takes is brought to one stain first."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from spectra_dl.imaging.encoders.encoder import Encoder
from spectra_dl.imaging.features.block import Features
from spectra_dl.imaging.image import Pixels
from spectra_dl.imaging.stains.macenko import normalised

MACENKO = "macenko:"


@dataclass(frozen=True)
class _OfNormalised:
    encoder: Encoder

    def __call__(self, tiles: Iterable[Pixels]) -> Features:
        return self.encoder.encode(normalised(tile) for tile in tiles)


def of_normalised_tiles(encoder: Encoder) -> Encoder:
    """Return the encoder that normalises the stain of each tile, ``macenko:`` before its name.

    Parameters
    ----------
    encoder
        Of tiles as they are.
    """
    return replace(encoder, name=f"{MACENKO}{encoder.name}", encode=_OfNormalised(encoder), can_change=True)


def without_normalisation(name: str) -> str:
    """Return the name of the encoder behind the normalisation.

    Parameters
    ----------
    name
        Of an encoder.
    """
    return name.removeprefix(MACENKO)
