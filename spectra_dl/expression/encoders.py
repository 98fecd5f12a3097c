"""What is computed from tiles: which encoder, at which sizes."""

from dataclasses import dataclass

import numpy as np

from spectra_dl.errors import UsageError
from spectra_dl.expression.colour_texture import COLOUR_TEXTURE, N_FEATURES, TILE_PIXELS, colour_texture
from spectra_dl.expression.image import cut_tiles
from spectra_dl.expression.section import TissueSection
from spectra_dl.expression.spots import FeatureBlock, Features

DEFAULT_SIZES_UM = (112.0, 224.0, 448.0)


@dataclass(frozen=True)
class FeatureRecipe:
    """The tiles an encoder is shown of each spot.

    Attributes
    ----------
    sizes_um
        Sides of the tiles around a spot.
    """

    sizes_um: tuple[float, ...] = DEFAULT_SIZES_UM

    def __post_init__(self) -> None:
        if not self.sizes_um or any(not 1.0 <= size <= 10_000.0 for size in self.sizes_um):
            raise UsageError(f"tile sizes {self.sizes_um} µm: one or more, each from 1 to 10,000")

    @property
    def blocks(self) -> tuple[FeatureBlock, ...]:
        """What each stretch of features is."""
        return tuple(FeatureBlock(COLOUR_TEXTURE, size, N_FEATURES) for size in self.sizes_um)


def section_features(section: TissueSection, recipe: FeatureRecipe) -> Features:
    """Return ``(n, d)`` float32 features of all spots, which must all be usable.

    Raises
    ------
    DataError
        The picture can't be decoded.
    """
    whole, centre = section.image.decoded(), section.position_um / section.um_per_pixel
    found = [
        colour_texture(cut_tiles(whole, centre, size / section.um_per_pixel, TILE_PIXELS))
        for size in recipe.sizes_um
    ]
    return np.concatenate(found, axis=1)
