"""HDF5 files from elsewhere: what they claim is checked before a value is read, and nothing outside them is opened."""

import contextlib
import os
import stat
import zlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from spectra_dl.errors import DataError, SpectraDLError, UnsafeError
from spectra_dl.storage.hdf5_attributes import check_attributes, header_address
from spectra_dl.storage.hdf5_heaps import SIGNATURE, check_collections, check_texts
from spectra_dl.storage.wording import printable

if TYPE_CHECKING:
    import h5py

_MOST_OBJECTS, _DEEPEST = 20_000, 32  # some 4 s are spent on so many
_LONGEST_TEXT = 4_096  # bytes, where texts have one length; others take what they hold
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


@contextlib.contextmanager
def opened_hdf5(path: str | os.PathLike[str], where: str) -> Iterator["h5py.File"]:
    """Open a file for reading; whatever HDF5 finds wrong while it is open is refused in a sentence.

    Parameters
    ----------
    where
        The file's name as messages give it.

    Raises
    ------
    DataError
        Damaged or truncated.
    """
    import h5py

    try:
        check_collections(path, where)
        with h5py.File(path, "r") as file:
            check_attributes(file, where)
            yield file
    except SpectraDLError:
        raise
    except (OSError, RuntimeError, KeyError, ValueError, TypeError, zlib.error) as err:
        detail = printable(" ".join(str(err).split()), 160)
        raise DataError(f"{where}: truncated or damaged HDF5 ({detail}); copy it again") from err


def refuse_foreign(file: "h5py.File", where: str) -> None:
    """Walk the whole file, and refuse every part of it that lies in another.

    Raises
    ------
    UnsafeError
        A soft or external link, a virtual dataset, or data stored outside the file.
    DataError
        More objects, or deeper, than a table of numbers needs.
    """
    import h5py

    seen: set[object] = set()
    waiting: list[tuple[h5py.Group, int]] = [(file, 0)]
    while waiting:
        group, depth = waiting.pop()
        for name in group:
            found = stored_object(group, name, where)
            address = header_address(found)
            if address in seen:
                continue
            seen.add(address)
            if len(seen) > _MOST_OBJECTS or depth > _DEEPEST:
                raise DataError(
                    f"{where}: more than {_MOST_OBJECTS:,} objects or {_DEEPEST} levels; write the file again with less in it"
                )
            if isinstance(found, h5py.Group):
                waiting.append((found, depth + 1))


def stored_object(group: "h5py.Group", name: str, where: str) -> "h5py.Group | h5py.Dataset":
    """Return what a group holds under a name, which may be a path, if each step of it lies whole in this very file.

    Raises
    ------
    UnsafeError
        A link, or data that lie in another file.
    DataError
        There is no such object.
    """
    import h5py

    if isinstance(name, bytes):  # as h5py gives a name in a damaged file
        raise DataError(f"{where}: truncated or damaged HDF5 (a name in it is not UTF-8); copy it again")
    found, shown = group, printable(name)
    for step in name.split("/"):
        links = found.id.links if isinstance(found, h5py.Group) else None
        key = step.encode("utf-8", "surrogateescape")
        if links is None or not step or not links.exists(key):
            raise DataError(f"{where}: no dataset {shown}; the file is not whole, write it again")
        if links.get_info(key).type != h5py.h5l.TYPE_HARD:
            raise UnsafeError(f"{where}: {shown} is a link; links are not followed, copy the data themselves")
        found = found[step]
    if isinstance(found, h5py.Dataset) and (found.external or found.is_virtual):
        raise UnsafeError(
            f"{where}: {shown} lies in another file, which is not opened; copy the data themselves"
        )
    check_attributes(found, where)
    return found


def stored_dataset(group: "h5py.Group", name: str, where: str) -> "h5py.Dataset":
    """Return a dataset that lies whole in this very file.

    Raises
    ------
    UnsafeError
        A link, or data that lie in another file.
    DataError
        It is missing, or no dataset.
    """
    import h5py

    found = stored_object(group, name, where)
    if not isinstance(found, h5py.Dataset):
        raise DataError(f"{where}: {printable(name)} is no dataset; the file is not whole, write it again")
    return found


def check_size(found: "h5py.Dataset", where: str) -> None:
    """Refuse a dataset that claims more than the file holds, before it is read.

    Raises
    ------
    DataError
        Far more claimed than stored, chunks too large to hold, or texts longer than the file.
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
            f"{where}: claims {claimed:,} bytes of {printable(str(found.name))} and holds {stored:,}; the file is not whole"
        )
    check_texts(found, where)


def check_text_width(found: "h5py.Dataset", title: str, where: str) -> None:
    """Refuse texts of one length that would swell when they are read.

    Raises
    ------
    DataError
        More than 4,096 bytes each.
    """
    if found.dtype.itemsize > _LONGEST_TEXT:
        raise DataError(
            f"{where}: {title} has texts of {found.dtype.itemsize:,} bytes; at most {_LONGEST_TEXT:,} can be read"
        )
