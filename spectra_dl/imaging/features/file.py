"""Features of a section's spots as an HDF5 file, written here or by another tool."""

import contextlib
import os
from collections.abc import Iterable, Iterator
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
_CHUNK = (256, 512)
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


@dataclass(frozen=True, eq=False)
class FeatureLabels:
    """What a file of features says besides its values.

    Attributes
    ----------
    barcode
        ``(n,)`` text, unique.
    width
        The number of features.
    reference_features
        ``width`` features of the encoder's reference tile; empty where the file doesn't state them.
    described
        Pairs of name and text that say how the features were computed.
    """

    barcode: TextArray
    width: int
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
    width = content.values.shape[1]
    labels = FeatureLabels(content.barcode, width, content.reference_features, content.described)
    write_feature_rows(path, [content.values], labels)


def write_feature_rows(path: str | os.PathLike[str], rows: Iterable[Features], labels: FeatureLabels) -> None:
    """Write a file of features whose rows come a few at a time, whole or not at all.

    Parameters
    ----------
    path
        The HDF5 file; one that exists is replaced.
    rows
        ``(k, d)`` float32 each, as many rows together as there are barcodes.
    labels
        What else the file says.

    Raises
    ------
    EnvironmentFault
        It can't be written.
    """
    import h5py

    n, width = len(labels.barcode), labels.width
    chunks = (min(n, _CHUNK[0]), min(width, _CHUNK[1])) if n else None
    with whole_path(path) as temporary, h5py.File(temporary, "w") as file:
        # A checksum for each chunk, so that a flipped bit is noticed.
        values = file.create_dataset(
            VALUES[0], shape=(n, width), dtype="<f4", chunks=chunks, fletcher32=chunks is not None
        )
        first = 0
        for part in rows:
            values[first : first + len(part)] = part
            first += len(part)
        file.create_dataset(_BARCODES[0], data=list(labels.barcode), dtype=h5py.string_dtype())
        if labels.reference_features:
            file.create_dataset(_REFERENCE, data=np.array(labels.reference_features))
        for name, text in labels.described:
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
    with _opened(path) as (stored, labels):
        content = FeatureFile(
            stored_numbers(stored, where),
            labels.barcode,
            labels.reference_features,
            labels.described,
        )
    _check_finite(content.values, content.barcode, where)
    return content


def iter_feature_rows(path: Path, *, rows: int) -> Iterator[tuple[TextArray, Features]]:
    """Yield barcodes and features of a file a few rows at a time, after the checks of `read_feature_file`.

    Parameters
    ----------
    path
        The file.
    rows
        How many at a time.

    Raises
    ------
    UnsafeError
        A part of it lies in another file.
    DataError
        It is damaged, or its parts don't fit.
    """
    with _opened(path) as (stored, labels):
        numbers = stored if stored.ndim == 2 else stored_numbers(stored, path.name)
        for first in range(0, len(numbers), rows):
            barcode = labels.barcode[first : first + rows]
            values = np.asarray(numbers[first : first + rows], dtype=np.float32)
            _check_finite(values, barcode, path.name)
            yield barcode, values


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[tuple["h5py.Dataset", FeatureLabels]]:
    """Open a file whose parts fit together; its values are not yet read."""
    where = path.name
    with opened_hdf5(path, where) as file:
        refuse_foreign(file, where)
        reference = stored_dataset(file, _REFERENCE, where) if _REFERENCE in file else None
        if reference is not None:
            check_size(reference, where)
        stored = stored_part(file, VALUES, where)
        n, width = _shape(stored, where)
        labels = FeatureLabels(
            _texts(stored_part(file, _BARCODES, where), where),
            width,
            () if reference is None else tuple(map(float, np.ravel(reference[()]))),
            tuple((name, text) for name, text in file.attrs.items() if isinstance(text, str)),
        )
        _check(labels, n, where)
        yield stored, labels


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
    shape = _shape(stored, where)
    return np.asarray(stored[()], dtype=np.float32).reshape(shape)


def _shape(stored: "h5py.Dataset", where: str) -> tuple[int, int]:
    """Return rows and columns of a dataset of numbers."""
    shape = stored.shape[1:] if stored.ndim == 3 and stored.shape[0] == 1 else stored.shape
    if len(shape) != 2 or stored.dtype.kind != "f" or not 1 <= shape[1] <= _MOST_WIDTH:
        raise DataError(
            f"{where}: {stored.name} has shape {stored.shape} and type {stored.dtype}; one row of numbers for each spot is needed"
        )
    if 4 * shape[0] * shape[1] > _MOST_BYTES:
        raise DataError(
            f"{where}: {stored.name} has shape {stored.shape}; at most {_MOST_BYTES >> 30} GiB are read"
        )
    return int(shape[0]), int(shape[1])


def _texts(stored: "h5py.Dataset", where: str) -> TextArray:
    if stored.dtype.kind not in "OS" or stored.dtype.itemsize > 4096:
        raise DataError(f"{where}: {stored.name} has type {stored.dtype}; a text for each spot is needed")
    values = np.ravel(stored[()]).tolist()
    return text_array([value.decode("utf-8") if isinstance(value, bytes) else str(value) for value in values])


def _check(labels: FeatureLabels, n: int, where: str) -> None:
    if len(labels.barcode) != n:
        raise DataError(f"{where}: {n} rows of features and {len(labels.barcode)} barcodes; make it again")
    if len(set(labels.barcode)) != n:
        raise DataError(
            f"{where}: some barcodes stand twice; a join would multiply spots: make one file for each section"
        )
    if labels.reference_features and len(labels.reference_features) != labels.width:
        raise DataError(
            f"{where}: {len(labels.reference_features)} calibration features for {labels.width} features; make it again"
        )


def _check_finite(values: Features, barcode: TextArray, where: str) -> None:
    known = np.isfinite(values).all(axis=1)
    if not known.all():
        row = int(np.flatnonzero(~known)[0])
        raise DataError(f"{where}: the features of {barcode[row]!r:.40} are not all numbers; make it again")
