"""What an AnnData file states of the spots of one section: counts, marks of tissue, places of the array, the library."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from spectra_dl.arrays import FloatArray, TextArray
from spectra_dl.errors import DataError
from spectra_dl.expression.readers.anndata_files.columns import Column, check_encoding
from spectra_dl.expression.readers.anndata_files.coordinates import spot_pixels
from spectra_dl.expression.readers.anndata_files.counts import check_values, read_counts
from spectra_dl.expression.readers.anndata_files.libraries import one_library
from spectra_dl.expression.readers.anndata_files.spatial_metadata import libraries_of
from spectra_dl.expression.readers.anndata_files.tables import Table, read_table
from spectra_dl.expression.readers.count_matrix import CountMatrix, refuse_duplicates
from spectra_dl.expression.readers.stored.nodes import StoredGroup
from spectra_dl.expression.readers.stored.opened import opened_anndata
from spectra_dl.expression.readers.tissue_marks import marks_tissue, may_mark_tissue, tissue_marks
from spectra_dl.expression.section import ArrayPlaces
from spectra_dl.storage.wording import letters_and_digits

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

_PATIENTS = ("patient", "patient_id")
_LEGACY_PIXELS = {"pixel_x", "pixel_y"}


@dataclass(frozen=True, eq=False)
class SpotContent:
    """The spots of one section.

    Attributes
    ----------
    barcode
        ``(n,)`` unique.
    values
        Counts, or other values (see `CountMatrix.whole`); None where the file has none.
    place
        Where the values stand.
    pixel
        ``(n, 2)`` x and y in full-resolution pixels; None where not stated.
    array
        Places of the array.
    library_id
        What the file calls the section; None where it doesn't.
    patient
        ``(n,)`` as a column of patients states it; None without.
    notes
        To go on from the section's name.
    rows
        Of the file.
    whole
        Whether these are all spots of the file.
    """

    barcode: TextArray
    values: CountMatrix | None
    place: str
    pixel: FloatArray | None
    array: ArrayPlaces
    library_id: str | None
    patient: TextArray | None
    notes: tuple[str, ...]
    rows: "NDArray[np.intp]"
    whole: bool = True

    @property
    def counts(self) -> CountMatrix | None:
        """The values where they are counts; None where they aren't."""
        return self.values if self.values is not None and self.values.whole else None

    @property
    def per_spot(self) -> FloatArray:
        """``(n,)`` counts over all genes; 1 where no counts are known, as such a spot can be predicted on."""
        return np.ones(len(self.barcode)) if self.counts is None else self.counts.per_spot


@dataclass(frozen=True, eq=False)
class Region:
    """Spots of a file that lie elsewhere than the file says.

    Attributes
    ----------
    rows
        Of the file, ascending.
    pixel
        ``(n, 2)`` x and y of the same spots.
    """

    rows: "NDArray[np.intp]"
    pixel: FloatArray


def read_content(root: StoredGroup, names: Sequence[str], region: Region | None = None) -> SpotContent:
    """Read everything of a section but its image.

    Parameters
    ----------
    root
        An open file.
    names
        What a person may call the section, to choose among several libraries.
    region
        The only spots that are looked at, with their places; None looks at all, where the file puts them.

    Raises
    ------
    DataError
        A part is encoded in a way that is not known, damaged, or does not fit the others; or there are several sections.
    """
    check_encoding(root, root.where)
    obs = read_table(root, "obs")
    check_values(root, len(obs))
    every = np.arange(len(obs)) if region is None else region.rows
    pixel, notes = spot_pixels(root, obs) if region is None else (region.pixel, [])
    library = one_library(obs.select(every), libraries_of(root), pixel, names, root.where)
    rows = every[library.rows]
    values, place, counted = read_counts(root, obs.index, rows)
    spots = obs.select(rows)
    if values is None:
        refuse_duplicates(spots.index, "barcode", root.where)
    marks, marked = _marks(spots, rows)
    row, column, placed = _array(spots)
    return SpotContent(
        barcode=spots.index,
        values=values,
        place=place,
        pixel=None if pixel is None else pixel[library.rows],
        array=ArrayPlaces(marks, row, column),
        library_id=library.name,
        patient=None if (patient := spots.first(*_PATIENTS)) is None else patient.text,
        notes=(*notes, *library.notes, *marked, *placed, *counted),
        rows=rows,
        whole=len(rows) == len(obs),
    )


