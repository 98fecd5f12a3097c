"""HDF5 files of other programs: NeXus of the definition NXraman, and ramanchada2's."""

from pathlib import Path
from typing import TYPE_CHECKING

from spectra_dl.errors import DataError
from spectra_dl.spectra.readers.containers.chada import chada_datasets, read_chada
from spectra_dl.spectra.readers.containers.hdf5_values import attribute_text
from spectra_dl.spectra.readers.containers.nexus import nexus_entries, read_entry
from spectra_dl.spectra.readers.instruments.recording import Recording
from spectra_dl.spectra.readers.source import open_binary
from spectra_dl.spectra.readers.wording import file_name, listed
from spectra_dl.storage.hdf5_checks import opened_hdf5, refuse_foreign

if TYPE_CHECKING:
    import h5py

PACKAGE = "spectra-dl"


def read_other_hdf5(path: Path) -> list[Recording]:
    """Read an HDF5 file of another program.

    Raises
    ------
    DataError
        Of a layout that is not known, damaged, compressed, or claiming more than it holds.
    UnsafeError
        A link, or data that lie in another file.
    """
    where = file_name(path)
    open_binary(path, where).close()  # refuses what is compressed
    with opened_hdf5(path, where) as file:
        refuse_foreign(file, where)
        if attribute_text(file, "format").startswith(PACKAGE):
            raise DataError(
                f"{where}: a table written by {PACKAGE}, which is read by itself and not among other files"
            )
        return recordings_of_hdf5(file, where)


def recordings_of_hdf5(file: "h5py.File", where: str) -> list[Recording]:
    """Return the spectra of an open file that was looked through for links.

    Parameters
    ----------
    file
        Open to read.
    where
        Its name, for messages.

    Raises
    ------
    DataError
        Of a layout that is not known, or with several entries and no default.
    """
    if entries := nexus_entries(file):
        default = attribute_text(file, "default")
        if len(entries) > 1 and default not in entries:
            raise DataError(
                f"{where}: several NeXus entries ({listed(entries)}) and no attribute default; set it to the one to read"
            )
        return [read_entry(file, default if default in entries else entries[0], where)]
    if datasets := chada_datasets(file):
        return read_chada(datasets, where)
    raise DataError(
        f"{where}: HDF5, but not spectra written by spectra-dl, NXraman (.nxs) or ramanchada2 (.cha); export the spectra as CSV, or "
        f"write them with preprocess"
    )
