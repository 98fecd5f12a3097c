"""Counts of 10x Genomics as one HDF5 file, and which of its features are genes."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from spectra_dl.arrays import TextArray, text_array
from spectra_dl.errors import DataError
from spectra_dl.expression.readers.count_matrix import CountMatrix, checked_counts, compressed_rows
from spectra_dl.expression.readers.gene_names import GENE_EXPRESSION, has_type, no_controls
from spectra_dl.storage.hdf5_checks import (
    check_size,
    check_text_width,
    is_hdf5,
    opened_hdf5,
    refuse_foreign,
    stored_dataset,
)

if TYPE_CHECKING:
    import h5py
    from scipy.sparse import csr_matrix

_WITHDRAWN = "DEPRECATED_"  # in front of the ids of probes that 10x has withdrawn


@dataclass(frozen=True, eq=False)
class Features:
    """What 10x's features are: ids, names and types, ``(g,)`` each."""

    id: TextArray
    name: TextArray
    type: TextArray


@dataclass(frozen=True, eq=False)
class TenxCounts:
    """Counts of genes, and a sentence, without the section's name, for the features that were left out."""

    matrix: CountMatrix
    notes: tuple[str, ...] = ()


def is_tenx_h5(path: Path) -> bool:
    """Say whether a file is a matrix of 10x Genomics by its content; False where it can't be opened."""
    if not is_hdf5(path):
        return False
    try:
        with opened_hdf5(path, path.name) as file:
            names = set(file)
    except DataError:
        return False
    return "matrix" in names and not {"obs", "var", "row_attrs", "col_attrs"} & names


def read_tenx_h5(path: Path) -> TenxCounts:
    """Read ``filtered_feature_bc_matrix.h5``; genes are Ensembl ids, and only features of gene expression are kept.

    Raises
    ------
    DataError
        Damaged, truncated, or its parts don't fit.
    UnsafeError
        A part of it lies in another file.
    """
    where = path.name
    with opened_hdf5(path, where) as file:
        refuse_foreign(file, where)
        if "matrix" not in file:
            raise DataError(
                f"{where}: HDF5 without the group matrix; Space Ranger's filtered_feature_bc_matrix.h5 is needed"
            )
        group = file["matrix"]
        barcode = texts(group, "barcodes", where)
        features = Features(
            *(texts(group, f"features/{column}", where) for column in ("id", "name", "feature_type"))
        )
        n_features = len(features.id)
        if not n_features == len(features.name) == len(features.type):
            raise DataError(
                f"{where}: {n_features} gene ids, {len(features.name)} names and {len(features.type)} types; take a fresh copy"
            )
        shape = tuple(int(length) for length in stored_dataset(group, "shape", where)[()].ravel())
        if shape != (n_features, len(barcode)):
            raise DataError(
                f"{where}: a matrix of {shape} for {n_features} genes and {len(barcode)} barcodes; take a fresh copy"
            )
        matrix = compressed_rows(group, (len(barcode), n_features), where)
    return gene_counts(matrix, barcode, features, where)


def gene_counts(matrix: "csr_matrix", barcode: TextArray, features: Features, where: str) -> TenxCounts:
    """Keep what is a gene: features of gene expression whose probes 10x has not withdrawn.

    Parameters
    ----------
    matrix
        ``(n, g)`` counts of all features.
    barcode
        ``(n,)`` ids.
    features
        All of them.
    where
        The file, for messages.

    Raises
    ------
    DataError
        None is left, or an id or value is impossible.
    """
    expression = has_type(features.type, GENE_EXPRESSION)
    controls = ~(no_controls(features.id) & no_controls(features.name))
    withdrawn = np.array(
        [
            any(str(name).startswith(_WITHDRAWN) for name in names)
            for names in zip(features.id, features.name, strict=True)
        ],
        dtype=bool,
    )
    kept = np.flatnonzero(expression & ~controls)
    if not len(kept):
        kinds = ", ".join(dict.fromkeys(map(str, features.type)))
        raise DataError(
            f"{where}: none of its {len(features.type)} features is of type {GENE_EXPRESSION}, but {kinds:.120}; is it another assay?"
        )
    counts = checked_counts(matrix[:, kept], barcode, features.id[kept], features.name[kept], where)
    others = Counter(str(kind) for kind in features.type[~expression])
    others.update({"withdrawn (DEPRECATED_)": int((expression & withdrawn).sum())})
    others.update({"control probes": int((expression & controls & ~withdrawn).sum())})
    listed = ", ".join(f"{count} {kind}" for kind, count in others.items() if count)
    notes = [f"features of {where} that are no genes are left out: {listed:.200}"] if listed else []
    if not counts.whole:
        notes.append(
            f"{where}: {counts.first_wrong}, as after log-normalising; its values are not taken as counts, bring raw counts where they are needed"
        )
    return TenxCounts(counts, tuple(notes))


def texts(group: "h5py.Group", name: str, where: str) -> TextArray:
    """Read a dataset of texts ``(n,)``, or ``(n, 1)`` as HEST stores them.

    Parameters
    ----------
    group
        An open HDF5 file or a group in it.
    name
        The dataset.
    where
        The file's name, for messages.

    Returns
    -------
    TextArray
        ``(n,)``.

    Raises
    ------
    DataError
        It is missing or anything else.
    """
    stored = stored_dataset(group, name, where)
    if stored.ndim not in (1, 2) or stored.shape[1:] not in ((), (1,)) or stored.dtype.kind not in "SO":
        raise DataError(f"{where}: {name} is no list of texts; take a fresh copy")
    check_text_width(stored, name, where)
    check_size(stored, where)
    try:
        return text_array(
            [
                value.decode("utf-8") if isinstance(value, bytes) else str(value)
                for value in stored[()].ravel()
            ]
        )
    except UnicodeDecodeError as err:
        raise DataError(f"{where}: {name} is not UTF-8; take a fresh copy") from err
