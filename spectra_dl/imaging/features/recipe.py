"""The features of a section's spots: which encoders, at which sizes, computed, read from a store, or precomputed by another tool."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray
from spectra_dl.errors import UsageError
from spectra_dl.imaging.encoders.colour_texture import COLOUR_TEXTURE
from spectra_dl.imaging.encoders.encoder import Encoder
from spectra_dl.imaging.encoders.registry import build_encoder
from spectra_dl.imaging.features.block import FeatureBlock, Features
from spectra_dl.imaging.features.precomputed import PRECOMPUTED_PREFIX, precomputed_features
from spectra_dl.imaging.features.store import FeatureStore
from spectra_dl.imaging.image import Cutter, Pixels
from spectra_dl.imaging.tile_source import TileSource

DEFAULT_SIZES_UM = (112.0, 224.0, 448.0)
_NUMBERS_AT_ONCE = 1 << 20
# A multiple of the encoders' batches, so that these fall as they would if all tiles were encoded at once.
_TILES_AT_ONCE = 64


@dataclass(frozen=True)
class FeatureRecipe:
    """The encoders, and the sizes of the tiles that they encode for each spot.

    Attributes
    ----------
    encoders
        ``"colour-texture"``, ``"efficientnet-lite0"``, ``"slidl"``, ``"timm:MODEL"``, ``"file:WEIGHTS"``, or
        ``"features:PATH"``, which is an HDF5 file (or a folder with one file for each section, named after it) of
        precomputed features.
    sizes_um
        Sides of the tiles around a spot in µm, each from 1 to 10,000.
    """

    encoders: tuple[str, ...] = (COLOUR_TEXTURE,)
    sizes_um: tuple[float, ...] = DEFAULT_SIZES_UM

    def __post_init__(self) -> None:
        if not self.sizes_um or any(not 1.0 <= size <= 10_000.0 for size in self.sizes_um):
            raise UsageError(f"tile sizes {self.sizes_um} µm: one or more, each from 1 to 10,000")
        for values in (self.encoders, self.sizes_um):
            if len(set(values)) != len(values):
                raise UsageError(f"{', '.join(map(str, values)):.200}: one is given twice; name each once")
        if not self.encoders:
            raise UsageError("no encoder; name at least one")
        if sum(name.startswith(PRECOMPUTED_PREFIX) for name in self.encoders) > 1:
            raise UsageError("precomputed features can come from one path only; put them into one file")

    def with_encoder(self, name: str) -> "FeatureRecipe":
        """Return the recipe with one more encoder, added last."""
        return FeatureRecipe((*self.encoders, name), self.sizes_um)


@dataclass(frozen=True, eq=False)
class SectionFeatures:
    """Features of all spots of a section.

    Attributes
    ----------
    values
        ``(n, d)`` float32; NaN where precomputed features leave a spot out.
    blocks
        What the columns are, block after block.
    """

    values: Features
    blocks: tuple[FeatureBlock, ...]


@dataclass(frozen=True, eq=False)
class FeatureStream:
    """A block of features of a section's spots that need not be in memory.

    Attributes
    ----------
    block
        What the columns are.
    rows
        Yields ``(k, d)`` float32 of the next ``k`` spots until none is left; computed when it is called.
    """

    block: FeatureBlock
    rows: Callable[[], Iterator[Features]]


def write_streams(streams: Sequence[FeatureStream], values: NDArray[np.float32]) -> None:
    """Write blocks of features side by side into ``values`` ``(n, d)``.

    Parameters
    ----------
    streams
        Of the same ``n`` rows, ``d`` columns in all.
    values
        Changed.
    """
    column = 0
    for stream in streams:
        row = 0
        for part in stream.rows():
            values[row : row + len(part), column : column + stream.block.width] = part
            row += len(part)
        column += stream.block.width


@dataclass(frozen=True)
class SectionEncoder:
    """Encode sections; networks are loaded once, and only where a store doesn't hold the features.

    Attributes
    ----------
    recipe
        Encoders and tile sizes.
    store
        Where features are kept; None keeps none.
    """

    recipe: FeatureRecipe
    store: FeatureStore | None = None

    @cached_property
    def _encoders(self) -> dict[str, Encoder]:
        return {
            name: build_encoder(name)
            for name in self.recipe.encoders
            if not name.startswith(PRECOMPUTED_PREFIX)
        }

    def features(self, section: TileSource) -> SectionFeatures:
        """Return the features of all spots, which must all lie on the image.

        Raises
        ------
        DataError
            The image can't be decoded, or a file of features doesn't fit.
        """
        streams = self.streams(section)
        values = np.empty((len(section), sum(stream.block.width for stream in streams)), dtype=np.float32)
        write_streams(streams, values)
        return SectionFeatures(values, tuple(stream.block for stream in streams))

    def compute(self, section: TileSource) -> None:
        """Have the store hold the features of all spots, of which no more than a few are in memory.

        Parameters
        ----------
        section
            Spots that must all lie on the image.

        Raises
        ------
        DataError
            The image can't be decoded, or a file of features doesn't fit.
        """
        for stream in self.streams(section):
            for _ in stream.rows():
                pass

    def streams(self, section: TileSource) -> tuple[FeatureStream, ...]:
        """Return the features of all spots block by block, each to be computed a few rows at a time.

        Parameters
        ----------
        section
            Spots that must all lie on the image.

        Raises
        ------
        DataError
            A file of features doesn't fit.
        """
        image, streams = _OpenImage(section), []
        for name in self.recipe.encoders:
            if name.startswith(PRECOMPUTED_PREFIX):
                precomputed = precomputed_features(Path(name.removeprefix(PRECOMPUTED_PREFIX)), section)
                streams.append(FeatureStream(precomputed.block, partial(iter, (precomputed.values,))))
                continue
            encoder = self._encoders[name]
            for size in self.recipe.sizes_um:
                block = FeatureBlock(encoder.name, size, encoder.width, encoder.reference_features)
                streams.append(FeatureStream(block, partial(self._of_tiles, encoder, image, size)))
        return tuple(streams)

    def _of_tiles(self, encoder: Encoder, image: "_OpenImage", size_um: float) -> Iterator[Features]:
        def encode(first: int, last: int) -> Features:
            return encoder.encode(image.tiles(size_um, encoder.tile_pixels, first, last))

        if self.store is not None:
            return self.store.rows(image.section, encoder, size_um, encode)
        n = len(image.section)
        # Raw tiles are a hundred times as wide as features.
        at_once = _TILES_AT_ONCE * max(1, _NUMBERS_AT_ONCE // (_TILES_AT_ONCE * encoder.width))
        return (encode(first, min(first + at_once, n)) for first in range(0, n, at_once))


@dataclass(frozen=True, eq=False)
class EncodingJob:
    """A section to be encoded.

    Attributes
    ----------
    encoder
        Shared by the jobs of a run.
    section
        Spots that all lie on the image.
    name
        The section's, unique in the run.
    """

    encoder: SectionEncoder
    section: TileSource
    name: str
    record_types = (SectionFeatures, FeatureBlock)

    @property
    def title(self) -> str:
        """What it is, for the log."""
        return f"features of {self.name}"

    def run(self) -> SectionFeatures:
        """Return the features of all spots."""
        return self.encoder.features(self.section)


@dataclass(frozen=True, eq=False)
class _OpenImage:
    """A section whose image is opened when the first tile is asked for, and once."""

    section: TileSource

    @cached_property
    def _cut(self) -> Cutter:
        return self.section.image.cutter()

    @cached_property
    def _centre(self) -> FloatArray:
        return self.section.position_um / self.section.um_per_pixel

    def tiles(self, size_um: float, pixels: int, first: int, last: int) -> Iterator[Pixels]:
        return self._cut(self._centre[first:last], size_um / self.section.um_per_pixel, pixels)
