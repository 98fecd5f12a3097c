"""A tile as 47 hand-crafted colour and texture features: the baseline that any network must beat."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from spectra_dl.imaging.chroma import chroma
from spectra_dl.imaging.features.block import Features
from spectra_dl.imaging.image import Pixels

COLOUR_TEXTURE = "colour-texture"
TILE_PIXELS = 112
N_FEATURES = 47
# Haematoxylin, eosin and a rest, as optical densities of red, green and blue: Ruifrok & Johnston 2001, Anal. Quant. Cytol. Histol. 23:291-299.
_STAINS = np.array([[0.65, 0.70, 0.29], [0.07, 0.99, 0.11], [0.27, 0.57, 0.78]])
_SEPARATION = np.linalg.inv(_STAINS / np.linalg.norm(_STAINS, axis=1, keepdims=True))
_STEPS = (1, 2, 4)
_QUANTILES = (0.1, 0.5, 0.9)
_DENSITY = -np.log((np.arange(256.0) + 1.0) / 256.0)  # optical, of each of a pixel's colours


def colour_texture(tiles: Iterable[Pixels]) -> Features:
    """Return ``(k, 47)`` float32 features of ``k`` tiles, each ``(112, 112, 3)`` uint8 in RGB.

    Means, standard deviations and 10 %, 50 % and 90 % quantiles of red, green, blue, haematoxylin, eosin and grey; mean and standard deviation of saturation;
    differences of haematoxylin between pixels 1, 2 and 4 apart; the shares of pixels that are nuclear, strongly nuclear, and glass.
    """
    rows = [_of_tile(tile) for tile in tiles]
    return np.array(rows, dtype=np.float32).reshape(-1, N_FEATURES)


def _of_tile(tile: Pixels) -> list[float]:
    red, green, blue = np.moveaxis(tile, 2, 0).astype(np.float64, order="C")
    grey = (red + green + blue) / 3.0
    stain = _DENSITY[tile] @ _SEPARATION
    planes = np.stack([red, green, blue, stain[..., 0], stain[..., 1], grey]).reshape(6, -1)
    features = [*planes.mean(axis=1), *planes.std(axis=1), *_quantiles(planes).ravel()]
    saturation = chroma(red, green, blue)
    features += [saturation.mean(), saturation.std()]
    nuclei = stain[..., 0]
    for step in _STEPS:
        subsampled = nuclei[::step, ::step]
        across, down = np.diff(subsampled, axis=1), np.diff(subsampled, axis=0)
        features += [np.abs(across).mean(), np.abs(down).mean(), (across**2).mean(), (down**2).mean()]
    return [
        *map(float, features),
        float((nuclei > 0.4).mean()),
        float((nuclei > 0.7).mean()),
        float((grey > 220).mean()),
    ]


def _quantiles(planes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return what `numpy.quantile` does ``(3, k)`` of planes ``(k, n)``, which sorting gives in a fifth of the time."""
    place = np.array(_QUANTILES) * (planes.shape[1] - 1)
    before = np.floor(place).astype(np.intp)
    low, high = np.sort(planes, axis=1).T[[before, before + 1]]  # (3, k) each
    share = (place - before)[:, None]
    apart = high - low
    found: NDArray[np.float64] = np.where(share < 0.5, low + apart * share, high - apart * (1 - share))
    return found
