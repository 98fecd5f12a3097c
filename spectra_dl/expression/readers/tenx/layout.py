"""Which files of a folder make up one run of Space Ranger, however archives have named them.

Space Ranger writes a matrix of counts and a folder ``spatial``. Archives put the sample in front of each name, and lay what stood in ``spatial``
beside the counts, often compressed with gzip. Files belong together where what stands in front is the same, or where only one side has
something in front; since barcodes are the same on every slide, files of two samples can't be known by their contents.
"""

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from spectra_dl.errors import DataError

_POSITIONS = re.compile(r"\A(.{0,255}?)tissue_positions(?:_list)?\.(?:csv|tsv|txt|parquet)(?:\.gz)?")
_FACTORS = re.compile(r"\A(.{0,255}?)scalefactors_json\.json(?:\.gz)?")
_HIRES = re.compile(r"\A(.{0,255}?)tissue_hires_image\.(?:png|jpe?g|tiff?)(?:\.gz)?")
_LOWRES = re.compile(r"\A(.{0,255}?)tissue_lowres_image\.(?:png|jpe?g|tiff?)(?:\.gz)?")
_MATRIX = re.compile(r"\A(.{0,255}?)matrix\.mtx(?:\.gz)?")
_COUNTS = (  # the surest first
    ("filtered", re.compile(r"\A(.{0,255}?)filtered_feature_bc_matrix\.h5")),
    ("filtered", re.compile(r"\A(.{0,255}?)filtered_(?:feature_bc_matrix|gene_bc_matrices)")),
    ("filtered", _MATRIX),
    ("raw", re.compile(r"\A(.{0,255}?)raw_feature_bc_matrix\.h5")),
    ("raw", re.compile(r"\A(.{0,255}?)raw_(?:feature_bc_matrix|gene_bc_matrices)")),
)
_LIKE_POSITIONS = re.compile(r".*(position|coordinate).*\.(csv|tsv|txt|parquet)(\.gz)?", re.IGNORECASE)
_ACCESSION = re.compile(r"GSM[0-9]+")
_ORDER = ("tissue_positions.csv", "tissue_positions.parquet", "tissue_positions_list.csv")
_MOST_NAMES = 100_000


@dataclass(frozen=True)
class Counts:
    """Where counts lie.

    Attributes
    ----------
    path
        An HDF5 file, or the folder of the three text files.
    prefix
        What stands in front of the usual names.
    raw
        Whether barcodes that don't lie under tissue are among them.
    """

    path: Path
    prefix: str = ""
    raw: bool = False

    @property
    def folder(self) -> Path:
        """The folder of the run, above that of the counts and of their genome."""
        if not self.path.is_dir():
            return self.path.parent
        if holds_counts_by_name(self.path):
            return self.path.parent
        genome = self.path.absolute()
        named = holds_counts_by_name(genome.parent) and folder_of_matrix(genome.parent) == genome
        return genome.parents[1] if named else self.path


@dataclass(frozen=True)
class SpaceRangerFiles:
    """One run's files; None for what is not there.

    Attributes
    ----------
    counts
        Of barcodes and features.
    positions, factors, hires
        Of barcodes, from full-resolution pixels to those of the small image, and that image, the lowres one where it is alone.
    lowres
        The other small image, where it lies beside that one under the same prefix.
    notes
        A sentence for each choice between several files.
    other_positions
        Further files of positions of the same run, which are not read but compared.
    """

    counts: Counts
    positions: Path | None
    factors: Path | None
    hires: Path | None
    notes: tuple[str, ...] = ()
    other_positions: tuple[Path, ...] = ()
    lowres: Path | None = None


def holds_counts_by_name(folder: Path) -> bool:
    """Say whether a folder has the name of one that holds counts as three text files.

    Examples
    --------
    >>> holds_counts_by_name(Path("filtered_feature_bc_matrix")), holds_counts_by_name(Path("outs"))
    (True, False)
    """
    return any(_COUNTS[at][1].fullmatch(folder.name) for at in (1, 4))


def names_in(folder: Path) -> list[str]:
    """Return the names in a folder, sorted, none where there is no such folder.

    Raises
    ------
    DataError
        It can't be listed, or holds more than any run.
    """
    if not os.path.isdir(folder):
        return []
    try:
        names = sorted(os.listdir(folder))
    except OSError as err:
        raise DataError(
            f"{folder.name}: can't be listed ({err.strerror or err}); check its permissions"
        ) from err
    if len(names) > _MOST_NAMES:
        raise DataError(
            f"{folder.name}: {len(names)} files in one folder; give the section a folder of its own"
        )
    return names


