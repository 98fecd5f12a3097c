"""Images to features by frozen encoders, through the store of features."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray, TextArray
from spectra_dl.errors import EnvironmentFault
from spectra_dl.imaging.features.recipe import FeatureRecipe, FeatureStream, SectionEncoder, SectionFeatures
from spectra_dl.imaging.features.store import FeatureStore
from spectra_dl.imaging.precut_tiles import PrecutTiles
from spectra_dl.tissue.images import TissueImages

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


def mapped_features(streams: Sequence[FeatureStream], n: int, folder: Path) -> NDArray[np.float32]:
    """Return features ``(n, d)`` in a file without a name, block beside block.

    Parameters
    ----------
    streams
        Blocks of features of the same ``n`` rows.
    n
        How many there are.
    folder
        On whose disk the file lies; it goes with the array.

    Raises
    ------
    EnvironmentFault
        There is no room for it.
    """
    shape = (n, sum(stream.block.width for stream in streams))
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.truncate(4 * shape[0] * shape[1])
            values = np.memmap(file, dtype=np.float32, mode="r+", shape=shape)
    except OSError as err:
        raise EnvironmentFault(f"{folder}: no room for features of {n} images ({err}); free some") from err
    column = 0
    for stream in streams:
        row = 0
        for part in stream.rows():
            values[row : row + len(part), column : column + stream.block.width] = part
            row += len(part)
        column += stream.block.width
    return values