def read_h5ad_counts(path: Path) -> tuple["csr_matrix", TextArray, TextArray]:
    """Return raw counts ``(n, g)``, barcodes and genes of an AnnData file, of spots under tissue.

    Raises
    ------
    UnsafeError
        The file links to another file.
    DataError
        It is damaged, its parts don't fit, or it holds no raw counts.
    """
    with opened_anndata(path) as root:
        content = read_content(root, [path.stem])
    counts, place = content.values, content.place
    if counts is None:
        raise DataError(f"{path.name}: no counts in layers/counts, raw/X or X; bring raw counts")
    if content.array.in_tissue is not None:
        counts = counts.select(np.flatnonzero(content.array.in_tissue))
    if counts.missing.any():
        row = int(np.flatnonzero(counts.missing)[0])
        raise DataError(
            f"{path.name} {place}: values of spot {counts.barcode[row]!r:.60} are not finite; bring raw counts"
        )
    if counts.flaw:
        raise DataError(f"{path.name} {place}: {counts.flaw}; put raw counts into layers/counts")
    if not counts.whole:
        raise DataError(
            f"{path.name} {place}: {counts.first_wrong}; values that are no whole numbers from 0, as after log-normalising or scaling, are not taken "
            "as counts; put raw counts into layers/counts"
        )
    return counts.matrix, counts.barcode, counts.gene


def _marks(obs: Table, rows: "NDArray[np.intp]") -> "tuple[NDArray[np.bool_] | None, list[str]]":
    """Return which spots, from these rows of the file, lie under tissue, and a note on those that don't; columns that differ are refused."""
    columns = {
        name: column.text
        for name in obs.names
        if may_mark_tissue(name) and (column := obs.column(name)) is not None
    }
    columns = {name: text for name, text in columns.items() if marks_tissue(name, list(text))}
    legacy = "selected" in obs.names and {name.lower() for name in obs.names} >= _LEGACY_PIXELS
    if not columns and legacy and (column := obs.column("selected")) is not None:
        columns = {"selected": column.text}
    marks = {
        name: tissue_marks(list(text), name, obs.title, (rows + 1).tolist()) for name, text in columns.items()
    }
    if not marks:
        return None, []
    first, *others = marks
    for other in others:
        if len(differ := np.flatnonzero(marks[first] != marks[other])):
            raise DataError(
                f"{obs.title}: {first} and {other} differ for {len(differ)} spots, row {rows[differ[0]] + 1} among them; remove the wrong column"
            )
    off = int((~marks[first]).sum())
    return marks[first], [
        f"{off} of {len(rows)} spots are not under tissue by obs[{first!r}] and are left out"
    ] if off else []


def _array(
    obs: Table,
) -> "tuple[NDArray[np.int64] | None, NDArray[np.int64] | None, list[str]]":
    plain = {letters_and_digits(name): name for name in obs.names}
    pairs = [("arrayrow", "arraycol"), ("arrayrow", "arraycolumn")]
    if {"imagerow", "imagecol"} <= set(plain):
        pairs.append(("row", "col"))  # as Seurat calls them
    pair = next((pair for pair in pairs if set(pair) <= set(plain)), None)
    row, column = (obs.column(plain[name]) for name in pair) if pair else (None, None)
    if row is None or column is None:
        return None, None, []
    places = [_whole(row), _whole(column)]
    if places[0] is None or places[1] is None:
        return None, None, ["array_row and array_col are not whole numbers for every spot and are not used"]
    return places[0], places[1], []


def _whole(column: Column) -> "NDArray[np.int64] | None":
    try:
        numbers = column.numbers
    except DataError:
        return None
    if not np.isfinite(numbers).all() or np.any(numbers != np.rint(numbers)) or np.any(np.abs(numbers) > 1e9):
        return None
    return numbers.astype(np.int64)