def counts_in(folder: Path) -> Counts | None:
    """Return the counts that lie in a folder; None where there are none.

    Raises
    ------
    DataError
        Those of several samples lie in it.
    """
    names = names_in(folder)
    for kind in ("filtered", "raw"):
        groups = [
            [(name, match[1]) for name in names if (match := pattern.fullmatch(name))]
            for which, pattern in _COUNTS
            if which == kind
        ]
        at = [_existing(folder, group) for group in groups]
        prefixes = list(dict.fromkeys(counts.prefix for group in at for counts in group))
        if len(prefixes) > 1:
            raise DataError(
                f"{folder.name}: counts of {len(prefixes)} samples lie in one folder ({', '.join(map(repr, prefixes)):.200}); name the .h5 of "
                "one of them instead of the folder, or give each sample a folder of its own"
            )
        for group in at:
            for counts in group:
                raw = kind == "raw" or any(_COUNTS[4][1].fullmatch(name) for name in counts.path.parts[-2:])
                return Counts(counts.path, counts.prefix, raw)
    if holds_counts_by_name(folder) and folder_of_matrix(folder):
        return Counts(folder, raw=_COUNTS[4][1].fullmatch(folder.name) is not None)
    return None


def counts_of_file(path: Path) -> Counts:
    """Return the counts that are an HDF5 file named itself, by its name raw or not."""
    for kind, pattern in (_COUNTS[0], _COUNTS[3]):
        if match := pattern.fullmatch(path.name):
            return Counts(path, match[1], raw=kind == "raw")
    return Counts(path, "", raw=path.name.startswith("raw_"))


def with_spatial(counts: Counts, notes: Sequence[str] = ()) -> SpaceRangerFiles:
    """Return a run's counts with the files that belong to them: in ``spatial``, or beside the counts.

    Parameters
    ----------
    counts
        Of barcodes.
    notes
        Sentences on how they were chosen.

    Raises
    ------
    DataError
        Several could be the one, or the only one carries the name of another sample.
    """
    said = list(notes)
    positions, factors, hires = (
        _belonging(counts, pattern, said) for pattern in (_POSITIONS, _FACTORS, _HIRES)
    )
    positions = positions or _positions_named_otherwise(counts, said)
    if hires is None:
        hires = _belonging(counts, _LOWRES, said)
    return SpaceRangerFiles(
        counts, positions, factors, hires, tuple(said), _besides(positions, _POSITIONS), _lowres_beside(hires)
    )


def text_prefix(folder: Path) -> str:
    """Return what stands in front of the one matrix.mtx in a folder; nothing where there are none or several."""
    prefixes = [match[1] for name in names_in(folder) if (match := _MATRIX.fullmatch(name))]
    return prefixes[0] if len(prefixes) == 1 else ""


def folder_of_matrix(folder: Path) -> Path | None:
    """Return the folder that holds a matrix.mtx: this one, or the only one in it, as the genome's of version 2 of the format."""
    if any(_MATRIX.fullmatch(name) for name in names_in(folder)):
        return folder
    genomes = [folder / name for name in names_in(folder) if (folder / name).is_dir()]
    inside = [genome for genome in genomes if any(_MATRIX.fullmatch(name) for name in names_in(genome))]
    return inside[0] if len(inside) == 1 == len(genomes) else None


def has_spatial_files(folder: Path) -> bool:
    """Say whether positions or scale factors lie in a folder itself."""
    return any(_POSITIONS.fullmatch(name) or _FACTORS.fullmatch(name) for name in names_in(folder))


def summary_of(folder: Path) -> str:
    """Return the names in a folder and one level below that have to do with Space Ranger, for messages."""
    known = re.compile(
        r".*(_matri(x|ces)(\.h5|\.mtx)?(\.gz)?|tissue_\w+\.\w+|[Pp]osition.*|scalefactors_json\.json|spatial|\.tar(\.gz)?|\.tgz|\.zip|(binned|segmented)_outputs"
        r"|square_[0-9]+um|outs|_info\.h5|\.cloupe|\.mtx)"
    )
    listed = list(_walked(folder, known))
    return ", ".join(listed) if listed else "nothing that Space Ranger writes"


def _walked(folder: Path, known: re.Pattern[str]) -> Iterator[str]:
    for name in names_in(folder)[:200]:
        if known.fullmatch(name):
            yield name
        for below in names_in(folder / name)[:50] if os.path.isdir(folder / name) else ():
            if known.fullmatch(below):
                yield f"{name}/{below}"


