"""Features of a section's spots as an HDF5 file, written here or by another tool."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from spectra_dl.arrays import TextArray, text_array
from spectra_dl.errors import DataError
from spectra_dl.imaging.features.block import Features
from spectra_dl.storage.atomic import whole_path
from spectra_dl.storage.hdf5_checks import check_size, opened_hdf5, refuse_foreign, stored_dataset

if TYPE_CHECKING:
    import h5py

VALUES, _BARCODES, _REFERENCE = ("features", "embeddings"), ("barcode", "barcodes"), "calibration"
_MOST_WIDTH, _MOST_BYTES = 100_000, 8 << 30


@dataclass(frozen=True, eq=False)
class FeatureFile:
    """The content of a file of features.

    Attributes
    ----------
    values
        ``(n, d)`` float32.
    barcode
        ``(n,)`` text, unique.
    reference_features
        ``d`` features of the encoder's reference tile; empty where the file doesn't state them.
    described
        Pairs of name and text that say how the features were computed.
    """

    values: Features
    barcode: TextArray
    reference_features: tuple[float, ...] = ()
    described: tuple[tuple[str, str], ...] = ()


def write_feature_file(path: str | os.PathLike[str], content: FeatureFile) -> None:
    """Write a file of features, whole or not at all.

    Parameters
    ----------
    path
        The HDF5 file; one that exists is replaced.
    content
        What is written.

    Raises
    ------
    EnvironmentFault
        It can't be written.
    """
    import h5py

    with whole_path(path) as temporary, h5py.File(temporary, "w") as file:
        # A checksum for each chunk, so that a flipped bit is noticed.
        file.create_dataset(VALUES[0], data=content.values, chunks=True, fletcher32=True)
        file.create_dataset(_BARCODES[0], data=list(content.barcode), dtype=h5py.string_dtype())
        if content.reference_features:
            file.create_dataset(_REFERENCE, data=np.array(content.reference_features))
        for name, text in content.described:
            file.attrs[name] = text


def has_barcodes(path: Path) -> bool:
    """Return whether a file of features names a spot for each row.

    Raises
    ------
    DataError
        It is damaged.
    """
    with opened_hdf5(path, path.name) as file:
        return any(name in file for name in _BARCODES)


def read_feature_file(path: Path) -> FeatureFile:
    """Read a file of features: ``features`` or ``embeddings`` (n, d), ``barcode`` or ``barcodes`` (n,), maybe ``calibration`` (d,).

    Raises
    ------
    UnsafeError
        A part of it lies in another file.
    DataError
        It is damaged, or its parts don't fit.
    """
    where = path.name
    with opened_hdf5(path, where) as file:
        refuse_foreign(file, where)
        reference = stored_dataset(file, _REFERENCE, where) if _REFERENCE in file else None
        if reference is not None:
            check_size(reference, where)
        content = FeatureFile(
            stored_numbers(stored_part(file, VALUES, where), where),
            _texts(stored_part(file, _BARCODES, where), where),
            () if reference is None else tuple(map(float, np.ravel(reference[()]))),
            tuple((name, text) for name, text in file.attrs.items() if isinstance(text, str)),
        )
    _check(content, path.name)
    return content


def stored_part(file: "h5py.File", names: tuple[str, ...], where: str) -> "h5py.Dataset":
    """Return the first of these datasets that a file holds, its stated size checked.

    Parameters
    ----------
    file
        An open file.
    names
        Of the dataset.
    where
        The file's name, for messages.

    Raises
    ------
    DataError
        It holds none of them, or one that can't be true.
    """
    name = next((candidate for candidate in names if candidate in file), None)
    if name is None:
        raise DataError(f"{where}: no dataset {' or '.join(names)}; a file of features needs it")
    part = stored_dataset(file, name, where)
    check_size(part, where)
    return part


def stored_numbers(stored: "h5py.Dataset", where: str) -> Features:
    """Return ``(n, d)`` float32 of a dataset of that shape, or of ``(1, n, d)``.

    Parameters
    ----------
    stored
        The dataset.
    where
        The file's name, for messages.

    Raises
    ------
    DataError
        It has another shape or type, or is too large.
    """
    shape = stored.shape[1:] if stored.ndim == 3 and stored.shape[0] == 1 else stored.shape
    if len(shape) != 2 or stored.dtype.kind != "f" or not 1 <= shape[1] <= _MOST_WIDTH:
        raise DataError(
            f"{where}: {stored.name} has shape {stored.shape} and type {stored.dtype}; one row of numbers for each spot is needed"
        )
    if 4 * shape[0] * shape[1] > _MOST_BYTES:
        raise DataError(
            f"{where}: {stored.name} has shape {stored.shape}; at most {_MOST_BYTES >> 30} GiB are read"
        )
    return np.asarray(stored[()], dtype=np.float32).reshape(shape)


def _texts(stored: "h5py.Dataset", where: str) -> TextArray:
    if stored.dtype.kind not in "OS" or stored.dtype.itemsize > 4096:
        raise DataError(f"{where}: {stored.name} has type {stored.dtype}; a text for each spot is needed")
    values = np.ravel(stored[()]).tolist()
    return text_array([value.decode("utf-8") if isinstance(value, bytes) else str(value) for value in values])


def _check(content: FeatureFile, where: str) -> None:
    n, width = content.values.shape
    if len(content.barcode) != n:
        raise DataError(f"{where}: {n} rows of features and {len(content.barcode)} barcodes; make it again")
    if len(set(content.barcode)) != n:
        raise DataError(
            f"{where}: some barcodes stand twice; a join would multiply spots: make one file for each section"
        )
    if not np.isfinite(content.values).all():
        row = int(np.flatnonzero(~np.isfinite(content.values).all(axis=1))[0])
        raise DataError(
            f"{where}: the features of {content.barcode[row]!r:.40} are not all numbers; make it again"
        )
    if content.reference_features and len(content.reference_features) != width:
        raise DataError(
            f"{where}: {len(content.reference_features)} calibration features for {width} features; make it again"
        )
