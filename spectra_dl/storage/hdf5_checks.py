"""HDF5 files from elsewhere: what they declare is checked before a value is read, and nothing outside them is opened."""

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
    path
        The file.
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

    Parameters
    ----------
    file
        An open file.
    where
        The file's name as messages give it.

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
            node = stored_object(group, name, where)
            address = header_address(node)
            if address in seen:
                continue
            seen.add(address)
            if len(seen) > _MOST_OBJECTS or depth > _DEEPEST:
                raise DataError(
                    f"{where}: more than {_MOST_OBJECTS:,} objects or {_DEEPEST} levels; write the file again with less in it"
                )
            if isinstance(node, h5py.Group):
                waiting.append((node, depth + 1))


def stored_object(group: "h5py.Group", name: str, where: str) -> "h5py.Group | h5py.Dataset":
    """Return what a group holds under a name, which may be a path, if each step of it lies whole in this very file.

    Parameters
    ----------
    group
        A group of an open file, which ``name`` is relative to.
    name
        The object's name or path, its steps separated by ``/``.
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

    if isinstance(name, bytes):  # as h5py gives a name in a damaged file
        raise DataError(f"{where}: truncated or damaged HDF5 (a name in it is not UTF-8); copy it again")
    node, title = group, printable(name)
    for step in name.split("/"):
        links = node.id.links if isinstance(node, h5py.Group) else None
        key = step.encode("utf-8", "surrogateescape")
        if links is None or not step or not links.exists(key):
            raise DataError(f"{where}: no dataset {title}; the file is not whole, write it again")
        if links.get_info(key).type != h5py.h5l.TYPE_HARD:
            raise UnsafeError(f"{where}: {title} is a link; links are not followed, copy the data themselves")
        node = node[step]
    if isinstance(node, h5py.Dataset) and (node.external or node.is_virtual):
        raise UnsafeError(
            f"{where}: {title} lies in another file, which is not opened; copy the data themselves"
        )
    check_attributes(node, where)
    return node


def stored_dataset(group: "h5py.Group", name: str, where: str) -> "h5py.Dataset":
    """Return a dataset that lies whole in this very file.

    Parameters
    ----------
    group
        A group of an open file, which ``name`` is relative to.
    name
        The dataset's name or path, its steps separated by ``/``.
    where
        The file's name as messages give it.

    Raises
    ------
    UnsafeError
        A link, or data that lie in another file.
    DataError
        It is missing, or no dataset.
    """
    import h5py

    dataset = stored_object(group, name, where)
    if not isinstance(dataset, h5py.Dataset):
        raise DataError(f"{where}: {printable(name)} is no dataset; the file is not whole, write it again")
    return dataset


def check_size(dataset: "h5py.Dataset", where: str) -> None:
    """Refuse a dataset that declares more than the file holds, before it is read.

    Parameters
    ----------
    dataset
        A dataset of an open file, not read yet.
    where
        The file's name as messages give it.

    Raises
    ------
    DataError
        Far more declared than stored, chunks too large to hold, or texts longer than the file.
    """
    declared, stored = (
        int(np.prod(dataset.shape, dtype=object)) * dataset.dtype.itemsize,
        dataset.id.get_storage_size(),
    )
    compressed = dataset.compression is not None
    chunk = int(np.prod(dataset.chunks or (1,), dtype=object)) * dataset.dtype.itemsize
    if chunk > _LARGEST_CHUNK:
        raise DataError(f"{where}: chunks of {chunk >> 20} MiB; write it again with smaller ones")
    too_much = declared > _RATIO_FREE_BYTES and declared > _MOST_RATIO * max(stored, 1)
    if too_much or (not compressed and stored < declared):
        raise DataError(
            f"{where}: claims {declared:,} bytes of {printable(str(dataset.name))} and holds {stored:,}; the file is not whole"
        )
    check_texts(dataset, where)


def check_text_width(dataset: "h5py.Dataset", title: str, where: str) -> None:
    """Refuse texts of one length that would swell when they are read.

    Parameters
    ----------
    dataset
        A dataset of texts of one length.
    title
        What the dataset is, for the message.
    where
        The file's name as messages give it.

    Raises
    ------
    DataError
        More than 4,096 bytes each.
    """
    if dataset.dtype.itemsize > _LONGEST_TEXT:
        raise DataError(
            f"{where}: {title} has texts of {dataset.dtype.itemsize:,} bytes; at most {_LONGEST_TEXT:,} can be read"
        )