def _existing(folder: Path, named: Sequence[tuple[str, str]]) -> list[Counts]:
    counts = []
    for name, prefix in named:
        path = folder / name
        if _MATRIX.fullmatch(name) and path.is_file():
            counts.append(Counts(folder, prefix))
        elif (name.endswith(".h5") and path.is_file()) or (path.is_dir() and folder_of_matrix(path)):
            counts.append(Counts(path, prefix))
    return counts


def _belonging(counts: Counts, pattern: re.Pattern[str], notes: list[str]) -> Path | None:
    """Return the one file of a kind that goes with the counts."""
    folder = counts.folder
    places = [folder / "spatial", folder / f"{counts.prefix}spatial", folder]
    candidates = [
        (place / name, match[1])
        for place in dict.fromkeys(places)
        for name in names_in(place)
        if (match := pattern.fullmatch(name)) and (place / name).is_file()
    ]
    same = [path for path, prefix in candidates if prefix == counts.prefix]
    # A folder spatial of one's own, as the archive's own tar unpacks to, needs no name in front.
    plain = [path for path, prefix in candidates if not prefix and path.parent != folder]
    if same:
        return _first(same, counts.prefix)
    if plain:
        _refuse_shared_folder(counts, plain[0].parent)
        return _first(plain, counts.prefix)
    others = {prefix for prefix in _samples(counts.folder) if prefix != counts.prefix}
    near = [
        (path, prefix)
        for path, prefix in candidates
        if _related(prefix, counts.prefix) and prefix not in others
    ]
    if len({prefix for _, prefix in near}) == 1:
        path = _first([path for path, _ in near], near[0][1])
        notes.append(f"{path.name} is taken as that of {counts.path.name}")
        return path
    if candidates:
        raise DataError(
            f"{counts.path.name}: {', '.join(path.name for path, _ in candidates):.200} lie beside it, and none carries its name in front "
            f"({counts.prefix!r:.60}); put the files of one sample into a folder of its own"
        )
    return None


def _positions_named_otherwise(counts: Counts, notes: list[str]) -> Path | None:
    """Return the only table in ``spatial`` whose name speaks of positions; its columns are checked where it is read."""
    spatial = counts.folder / "spatial"
    found = [spatial / name for name in names_in(spatial) if _LIKE_POSITIONS.fullmatch(name)]
    if len(found) != 1:
        return None
    _refuse_shared_folder(counts, spatial)
    notes.append(f"{found[0].name} is taken for the positions of {counts.path.name}")
    return found[0]


def _samples(folder: Path) -> set[str]:
    """Return what stands in front of the filtered counts in a folder."""
    return {match[1] for name in names_in(folder) if (match := _COUNTS[0][1].fullmatch(name))}


def _refuse_shared_folder(counts: Counts, spatial: Path) -> None:
    """Refuse a folder ``spatial`` that could be any of several samples'."""
    samples = sorted(_samples(counts.folder))
    if len(samples) > 1:
        raise DataError(
            f"{counts.path.name}: the folder {spatial.name} beside it names no sample, and counts of {', '.join(map(repr, samples)):.200} lie there; "
            "give each sample a folder of its own with its spatial in it"
        )


def _first(paths: Sequence[Path], prefix: str) -> Path:
    """Return the one to be read where a run has several of a kind: those of later versions first."""

    def rank(path: Path) -> tuple[int, str]:
        name = path.name.removeprefix(prefix).removesuffix(".gz")
        return (_ORDER.index(name) if name in _ORDER else len(_ORDER)), path.name

    folder = paths[0].parent
    return min((path for path in paths if path.parent == folder), key=rank)


def _besides(
    taken: Path | None, pattern: re.Pattern[str], own: re.Pattern[str] | None = None
) -> tuple[Path, ...]:
    """Return the other files of a kind that lie in the same folder under the same prefix as one of that kind, or of its own."""
    match = None if taken is None else (own or pattern).fullmatch(taken.name)
    if taken is None or match is None:
        return ()
    return tuple(
        taken.parent / name
        for name in names_in(taken.parent)
        if name != taken.name and (other := pattern.fullmatch(name)) and other[1] == match[1]
    )


def _lowres_beside(hires: Path | None) -> Path | None:
    return next(iter(_besides(hires, _LOWRES, _HIRES)), None)


def _related(first: str, second: str) -> bool:
    if not first or not second or first.startswith(second) or second.startswith(first):
        return True
    accessions = [_ACCESSION.search(prefix) for prefix in (first, second)]
    return all(accessions) and accessions[0][0] == accessions[1][0]  # type: ignore[index]  # both are there
