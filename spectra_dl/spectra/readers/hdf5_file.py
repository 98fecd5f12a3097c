"""Spectra in an HDF5 file of spectra-dl (those of other programs are passed on), read block by block and trusted in nothing.

Layout: the root's attribute ``format`` is "spectra-dl spectra"; ``/wavenumber`` (p,) ascending in cm⁻¹; ``/intensity``
(n, p) numbers, NaN where there is none; ``/columns/0000``, ``/columns/0001``, ... (n,) text, each with its column's name as
the attribute ``name``: sample_id, patient_id, label and batch under these names, others under their own. The attribute ``notes`` holds what was noted when the file was written.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray
from spectra_dl.errors import DataError
from spectra_dl.spectra.readers.axis import FEWEST_IN_FILE, MAX_POINTS, sorted_axis
from spectra_dl.spectra.readers.columns import Columns, assign_columns
from spectra_dl.spectra.readers.containers.other_hdf5 import recordings_of_hdf5
from spectra_dl.spectra.readers.instruments.recording import iter_recordings
from spectra_dl.spectra.readers.options import PathLike, ReadOptions
from spectra_dl.spectra.readers.unique_ids import UniqueIds
from spectra_dl.spectra.readers.wording import file_name, printable
from spectra_dl.spectra.table import SpectraTable
from spectra_dl.storage.hdf5_checks import (
    check_size,
    check_text_width,
    opened_hdf5,
    refuse_foreign,
    stored_dataset,
    stored_object,
)

if TYPE_CHECKING:
    import h5py

FORMAT = "spectra-dl spectra"
COLUMNS = "columns"
_MOST_COLUMNS = 1_000


def iter_hdf5(path: PathLike, options: ReadOptions, *, rows: int) -> Iterator[SpectraTable]:
    """Yield the spectra of an HDF5 file in blocks of ``rows``, with one block in memory.

    Parameters
    ----------
    path
        The file.
    options
        Which columns give sample id, patient, label and batch.
    rows
        Spectra in a block, at least 1.

    Yields
    ------
    SpectraTable
        All blocks on the file's wavenumber axis.

    Raises
    ------
    DataError
        Not written by spectra-dl, damaged, truncated, or claiming more than it holds.
    UnsafeError
        A link, or data that lie in another file.
    UsageError
        An option names a column that is not there.
    """
    where = file_name(path)
    with opened_hdf5(path, where) as file:
        yield from _blocks(file, options, where, rows)


def _blocks(file: "h5py.File", options: ReadOptions, where: str, rows: int) -> Iterator[SpectraTable]:
    if file.attrs.get("format") != FORMAT:
        refuse_foreign(file, where)
        yield from iter_recordings(recordings_of_hdf5(file, where), options, rows=rows)
        return
    intensity, wavenumber = (
        stored_dataset(file, "intensity", where),
        stored_dataset(file, "wavenumber", where),
    )
    _check_numbers(intensity, wavenumber, where)
    columns, texts = _columns(file, options, intensity.shape[0], where)
    points = np.asarray(wavenumber[()], dtype=np.float64)
    axis = sorted_axis(points, [f"point {k + 1}" for k in range(points.size)], where, stated=True)
    notes = (*_notes(file), *axis.notes, *columns.notes)
    ids = UniqueIds(where)
    for start in range(0, intensity.shape[0], rows):
        stop = min(start + rows, intensity.shape[0])
        numbers = range(start + 1, stop + 1)
        table = columns.table(
            _values(intensity, start, stop, axis.order),
            axis.wavenumber,
            list(zip(*(_texts(text, start, stop, where) for text in texts), strict=True))
            or [()] * len(numbers),
            default_ids=[str(number) for number in numbers],
            source=[f"{where} row {number}" for number in numbers],
            notes=notes,
            overlaps=axis.overlaps,
        )
        yield ids.check(table)


def _values(intensity: "h5py.Dataset", start: int, stop: int, order: NDArray[np.intp]) -> FloatArray:
    block = np.asarray(intensity[start:stop], dtype=np.float64)
    as_stored = order.size == block.shape[1] and bool(np.all(np.diff(order) > 0))
    return block if as_stored else block[:, order]


def _check_numbers(intensity: "h5py.Dataset", wavenumber: "h5py.Dataset", where: str) -> None:
    """Refuse shapes, types and sizes that can't be before any value is read."""
    for name, dataset, dimensions in (("intensity", intensity, 2), ("wavenumber", wavenumber, 1)):
        if dataset.dtype.kind not in "fiu" or dataset.dtype.itemsize > 8 or dataset.ndim != dimensions:
            raise DataError(
                f"{where}: {name} has shape {dataset.shape} and type {dataset.dtype}; {dimensions} dimensions of numbers are needed"
            )
    n, points = intensity.shape
    if not n or not FEWEST_IN_FILE <= points <= MAX_POINTS or wavenumber.shape[0] != points:
        raise DataError(
            f"{where}: intensity of shape {intensity.shape} does not fit {wavenumber.shape[0]} wavenumbers ({FEWEST_IN_FILE} to {MAX_POINTS:,})"
        )
    for dataset in (intensity, wavenumber):
        check_size(dataset, where)


def _columns(
    file: "h5py.File", options: ReadOptions, n: int, where: str
) -> tuple[Columns, list["h5py.Dataset"]]:
    import h5py

    group = stored_object(file, COLUMNS, where) if COLUMNS in file else {}
    if not isinstance(group, h5py.Group | dict):
        raise DataError(f"{where}: {COLUMNS} is no group of columns; the file is not whole, write it again")
    if len(group) > _MOST_COLUMNS:
        raise DataError(f"{where}: {len(group)} columns; at most {_MOST_COLUMNS} can be read")
    texts = [stored_dataset(group, key, where) for key in sorted(group)]
    names = [str(column.attrs.get("name", "")) for column in texts]
    for name, column in zip(names, texts, strict=True):
        if h5py.check_string_dtype(column.dtype) is None or column.shape != (n,):
            raise DataError(f"{where}: column {printable(name)} is not one text for each of {n} spectra")
        check_text_width(column, f"column {printable(name)}", where)
        check_size(column, where)
    return assign_columns(names, options, where), texts


def _texts(column: "h5py.Dataset", start: int, stop: int, where: str) -> list[str]:
    try:
        return [
            value.decode("utf-8") if isinstance(value, bytes) else str(value) for value in column[start:stop]
        ]
    except UnicodeDecodeError as err:
        raise DataError(
            f"{where}: column {printable(column.name)} is not UTF-8 near row {start + 1}; write the file again"
        ) from err


def _notes(file: "h5py.File") -> tuple[str, ...]:
    """Return the notes; what is no list of texts is left alone."""
    notes = file.attrs.get("notes")
    if not isinstance(notes, np.ndarray) or notes.ndim != 1:
        return ()
    return tuple(printable(note, 500) for note in notes[:100] if isinstance(note, str) and note)
