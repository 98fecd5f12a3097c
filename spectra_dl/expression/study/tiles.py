"""Cut tiles around the spots of a sheet's sections, and compute their features once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from spectra_dl.expression.readers import SectionSource, read_section
from spectra_dl.imaging.features.recipe import FeatureRecipe, SectionEncoder
from spectra_dl.imaging.features.store import FeatureStore
from spectra_dl.imaging.tile_files import TileCut, write_tiles
from spectra_dl.storage.run_folder import RunResult


@dataclass(frozen=True)
class TileSettings:
    """Which tiles are cut, and which features are computed.

    Attributes
    ----------
    tile_um
        Sides of the tiles, in µm.
    pixels
        Side of the JPEG images.
    encoders
        By name; none computes no features.
    """

    tile_um: tuple[float, ...] = (112.0,)
    pixels: int = 224
    encoders: tuple[str, ...] = ()


@dataclass(frozen=True)
class SectionTiles:
    """The tiles of one section and size: how many, their files, and how many of these were there already."""

    section: str
    tile_um: float
    tiles: int
    files: tuple[str, ...]
    known: int


@dataclass(frozen=True, eq=False)
class WrittenTiles(RunResult):
    """Tiles that were cut.

    Attributes
    ----------
    rows
        One per section and size.
    encoders
        Whose features were computed.
    notes
        Of the readers.
    """

    rows: tuple[SectionTiles, ...]
    encoders: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def report(self) -> dict[str, object]:
        """Notes and files, ready for JSON."""
        results = {"tiles": [vars(row) for row in self.rows], "encoders": list(self.encoders)}
        return {"notes": list(self.notes), "results": results}


def tile_study(
    sources: Sequence[SectionSource],
    store: FeatureStore,
    settings: TileSettings | None = None,
    *,
    progress: Callable[[str], None] | None = None,
) -> WrittenTiles:
    """Cut a tile around every usable spot into HDF5 files of JPEG images, and keep features where encoders are named.

    Parameters
    ----------
    sources
        Where the sections lie.
    store
        Its folder takes the tiles, too; what is there already is not computed again.
    settings
        The default if None.
    progress
        Takes a short line at a time.

    Raises
    ------
    DataError
        A section can't be read.
    UsageError
        There is no such encoder, or a size is impossible.
    EnvironmentFault
        A file can't be written.
    """
    settings = settings or TileSettings()
    names, sizes = settings.encoders, settings.tile_um
    encoder = SectionEncoder(FeatureRecipe(names, sizes), store) if names else None
    rows: list[SectionTiles] = []
    notes: list[str] = []
    for source in sources:
        if progress:
            progress(f"{source.stem}: tiles")
        whole = read_section(source)
        notes += whole.notes
        section = whole.select(whole.placed)
        for size in sizes:
            files, known = write_tiles(store.folder, section, TileCut(size, settings.pixels))
            written = tuple(path.name for path in files)
            rows.append(SectionTiles(section.name, size, len(section), written, known))
        if encoder:
            if progress:
                progress(f"{source.stem}: features")
            encoder.features(section)
    return WrittenTiles(tuple(rows), names, tuple(notes))
