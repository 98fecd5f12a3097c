"""One file, one section: which spots of a file with several libraries are read, or why it must be split."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from spectra_dl.arrays import FloatArray, TextArray
from spectra_dl.errors import DataError
from spectra_dl.expression.readers.anndata_files.tables import Table

if TYPE_CHECKING:
    from numpy.typing import NDArray

LIBRARY_COLUMNS = (  # the surest first; letters and digits only
    "libraryid", "library", "sampleid", "sample", "samplename", "sectionid", "section", "sectionname", "slideid", "slide", "slidename",
    "captureareaid", "capturearea", "origident", "dataset", "datasetid", "batch", "batchid",
)  # fmt: skip
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
    matching = [column for column, values in columns.items() if set(values) <= set(stated)]
    for column in dict.fromkeys([*matching, *columns]):
        values = columns[column]
        several = sorted(set(values))
        if len(several) < 2:
            continue
        apart = len(stated) < 2 and (pixel is None or not libraries_overlap(values, pixel))
        chosen = next((name for name in names if name in several), None)
        if chosen is not None and not apart:
            rows = np.flatnonzero(values == chosen)
            return Library(
                rows, chosen, (f"{len(rows)} of {len(obs)} spots are those of {column} {chosen!r:.60}",)
            )
        if not apart:
            raise DataError(_several(column, values, where))
        return Library(
            every,
            stated[0] if stated else None,
            (f"{column} names {len(several)} parts that lie apart; they are read as one section",),
        )
    if len(stated) > 1:
        single = next((str(columns[column][0]) for column in matching), None)
        if single is None:
            raise DataError(
                f"{where}: uns['spatial'] holds {len(stated)} sections, {', '.join(stated)!r:.120}, and no column of obs says which spot belongs to "
                "which; add obs['library_id'] with these names, and write one file for each"
            )
        return Library(every, single)
    name = (
        stated[0]
        if stated
        else next((str(values[0]) for column, values in columns.items() if column[:7] == "library"), None)
    )
    return Library(every, name)


def _library_columns(obs: Table) -> list[str]:
    plain = {"".join(filter(str.isalnum, name.lower())): name for name in obs.names}
    return [plain[name] for name in LIBRARY_COLUMNS if name in plain]


def _values(obs: Table, name: str) -> TextArray | None:
    """Return a column's text; None where it names spots and not sections, or says nothing of some."""
    column = obs.column(name)
    if column is None or not len(obs) or column.missing.any():
        return None
    values = column.text
    return values if len(set(values)) * FEWEST_SPOTS <= max(FEWEST_SPOTS, len(values)) else None


def libraries_overlap(values: TextArray, pixel: FloatArray) -> bool:
    """Say whether spots of one library lie within the bounds of another.

    Parameters
    ----------
    values
        ``(n,)`` text, each spot's library.
    pixel
        ``(n, 2)`` positions.
    """
    groups = [pixel[(values == name) & np.isfinite(pixel).all(axis=1)] for name in sorted(set(values))]
    groups = [group for group in groups if len(group)]
    for at, group in enumerate(groups):
        low, high = group.min(axis=0), group.max(axis=0)
        others = groups[:at] + groups[at + 1 :]
        if any(((other >= low) & (other <= high)).all(axis=1).mean() > _OVERLAP for other in others):
            return True
    return False


def _several(column: str, values: TextArray, where: str) -> str:
    names, sizes = np.unique(values.astype(str), return_counts=True)
    listed = ", ".join(f"{name} ({size} spots)" for name, size in zip(names, sizes, strict=True))
    return (
        f"{where}: obs[{column!r:.30}] names {len(names)} sections: {listed:.150}; give the section one of these names in the sheet, or split the file: "
        f"for k in adata.obs[{column!r:.30}].unique(): a = adata[adata.obs[{column!r:.30}] == k].copy(); "
        "a.uns['spatial'] = {k: adata.uns['spatial'][k]}; a.write_h5ad(f'{k}.h5ad')"
    )
