"""An encoder of normalised tiles: what it takes is brought to one stain first."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

from spectra_dl.imaging.encoders.encoder import Encoder
from spectra_dl.imaging.features.block import Features
from spectra_dl.imaging.image import Pixels
from spectra_dl.imaging.stains import macenko, vahadane

#: How tiles are normalised, by what stands before the name of their encoder.
NORMALISATIONS: Final[Mapping[str, Callable[[Pixels], Pixels]]] = MappingProxyType(
    {"macenko:": macenko.normalised, "vahadane:": vahadane.normalised}
)


@dataclass(frozen=True)
class _OfNormalised:
    encoder: Encoder
    normalisation: str

    def __call__(self, tiles: Iterable[Pixels]) -> Features:
        normalised = NORMALISATIONS[self.normalisation]
        return self.encoder.encode(normalised(tile) for tile in tiles)


def of_normalised_tiles(encoder: Encoder, normalisation: str) -> Encoder:
    """Return the encoder that normalises the stain of each tile, by its name with the normalisation before it.

    Parameters
    ----------
    encoder
        Of tiles as they are.
    normalisation
        One of `NORMALISATIONS`.
    """
    encode = _OfNormalised(encoder, normalisation)
    return replace(encoder, name=f"{normalisation}{encoder.name}", encode=encode, can_change=True)


def normalisation_and_name(name: str) -> tuple[str, str]:
    """Return the normalisation that an encoder's name begins with, empty if none, and the name behind it.

    Examples
    --------
    >>> normalisation_and_name("macenko:slidl"), normalisation_and_name("slidl")
    (('macenko:', 'slidl'), ('', 'slidl'))
    """
    first = next((each for each in NORMALISATIONS if name.startswith(each)), "")
    return first, name.removeprefix(first)
