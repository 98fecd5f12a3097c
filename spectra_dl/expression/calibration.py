"""A fixed picture whose features a model remembers, so that an encoder that changed is noticed."""

from collections.abc import Sequence

import numpy as np

from spectra_dl.expression.colour_texture import TILE_PIXELS, colour_texture
from spectra_dl.expression.encoders import FeatureRecipe
from spectra_dl.expression.image import Pixels

_TOLERANCE = 1e-4


def calibration_tile() -> Pixels:
    """Return a tile ``(112, 112, 3)`` with stripes and dots in the colours of haematoxylin and eosin, made of whole numbers only."""
    row, column = np.mgrid[:TILE_PIXELS, :TILE_PIXELS]
    nucleus = (row * 7 + column * 13) % 29 < 9
    fibre = (row // 8 + column // 3) % 2 == 0
    tile = np.where(fibre[..., None], (226, 160, 196), (240, 214, 230))
    return np.where(nucleus[..., None], (96, 62, 140), tile).astype(np.uint8)


def calibration_features(recipe: FeatureRecipe) -> list[float]:
    """Return the features that a recipe's encoder gives the calibration tile, once for each tile size."""
    own = colour_texture([calibration_tile()])[0]
    return [float(number) for number in np.tile(own, len(recipe.sizes_um))]


def same_features(one: Sequence[float], other: Sequence[float]) -> bool:
    """Say whether two encoders agree on the calibration tile, up to rounding."""
    return len(one) == len(other) and bool(np.allclose(one, other, rtol=_TOLERANCE, atol=_TOLERANCE))
