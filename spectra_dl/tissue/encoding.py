"""Images to features by frozen encoders, through the store of features."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray, IndexArray, TextArray
from spectra_dl.errors import DataError
from spectra_dl.imaging.encoders.registry import FINE_TUNED_SIDE, RAW_TILES
from spectra_dl.imaging.features.mapped import mapped_features
from spectra_dl.imaging.features.recipe import FeatureRecipe, SectionEncoder, SectionFeatures
from spectra_dl.imaging.features.store import FeatureStore
from spectra_dl.imaging.precut_tiles import PrecutTiles
from spectra_dl.tissue.images import TissueImages

_MOST_IN_MEMORY, _AT_ONCE = 10_000, 256
_ANY_SIDE = 1.0  # each image is encoded whole, whatever its size


@dataclass(frozen=True, eq=False)
class _WholeImages:
    """Images as the encoders' rooms take them: places in a row, around each of which lies one whole image."""

    images: TissueImages

    name = "images"
    um_per_pixel = 1.0
    full_um_per_pixel = None

    @property
    def image(self) -> PrecutTiles:
        return PrecutTiles(self.images.files, self.position_um, None)

    @property
    def barcode(self) -> TextArray:
        return self.images.name

    @property
    def position_um(self) -> FloatArray:
        return np.column_stack([np.arange(len(self.images), dtype=np.float64), np.zeros(len(self.images))])

    @property
    def full_pixel(self) -> FloatArray:
        return self.position_um

    def __len__(self) -> int:
        return len(self.images)

    def select(self, rows: np.ndarray) -> "_WholeImages":
        return replace(self, images=self.images[rows])


def encode_images(
    images: TissueImages,
    encoders: Sequence[str],
    store: FeatureStore | None = None,
    *,
    on_disk: bool = False,
) -> SectionFeatures:
    """Return the features ``(n, d)`` of whole images, the encoders' blocks side by side.

    Parameters
    ----------
    images
        ``n`` images.
    encoders
        By name; see `spectra_dl.imaging.encoders.registry.build_encoder`.
    store
        Where features are looked up and kept; None computes them.
    on_disk
        Return features that lie in a file beside those of the store, from where rows are read when they are asked for; it goes when nobody
        needs it. Without a store they are in memory.

    Raises
    ------
    UsageError
        There is no such encoder.
    DataError
        An image is damaged.
    """
    recipe = FeatureRecipe(tuple(encoders), (_ANY_SIDE,))
    encoder, section = SectionEncoder(recipe, store), _WholeImages(images)
    if store is None or not on_disk:
        return encoder.features(section)
    streams = encoder.streams(section)
    return SectionFeatures(
        mapped_features(streams, len(images), store.folder), tuple(each.block for each in streams)
    )


def image_pixels(images: TissueImages) -> NDArray[np.uint8]:
    """Return ``(n, 3 side²)`` pixels of whole images, each brought to the size that a network is fine-tuned on, colour last.

    Parameters
    ----------
    images
        ``n`` images, all in memory at once.

    Raises
    ------
    DataError
        An image is damaged, or there are too many.
    """
    if len(images) > _MOST_IN_MEMORY:
        raise DataError(
            f"{len(images):,} images to be trained on end to end, of which at most {_MOST_IN_MEMORY:,} are held in memory; take fewer, or an encoder that is frozen"
        )
    pixels = np.empty((len(images), 3 * FINE_TUNED_SIDE**2), dtype=np.uint8)
    for some, block in pixel_blocks(images):
        pixels[some] = block
    return pixels


def pixel_blocks(images: TissueImages) -> Iterator[tuple[IndexArray, NDArray[np.float32]]]:
    """Yield the numbers ``(k,)`` of images and their pixels ``(k, 3 side²)`` from 0 to 255, some at a time, as of `image_pixels`.

    Parameters
    ----------
    images
        Any number.

    Raises
    ------
    DataError
        An image is damaged.
    """
    section = _WholeImages(images)
    encoder = SectionEncoder(FeatureRecipe((RAW_TILES,), (_ANY_SIDE,)), None)
    for start in range(0, len(images), _AT_ONCE):
        some = np.arange(start, min(start + _AT_ONCE, len(images)))
        yield some, encoder.features(section.select(some)).values
