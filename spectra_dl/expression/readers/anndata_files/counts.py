"""Counts of an AnnData file, and which of its features are genes."""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from spectra_dl.arrays import TextArray
from spectra_dl.errors import DataError
from spectra_dl.expression.readers.anndata_files.columns import Column
from spectra_dl.expression.readers.anndata_files.matrices import check_matrix, read_matrix
from spectra_dl.expression.readers.anndata_files.tables import Table, read_table
from spectra_dl.expression.readers.count_matrix import CountMatrix, checked_values, refuse_duplicates
from spectra_dl.expression.readers.gene_names import is_metadata, no_controls, of_expression
from spectra_dl.expression.readers.stored.nodes import StoredGroup
from spectra_dl.storage.wording import letters_and_digits

if TYPE_CHECKING:
    from numpy.typing import NDArray

_PLACES = (
    ("layers/counts", "var"),
    ("layers/raw_counts", "var"),
    ("layers/raw", "var"),
    ("raw/X", "raw/var"),
    ("raw.X", "raw.var"),
)
_ENSEMBL = re.compile(r"ENS[A-Z]*G\d{6,}(\.\d+)?")
_SYMBOLS = (  # letters and digits only
    "genesymbol", "genesymbols", "genename", "genenames", "featurename", "symbol", "symbols", "hgncsymbol", "mgisymbol", "geneshortname",
)  # fmt: skip
_IDS = ("geneids", "geneid", "featureid", "ensemblid", "ensemblids", "ensembl", "ensemblgeneid")
_COUNT_LAYERS = ("counts", "count", "rawcounts", "rawcount", "raw", "umi", "umis", "umicounts", "umicount")
_MOST_COUNT = 2.0**53  # from where float64 skips whole numbers
_TYPES = ("feature_types", "feature_type")
_MOSTLY = 0.9
_SURE_LENGTH = 6  # of a name of metadata; shorter ones, as x and y, are those of genes of some species
_NO, _YES = {"false", "0", "0.0"}, {"true", "1", "1.0"}


def read_counts(
    root: StoredGroup, barcode: TextArray, rows: "NDArray[np.intp]"
) -> tuple[CountMatrix | None, str, list[str]]:
    """Read the first of layers/counts, raw/X and X that holds counts, else X with the values it holds.

    Parameters
    ----------
    root
        An open file.
    barcode
        ``(n,)`` ids of its spots.
    rows
        Of the spots that are read; the others' values and ids don't matter.

    Returns
    -------
    values
        Values and ids of those spots; None where there are none at all.
    place
        Their path in the file.
    notes
        On features that are no genes, to go on from the section's name.

    Raises
    ------
    DataError
        The file is damaged, or its parts don't fit.
    """
    for place, genes in _PLACES:
        if place in root and genes in root:
            values, notes = _values(root, (place, genes), barcode, rows)
            if values.whole:
                return values, place, notes
    if "X" not in root or root.member("X").attributes.get("encoding-type") == "null":
        return None, "X", []
    values, notes = _values(root, ("X", "var"), barcode, rows)
    return values, "X", [*notes, *([] if values.whole else _other_layers(root))]


def check_values(root: StoredGroup, spots: int) -> None:
    """Refuse a file whose X has other rows or columns than its tables, before anything of it is taken for granted.

    Parameters
    ----------
    root
        An open file.
    spots
        In its table of them.

    Raises
    ------
    DataError
        It has.
    """
    if "X" in root and "var" in root and root.member("X").attributes.get("encoding-type") != "null":
        check_matrix(root.member("X"), (spots, len(read_table(root, "var"))), f"{root.where} X")


def _values(
    root: StoredGroup, place: tuple[str, str], barcode: TextArray, rows: "NDArray[np.intp]"
) -> tuple[CountMatrix, list[str]]:
    where = f"{root.where} {place[0]}"
    table = read_table(root, place[1])
    node = root.member(place[0])
    matrix = read_matrix(node, (len(barcode), len(table)), where)
    matrix = matrix if len(rows) == len(barcode) else matrix[rows]
    kept, notes = _genes(table)
    gene, symbol = _gene_ids(table, kept)
    values = checked_values(matrix[:, np.flatnonzero(kept)], barcode[rows], gene, symbol, where)
    kind = (node.array("data") if isinstance(node, StoredGroup) else node).dtype.kind
    return replace(values, flaw=_flaw_of_kind(values, kind) or values.flaw), notes


