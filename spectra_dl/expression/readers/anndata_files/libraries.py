"""One file, one section: which spots of a file with several libraries are read, or why it must be split."""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from spectra_dl.arrays import FloatArray, TextArray, text_array
from spectra_dl.errors import DataError
from spectra_dl.expression.readers.anndata_files.tables import Table
from spectra_dl.storage.wording import letters_and_digits

if TYPE_CHECKING:
    from numpy.typing import NDArray

LIBRARY_COLUMNS = (  # the surest first; letters and digits only
    "libraryid", "library", "sampleid", "sample", "samplename", "sectionid", "section", "sectionname", "slideid", "slide", "slidename",
    "captureareaid", "capturearea", "origident", "dataset", "datasetid", "batch", "batchid",
)  # fmt: skip
_WEAK = (  # which may also name parts of one section: they count where spots of two values lie among each other
    "donor", "donorid", "mouse", "mouseid", "condition", "slice", "sliceid", "replicate", "replicateid", "stsample", "tissuesection", "imgid",
    "imageid", "roi", "roiid", "array", "arrayid", "gsm", "geoaccession", "specimen", "specimenid",
)  # fmt: skip
_GONE = ("", "nan", "none", "na", "n/a", "<na>")  # no name
_AMONG = 0.75  # of the distance of neighbours; spots of one lattice lie 1 apart, of two at most 0.71
_OVERLAP = 0.05  # of a library's spots among those of another
FEWEST_SPOTS = 3  # spots of a library on average: more names than that are names of spots


@dataclass(frozen=True, eq=False)
class Library:
    """The spots of one section.

    Attributes
    ----------
    rows
        Of the file, in its order.
    name
        What the file calls the section; None where it doesn't.
    notes
        What was chosen or assumed, to go on from the section's name.
    """

    rows: "NDArray[np.intp]"
    name: str | None
    notes: tuple[str, ...] = ()


def one_library(
    obs: Table, stated: Sequence[str], pixel: FloatArray | None, names: Sequence[str], where: str
) -> Library:
    """Return the spots of the section that is asked for.

    Parameters
    ----------
    obs
        The file's spots.
    stated
        Libraries in ``uns['spatial']``.
    pixel
        ``(n, 2)`` positions; None where not known.
    names
        What a person may call the section; a library of this name is read from among several.
    where
        The file, for messages.

    Raises
    ------
    DataError
        There are several, and none is asked for by its name.
    """
    every = np.arange(len(obs))
    columns = {
        column: values for column in _library_columns(obs) if (values := _values(obs, column)) is not None
    }
    matching = [column for column, values in columns.items() if _known(values) <= set(stated)]
    if len(stated) > 1 and not matching:
        columns = _otherwise_called(obs, stated) | columns
        matching = [column for column, values in columns.items() if _known(values) <= set(stated)]
    for column in dict.fromkeys([*matching, *columns]):
        values = columns[column]
        several = sorted(_known(values))
        if len(several) < 2:
            continue
        weak = letters_and_digits(column) in _WEAK and column not in matching
        if weak and (pixel is None or not _among(values, pixel)):
            continue
        apart = len(stated) < 2 and (pixel is None or not (weak or libraries_overlap(values, pixel)))
        chosen = next((name for name in names if name in several), None)
        if chosen is not None and not apart:
            rows = np.flatnonzero(values == chosen)
            return Library(
                rows, chosen, (f"{len(rows)} of {len(obs)} spots are those of {column} {chosen!r:.60}",)
            )
        if not apart:
            raise DataError(_several(column, values, stated, where))
        return Library(
            every,
            stated[0] if stated else None,
            (f"{column} names {len(several)} parts that lie apart; they are read as one section",),
        )
    return Library(every, _only_name(columns, matching, stated, where), _unnamed(columns, len(obs)))


def _otherwise_called(obs: Table, stated: Sequence[str]) -> dict[str, TextArray]:
    """Return columns of any name whose every value is that of a library in ``uns['spatial']``."""
    columns = {}
    for name in obs.names:
        with contextlib.suppress(DataError):  # a column that can't be read says nothing
            values = _values(obs, name)
            if values is not None and _known(values) <= set(stated):
                columns[name] = values
    return columns


