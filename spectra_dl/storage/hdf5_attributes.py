"""Attributes that hold texts of any length, checked as bytes before the library allocates what they declare.

An attribute is a message in the header of its object, and its value one reference for each text: length, address, number.
Layout: HDF5 File Format Specification, sections IV.A.1 and IV.A.2.m.
"""

import os
import struct
from collections.abc import Iterator
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from spectra_dl.errors import DataError
from spectra_dl.storage.wording import printable

if TYPE_CHECKING:
    import h5py

_CONTINUATION, _ATTRIBUTE = 0x10, 0x0C
_VARIABLE_LENGTH, _REFERENCE = 9, 16
_LIST, _TEXT, _OF_LETTERS, _OF_PLACES = (
    0,
    1,
    (0, 3),
    7,
)  # what a value of any length is, and what it may consist of
_MOST_STRETCHES, _LARGEST_STRETCH = 1_000, 64 << 20


def check_attributes(node: "h5py.Group | h5py.Dataset", where: str) -> None:
    """Refuse an object with an attribute whose texts declare more bytes than the file has, or are lists of something else.

    The library crashes on a list of numbers in an attribute, which one damaged bit makes of a text.

    Attributes kept outside the header, as new files keep them where there are very many, are not looked at.

    Parameters
    ----------
    node
        A group or dataset of an open file.
    where
        The file's name as messages give it.

    Raises
    ------
    DataError
        One does, or the header can't be followed.
    """
    address, path = header_address(node) + node.file.userblock_size, node.file.filename
    size = os.path.getsize(path)
    try:
        with open(path, "rb") as stream:
            declared = max(
                (
                    _declared_bytes(message)
                    for message in _attributes(stream, address, size, node.file.userblock_size)
                ),
                default=0,
            )
    except (struct.error, IndexError, ValueError) as err:
        raise DataError(
            f"{where}: truncated or damaged HDF5 (the header at byte {address} can't be followed); copy it again"
        ) from err
    if declared > size:
        raise DataError(
            f"{where}: an attribute of {printable(str(node.name))} claims texts of {declared:,} bytes in a file of {size:,}; copy it again"
        )


def header_address(node: "h5py.Group | h5py.Dataset") -> int:
    """Return at which byte of its file an object begins."""
    import h5py

    # The newer question, h5o.get_info, measures a group's tree too, which may lead in a circle in a damaged file.
    low, high = h5py.h5g.get_objinfo(node.id).objno
    return int(low) | int(high) << 32


def _attributes(stream: BinaryIO, address: int, size: int, base: int) -> Iterator[bytes]:
    """Yield the attributes' messages of the object whose header begins at ``address``; those in the file count from ``base``."""
    first = _bytes(stream, address, 32, size)
    if first.startswith(b"OHDR"):
        flags = first[5]
        start = 6 + (16 if flags & 0x20 else 0) + (4 if flags & 0x10 else 0)
        width = 1 << (flags & 3)
        length = int.from_bytes(first[start : start + width], "little")
        head, stretches = 6 if flags & 4 else 4, [(address + start + width, length)]
    else:
        flags, head = -1, 8
        stretches = [(address + 16, struct.unpack_from("<I", first, 8)[0])]
    for place, length in stretches:
        if len(stretches) > _MOST_STRETCHES:
            raise ValueError("a header without end")
        content, at = _bytes(stream, place, length, size), 0
        while at + head <= len(content):
            kind = content[at] if flags >= 0 else struct.unpack_from("<H", content, at)[0]
            taken = struct.unpack_from("<H", content, at + (1 if flags >= 0 else 2))[0]
            message = content[at + head : at + head + taken]
            at += head + taken
            if kind == _ATTRIBUTE:
                yield message
            elif kind == _CONTINUATION:
                further, more = struct.unpack_from("<QQ", message)
                further += base
                # In the later form a stretch has a name before it and a checksum behind it, four bytes each.
                stretches.append((further + 4, more - 8) if flags >= 0 else (further, more))


def _bytes(stream: BinaryIO, address: int, length: int, size: int) -> bytes:
    if not 0 <= length <= min(_LARGEST_STRETCH, size) or address > size:
        raise ValueError("a stretch that leaves the file")
    stream.seek(address)
    return stream.read(length)


def _declared_bytes(message: bytes) -> int:
    """Return how many bytes the texts of an attribute declare; 0 for attributes of anything else."""
    version = message[0]
    lengths = struct.unpack_from("<HHH", message, 2)
    if version == 1:
        lengths = tuple((length + 7) // 8 * 8 for length in lengths)
    start = 9 if version == 3 else 8
    name, kind, space = lengths
    if message[start + name] & 0x0F != _VARIABLE_LENGTH:
        return 0
    _check_kind(message[start + name : start + name + kind])
    value = message[start + name + kind + space :]
    whole = len(value) // _REFERENCE * _REFERENCE
    references = np.frombuffer(value[:whole], dtype="<u4")[:: _REFERENCE // 4]
    return int(references.sum(dtype=np.uint64))


def _check_kind(kind: bytes) -> None:
    """Let through texts, and lists of places in the file, as netCDF has them; their values are not read here."""
    what, of, size = kind[1] & 0x0F, kind[8] & 0x0F, struct.unpack_from("<I", kind, 12)[0]
    text = what == _TEXT and of in _OF_LETTERS and size == 1
    if not text and not (what == _LIST and of == _OF_PLACES):
        raise ValueError("an attribute that is neither text nor number")


def readable_attribute(node: "h5py.Group | h5py.Dataset", name: str, where: str) -> object:
    """Return the value of an attribute, wherever the file keeps it.

    Parameters
    ----------
    node
        A group or dataset of an open file, which has the attribute.
    name
        Of the attribute.
    where
        The file's name as messages give it.

    Raises
    ------
    DataError
        It is neither text nor number.
    """
    import h5py

    stored = h5py.h5a.open(node.id, name.encode())
    if stored.get_type().get_class() not in (h5py.h5t.STRING, h5py.h5t.INTEGER, h5py.h5t.FLOAT):
        raise DataError(
            f"{where}: the attribute {printable(name)} of {printable(str(node.name))} is neither text nor number; the file is damaged, copy it again"
        )
    return node.attrs[name]