def _flaw_of_kind(values: CountMatrix, kind: str) -> str:
    """Return why values of a stored kind of numbers are no counts; empty where they may be."""
    if kind == "b":
        return "its values are truth values and say only whether a gene was found"
    if kind in "iu" and values.matrix.nnz and values.matrix.max() >= _MOST_COUNT:
        return f"its largest value, {values.matrix.max():.4g}, is too large for a count"
    return ""


def _columns(table: Table, names: tuple[str, ...]) -> Iterator[Column]:
    """Yield the columns of these names, letters' case and signs aside, in the names' order."""
    for name in names:
        for stated in table.names:
            if letters_and_digits(stated) == name and (column := table.column(stated)) is not None:
                yield column


def _other_layers(root: StoredGroup) -> list[str]:
    """Return a note on layers that are called like counts, where none is taken."""
    layers = root.member("layers") if "layers" in root else None
    read = {place.removeprefix("layers/") for place, _ in _PLACES}
    names = layers.names if isinstance(layers, StoredGroup) else ()
    like = [name for name in names if letters_and_digits(name) in _COUNT_LAYERS and name not in read]
    return [f"layers/{name:.40} is not read; call it counts if it holds raw counts" for name in like]


def _genes(table: Table) -> "tuple[np.ndarray[tuple[int], np.dtype[np.bool_]], list[str]]":
    """Return which features are genes that count, and a note for each kind that is left out."""
    kept, notes = no_controls(table.index), []
    ids = next(iter(_columns(table, _IDS)), None)
    if ids is not None:
        kept &= no_controls(ids.text)
    if controls := int((~kept).sum()):
        notes.append(f"{controls} of {len(kept)} features are control or withdrawn probes and are left out")
    metadata = np.array([is_metadata(str(name)) for name in table.index], dtype=bool)
    if any(len(str(name)) >= _SURE_LENGTH for name in table.index[metadata]):
        notes.append(
            f"{int((kept & metadata).sum())} of {len(kept)} features are metadata of spots and are left out"
        )
        kept &= ~metadata
    types = table.first(*_TYPES)
    if types is not None and (others := int((kept & ~of_expression(types.text)).sum())):
        kept &= of_expression(types.text)
        notes.append(f"{others} of {len(kept)} features are no genes by their {types.name} and are left out")
    included = table.first("included")
    if included is not None and set(map(str.lower, included.text)) <= _NO | _YES:
        marks = np.array([str(value).lower() in _YES for value in included.text], dtype=bool)
        if excluded := int((kept & ~marks).sum()):
            kept &= marks
            notes.append(
                f"{excluded} of {len(kept)} genes are not included by the probe set and are left out"
            )
    if not len(kept):
        raise DataError(f"{table.title}: it has no genes; bring the file with its genes")
    if not kept.any():
        raise DataError(f"{table.title}: none of its {len(kept)} features is a gene; is it another assay?")
    return kept, notes


def _gene_ids(
    table: Table, kept: "np.ndarray[tuple[int], np.dtype[np.bool_]]"
) -> tuple[TextArray, TextArray | None]:
    """Return ids and symbols: Ensembl ids where the table has them, and their symbols."""
    index = table.index[kept]
    if _are_ids(index):
        symbols = next(iter(_columns(table, _SYMBOLS)), None)
        return index, None if symbols is None else symbols.text[kept]
    for column in _columns(table, _IDS):
        if _are_ids(column.text[kept]):
            return column.text[kept], index
    refuse_duplicates(index, "gene", table.title)
    return index, None


def _are_ids(names: TextArray) -> bool:
    """Say whether names are unique Ensembl ids, but for a few, as of genes that were added to a genome."""
    known = sum(_ENSEMBL.fullmatch(name) is not None for name in names)
    return known >= _MOSTLY * len(names) and len(set(names)) == len(names) and all(map(str.strip, names))
