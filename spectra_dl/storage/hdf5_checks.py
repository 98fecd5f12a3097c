"""HDF5 files from elsewhere: what they claim is checked before a value is read, and nothing outside them is opened."""

import os
import stat
from typing import TYPE_CHECKING

import numpy as np

from spectra_dl.errors import DataError, UnsafeError
from spectra_dl.storage.wording import printable

if TYPE_CHECKING:
    import h5py

SIGNATURE = b"\x89HDF\r\n\x1a\n"
_LARGEST_CHUNK = 64 << 20  # bytes
_MOST_RATIO = 1_000
_RATIO_FREE_BYTES = 64 << 20


def is_hdf5(path: str | os.PathLike[str]) -> bool:
    """Say whether a regular file begins as HDF5 does; False where it can't be read, and for pipes, which would block."""
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            return False
        with open(path, "rb") as stream:
            return stream.read(len(SIGNATURE)) == SIGNATURE
    except (OSError, ValueError):
        return False


def stored_object(group: "h5py.Group", name: str, where: str) -> "h5py.Group | h5py.Dataset":
    """Return what a group holds under a name, if it lies whole in this very file.

    Parameters
    ----------
    where
        The file's name as messages give it.

    Raises
    ------
    UnsafeError
        A link, or data that lie in another file.
    DataError
        There is no such object.
    """
    import h5py

    shown, link = printable(name), group.get(name, getlink=True)
    if link is None:
        raise DataError(f"{where}: no dataset {shown}; the file is not whole, write it again")
    if not isinstance(link, h5py.HardLink):
        raise UnsafeError(f"{where}: {shown} is a link; links are not followed, copy the data themselves")
    found = group[name]
    if isinstance(found, h5py.Dataset) and (found.external or found.is_virtual):
        raise UnsafeError(
            f"{where}: {shown} lies in another file, which is not opened; copy the data themselves"
        )
    return found


def refuse_foreign(file: "h5py.File", where: str) -> None:
    """Walk a whole file, and refuse every part of it that lies in another.

    Raises
    ------
    UnsafeError
        A link, or data that lie in another file.
    """
    import h5py

    seen: set[object] = set()
    waiting: list[h5py.Group] = [file]
    while waiting:
        group = waiting.pop()
        for name in group:
            found = stored_object(group, name, where)
            address = h5py.h5o.get_info(found.id).addr
            # A group may hold itself.
            if isinstance(found, h5py.Group) and address not in seen:
                waiting.append(found)
            seen.add(address)


def check_size(found: "h5py.Dataset", where: str) -> None:
    """Refuse a dataset that claims more than the file holds, before it is read.

    Raises
    ------
    DataError
        Far more claimed than stored, or chunks too large to hold.
    """
    claimed, stored = (
        int(np.prod(found.shape, dtype=object)) * found.dtype.itemsize,
        found.id.get_storage_size(),
    )
    compressed = found.compression is not None
    chunk = int(np.prod(found.chunks or (1,), dtype=object)) * found.dtype.itemsize
    if chunk > _LARGEST_CHUNK:
        raise DataError(f"{where}: chunks of {chunk >> 20} MiB; write it again with smaller ones")
    too_much = claimed > _RATIO_FREE_BYTES and claimed > _MOST_RATIO * max(stored, 1)
    if too_much or (not compressed and stored < claimed):
        raise DataError(
            f"{where}: claims {claimed:,} bytes of {printable(found.name)} and holds {stored:,}; the file is not whole"
        )
