"""Write spectra to an HDF5 file, block by block; `spectra_dl.spectra.readers.hdf5_file` describes and reads it."""

import contextlib
import os
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import numpy as np

from spectra_dl.arrays import TextArray
from spectra_dl.errors import DataError
from spectra_dl.spectra.readers.hdf5_file import COLUMNS, FORMAT
from spectra_dl.spectra.table import SpectraTable
from spectra_dl.storage.atomic import whole_path

if TYPE_CHECKING:
    import h5py

_CHUNK_BYTES = 1 << 20
_TEXTS_AT_ONCE = 1024


@contextlib.contextmanager
def hdf5_file(path: str | os.PathLike[str]) -> Iterator[Callable[[SpectraTable], None]]:
    """Yield a function that appends a block of spectra; the file has its name once all are written.

    All blocks have the axis and the columns of the first. Intensities are stored as float64, and every value comes
    back exactly.

    Raises
    ------
    EnvironmentFault
        The file can't be written.
    """
    import h5py

    with whole_path(path) as temporary, h5py.File(temporary, "w") as file:

        def append(table: SpectraTable) -> None:
            if "intensity" not in file:
                _begin(file, table)
            intensity = file["intensity"]
            start = intensity.shape[0]
            intensity.resize(start + len(table), axis=0)
            intensity[start:] = table.intensity
            for key, column in zip(sorted(file[COLUMNS]), named_columns(table).values(), strict=True):
                texts = file[COLUMNS][key]
                texts.resize(start + len(table), axis=0)
                texts[start:] = column
            file.attrs["notes"] = [note[:500] for note in table.notes[:100]] or [""]

        yield append


def named_columns(table: SpectraTable) -> dict[str, TextArray]:
    """Return the columns of ``table`` under the names by which the readers find them again, ids first.

    Raises
    ------
    DataError
        A metadata column has the name of one of them, because another column was named as the id or label.
    """
    named = {
        "sample_id": table.sample_id,
        "patient_id": table.patient,
        "label": table.label,
        "batch": table.batch,
    }
    columns = {name: column for name, column in named.items() if column is not None}
    if doubled := [name for name in columns if name in table.metadata]:
        raise DataError(
            f"the input has a column {doubled[0]} beside the one that was taken for it, and only one of them could be written; "
            "rename it in the input"
        )
    return columns | dict(table.metadata)


def _begin(file: "h5py.File", table: SpectraTable) -> None:
    import h5py

    points = table.wavenumber.size
    file.attrs["format"] = FORMAT
    file.attrs["format_version"] = 1
    file.attrs["use"] = "Research use only, not for diagnosis"
    file["wavenumber"] = table.wavenumber
    file["wavenumber"].attrs["unit"] = "cm-1"
    rows = max(1, _CHUNK_BYTES // (8 * points))
    file.create_dataset("intensity", (0, points), np.float64, maxshape=(None, points), chunks=(rows, points))
    for number, name in enumerate(named_columns(table)):
        texts = file.create_dataset(
            f"{COLUMNS}/{number:04d}", (0,), h5py.string_dtype(), maxshape=(None,), chunks=(_TEXTS_AT_ONCE,)
        )
        texts.attrs["name"] = name