def _unnamed(columns: dict[str, TextArray], n: int) -> tuple[str, ...]:
    """Return a note on spots without a name in the first column that names the others."""
    for column, values in columns.items():
        if letters_and_digits(column) not in _WEAK and (gone := int((values == "").sum())):
            return (
                f"{gone} of {n} spots have no {column:.40}, and are read as those of {min(_known(values))!r:.60}",
            )
    return ()


def _only_name(
    columns: dict[str, TextArray], matching: Sequence[str], stated: Sequence[str], where: str
) -> str | None:
    """Return what a file calls its one section."""
    if len(stated) > 1:
        single = next((min(_known(columns[column])) for column in matching), None)
        if single is None:
            raise DataError(
                f"{where}: uns['spatial'] holds {len(stated)} sections, {', '.join(stated)!r:.120}, and no column of obs says which spot belongs to "
                "which; add obs['library_id'] with these names, and write one file for each"
            )
        return single
    named = (min(_known(values)) for column, values in columns.items() if column[:7] == "library")
    return stated[0] if stated else next(named, None)


def _library_columns(obs: Table) -> list[str]:
    plain = {letters_and_digits(name): name for name in obs.names}
    return [plain[name] for name in (*LIBRARY_COLUMNS, *_WEAK) if name in plain]


def _values(obs: Table, name: str) -> TextArray | None:
    """Return a column's text, empty where no name stands; None where it names spots and not sections."""
    column = obs.column(name)
    if column is None or not len(obs):
        return None
    values = text_array(["" if str(value).strip().lower() in _GONE else str(value) for value in column.text])
    known = len(_known(values))
    return values if known and known * FEWEST_SPOTS <= max(FEWEST_SPOTS, int((values != "").sum())) else None


def _known(values: TextArray) -> set[str]:
    return {str(value) for value in set(values) if value}


def _groups(values: TextArray, pixel: FloatArray) -> list[FloatArray]:
    """Return positions of the spots of each name."""
    placed = np.isfinite(pixel).all(axis=1)
    groups = [pixel[(values == name) & placed] for name in sorted(_known(values))]
    return [group for group in groups if len(group)]


def libraries_overlap(values: TextArray, pixel: FloatArray) -> bool:
    """Say whether spots of one library lie within the bounds of another.

    Parameters
    ----------
    values
        ``(n,)`` text, each spot's library; empty where none is named.
    pixel
        ``(n, 2)`` positions.
    """
    groups = _groups(values, pixel)
    for at, group in enumerate(groups):
        low, high = group.min(axis=0), group.max(axis=0)
        others = groups[:at] + groups[at + 1 :]
        if any(((other >= low) & (other <= high)).all(axis=1).mean() > _OVERLAP for other in others):
            return True
    return False


def _among(values: TextArray, pixel: FloatArray) -> bool:
    """Say whether spots of one name lie closer to those of another than spots of one name to each other."""
    from scipy.spatial import cKDTree

    groups = [group for group in _groups(values, pixel) if len(group) > 1]
    trees = [cKDTree(group) for group in groups]
    for at, group in enumerate(groups):
        within = np.quantile(np.asarray(trees[at].query(group, k=2)[0])[:, 1], _OVERLAP)
        for other in trees[:at] + trees[at + 1 :]:
            if np.mean(np.asarray(other.query(group)[0]) < _AMONG * within) > _OVERLAP:
                return True
    return False


def _several(column: str, values: TextArray, stated: Sequence[str], where: str) -> str:
    """Return the refusal of several sections, with lines that split the file as it is."""
    names, sizes = np.unique(values[values != ""].astype(str), return_counts=True)
    listed = ", ".join(f"{name} ({size} spots)" for name, size in zip(names, sizes, strict=True))
    gone = int((values == "").sum())
    unnamed = f", and {gone} spots have no name" if gone else ""
    if set(names) <= set(stated):
        own, then = "a.uns['spatial'] = {str(k): adata.uns['spatial'][str(k)]}", ""
    else:
        own = "a.uns.pop('spatial', None)"
        then = (
            f" (uns['spatial'] has {', '.join(stated):.40} and none of these: name each file's --image)"
            if stated
            else ""
        )
    key = f"adata.obs[{column!r:.22}]"
    return (
        f"{where:.50}: obs[{column!r:.22}] names {len(names)} sections: {listed:.100}{unnamed}; give the section one of these names in the sheet, or split "
        f"the file: for k in {key}.dropna().unique(): a = adata[{key} == k].copy(); {own}; a.write_h5ad(f'{{k}}.h5ad'){then}"
    )
