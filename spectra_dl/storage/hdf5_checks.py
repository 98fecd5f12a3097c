"""HDF5 files from elsewhere: nothing that lies outside them is opened."""

import os
import stat
from typing import TYPE_CHECKING

from spectra_dl.errors import DataError, UnsafeError
from spectra_dl.storage.wording import printable

if TYPE_CHECKING:
    import h5py

SIGNATURE = b"\x89HDF\r\n\x1a\n"


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
