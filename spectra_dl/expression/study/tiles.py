"""Cut tiles around the spots of a sheet's sections, and compute their features once."""

from collections.abc import Sequence
from dataclasses import dataclass

from spectra_dl.execution.run import Execution
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
    execution: Execution | None = None,
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
    execution
        Where jobs run, and the journal of what is finished; in this process and without one if None.

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
    names = settings.encoders
    encoder = SectionEncoder(FeatureRecipe(names, settings.tile_um), store) if names else None
    jobs = [
        _TileJob(source, store, settings, encoder, f"tiles of section {number}, {source.stem}")
        for number, source in enumerate(sources, start=1)
    ]
    cut = (execution or Execution()).run(jobs)
    rows = tuple(row for section in cut for row in section.rows)
    return WrittenTiles(rows, names, tuple(note for section in cut for note in section.notes))


@dataclass(frozen=True)
class _CutSection:
    """The tiles of one section, and what its reader noted."""

    rows: tuple[SectionTiles, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class _TileJob:
    """A section to be read and cut."""

    source: SectionSource
    store: FeatureStore
    settings: TileSettings
    encoder: SectionEncoder | None
    title: str
    record_types = (_CutSection, SectionTiles)

    def run(self) -> _CutSection:
        whole = read_section(self.source)
        section = whole.select(whole.placed)
        rows = []
        for size in self.settings.tile_um:
            files, known = write_tiles(self.store.folder, section, TileCut(size, self.settings.pixels))
            written = tuple(path.name for path in files)
            rows.append(SectionTiles(section.name, size, len(section), written, known))
        if self.encoder:
            self.encoder.compute(section)
        return _CutSection(tuple(rows), tuple(whole.notes))
