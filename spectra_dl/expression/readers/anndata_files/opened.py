"""An AnnData file opened for reading, whether HDF5 or zarr, after everything in it was found to lie inside it."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from spectra_dl.expression.readers.anndata_files.hdf5 import HDF5Group
from spectra_dl.expression.readers.anndata_files.stored import StoredGroup
from spectra_dl.storage.hdf5_checks import is_hdf5, opened_hdf5, refuse_foreign


def is_anndata(path: Path) -> bool:
    """Say whether a path is taken for AnnData: an HDF5 file, or a zarr folder with its tables."""
    return is_hdf5(path)


@contextlib.contextmanager
def opened_anndata(path: Path) -> Iterator[StoredGroup]:
    """Open a file.

    Raises
    ------
    DataError
        It is damaged or truncated.
    UnsafeError
        A part of it lies elsewhere.
    """
    with opened_hdf5(path, path.name) as file:
        refuse_foreign(file, path.name)
        yield HDF5Group(file, "", path.name)
