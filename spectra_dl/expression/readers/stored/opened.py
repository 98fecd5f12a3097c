"""An AnnData file opened for reading, whether HDF5 or zarr, after everything in it was found to lie inside it."""

import contextlib
import os
import warnings
import zlib
from collections.abc import Iterator
from pathlib import Path

from spectra_dl.errors import DataError, SpectraDLError
from spectra_dl.expression.readers.stored.hdf5 import HDF5Group
from spectra_dl.expression.readers.stored.nodes import StoredGroup
from spectra_dl.expression.readers.stored.zarr_files import open_zarr
from spectra_dl.storage.hdf5_checks import is_hdf5, opened_hdf5, refuse_foreign
from spectra_dl.storage.wording import printable
from spectra_dl.storage.zarr_files.checks import is_zarr, root_attributes


def is_anndata(path: Path) -> bool:
    """Say whether a path is taken for AnnData: an HDF5 file, or a zarr folder with tables of spots and genes."""
    return is_hdf5(path) or (is_zarr(path) and all(os.path.isdir(path / table) for table in ("obs", "var")))


def is_spatialdata(path: Path) -> bool:
    """Say whether a zarr folder says of itself that it is SpatialData."""
    return is_zarr(path) and "spatialdata_attrs" in root_attributes(path, path.name)


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
    if not os.path.isdir(path):
        with opened_hdf5(path, path.name) as file:
            refuse_foreign(file, path.name)
            yield HDF5Group(file, "", path.name)
        return
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield open_zarr(path)
    except SpectraDLError:
        raise
    except (OSError, RuntimeError, KeyError, ValueError, TypeError, AttributeError, zlib.error) as err:
        detail = printable(" ".join(str(err).split()), 160)
        raise DataError(
            f"{path.name}: can't be read as zarr ({type(err).__name__}: {detail}); copy it again"
        ) from err
