"""The elements of a MATLAB 5 file (.mat), validated before SciPy reads them.

Layout (MathWorks, MAT-File Format): a header of 128 bytes, then elements of uint32 type, uint32 bytes and content; an array
(type 14) holds flags, dimensions, name and values, or further arrays, and may be packed by zlib (type 15). Every count is
compared with the bytes that are there, and what passed is unpacked into a new file in memory: that is what SciPy reads. Objects,
function handles and sparse arrays are left out.
"""

import io
import math
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from spectra_dl.errors import DataError
from spectra_dl.spectra.readers.wording import printable

HEADER_BYTES = 128
MOST_BYTES = 256 << 20
MOST_RATIO, RATIO_FREE_BYTES = 200, 32 << 20
MOST_ELEMENTS, DEEPEST = 100_000, 8
INT8, INT32, UINT32, MATRIX, COMPRESSED = 1, 5, 6, 14, 15
ITEM_BYTES = {1: 1, 2: 1, 3: 2, 4: 2, 5: 4, 6: 4, 7: 4, 9: 8, 12: 8, 13: 8, 16: 1, 17: 2, 18: 4}
CELL, STRUCT, OBJECT, CHAR = 1, 2, 3, 4
NUMERIC = range(6, 16)
COMPLEX = 0x0800
# The class of PLS_Toolbox's DataSet; an object of it is stored as a structure.
DATASET_CLASS = b"dataset"


class _LeftOutError(Exception):
    """An array of a kind that is not read."""


class _DamagedError(Exception):
    """Counts that don't fit the bytes."""


@dataclass
class MatlabContent:
    """What passed.

    Attributes
    ----------
    file
        A MATLAB 5 file of the variables to read, not packed.
    left_out
        Names of variables that are no plain arrays, texts, cells or structures.
    """

    file: io.BytesIO = field(default_factory=io.BytesIO)
    left_out: list[str] = field(default_factory=list)


def checked_content(stream: BinaryIO, where: str) -> MatlabContent:
    """Validate a MATLAB 5 file.

    Parameters
    ----------
    stream
        The file, open to read.
    where
        Its name, for messages.

    Raises
    ------
    DataError
        Truncated, damaged, or more in it than can be read.
    """
    header = stream.read(HEADER_BYTES)
    order = {b"IM": "<", b"MI": ">"}.get(header[126:128])
    if len(header) < HEADER_BYTES or order is None:
        raise DataError(f"{where}: truncated or damaged MATLAB file (its header is not whole); copy it again")
    content = MatlabContent()
    content.file.write(header[:116] + bytes(8) + header[124:])
    walk = _Walk(order)
    try:
        for array in _arrays(stream, order):
            if content.file.tell() + len(array) > MOST_BYTES:
                raise DataError(
                    f"{where}: a MATLAB file that unpacks to more than {MOST_BYTES >> 20} MiB; save it with -v7.3, or the spectra alone"
                )
            name, readable = walk.variable(array)
            if readable:
                content.file.write(struct.pack(order + "II", MATRIX, len(array)) + array)
            elif name:
                content.left_out.append(name)
    except (_DamagedError, zlib.error, struct.error) as err:
        raise DataError(
            f"{where}: truncated or damaged MATLAB file ({printable(str(err), 80)}); copy it again"
        ) from err
    content.file.seek(0)
    return content


def _arrays(stream: BinaryIO, order: str) -> Iterator[bytes]:
    """Yield the content of each variable, unpacked."""
    while tag := stream.read(8):
        if len(tag) < 8:
            raise _DamagedError("the last element is not whole")
        kind, size = struct.unpack(order + "II", tag)
        if kind not in (MATRIX, COMPRESSED) or size > MOST_BYTES:
            raise _DamagedError(f"no array at byte {stream.tell() - 8}")
        content = stream.read(size)
        if len(content) < size:
            raise _DamagedError(f"{size:,} bytes claimed where {len(content):,} are left")
        yield _unpacked(content, order) if kind == COMPRESSED else content


def _unpacked(packed: bytes, order: str) -> bytes:
    """Return the array in a packed element; no more is inflated than it claims and may have."""
    inflate = zlib.decompressobj()
    kind, size = struct.unpack(order + "II", inflate.decompress(packed, 8).ljust(8, b"\0"))
    if kind != MATRIX or size > MOST_BYTES or (size > RATIO_FREE_BYTES and size > MOST_RATIO * len(packed)):
        raise _DamagedError(f"a packed array claims {size:,} bytes in {len(packed):,}")
    content = inflate.decompress(inflate.unconsumed_tail, size) if size else b""
    if len(content) < size:
        raise _DamagedError(f"a packed array claims {size:,} bytes and holds {len(content):,}")
    return content


class _Walk:
    """Follows arrays and what lies in them."""

    def __init__(self, order: str) -> None:
        self._order = order
        self._elements = 0

    def variable(self, content: bytes) -> tuple[str, bool]:
        """Return the name of a variable, and whether it is of a kind that is read."""
        names: list[str] = []
        try:
            self._array(memoryview(content), 0, names)
        except _LeftOutError:
            return (names or [""])[0], False
        # The last variable of files with objects has no name: it is their heap.
        return names[0], bool(names[0])

    def _array(self, content: memoryview, depth: int, names: list[str]) -> None:
        if depth > DEEPEST:
            raise _LeftOutError
        kind, flags, at = self._element(content, 0)
        if kind != UINT32 or len(flags) != 8:
            raise _DamagedError("an array without flags")
        word = struct.unpack(self._order + "I", flags[:4])[0]
        kind, dimensions, at = self._element(content, at)
        if kind != INT32 or not 8 <= len(dimensions) <= 64 or len(dimensions) % 4:
            if word & 0xFF == 17:  # an opaque object has no dimensions
                raise _LeftOutError
            raise _DamagedError("an array without dimensions")
        shape = struct.unpack(f"{self._order}{len(dimensions) // 4}i", dimensions)
        if min(shape) < 0:
            raise _DamagedError("negative dimensions")
        _, name, at = self._element(content, at)
        names.append(bytes(name).decode("utf-8", "replace"))
        self._values(content, at, word, math.prod(shape), depth)

    def _values(self, content: memoryview, at: int, word: int, count: int, depth: int) -> None:
        kind = word & 0xFF
        if kind in (CHAR, *NUMERIC):
            if word & COMPLEX:
                raise _LeftOutError
            self._numbers(content, at, count, text=kind == CHAR)
        elif kind in (STRUCT, OBJECT):
            if kind == OBJECT:
                _, name, at = self._element(content, at)
                if bytes(name) != DATASET_CLASS:
                    raise _LeftOutError
            _, length, at = self._element(content, at)
            width = struct.unpack(self._order + "i", length[:4])[0]
            _, fields, at = self._element(content, at)
            if not 0 < width <= 64 or len(fields) % width:
                raise _DamagedError("the names of a structure's fields don't add up")
            self._inner(content, at, count * (len(fields) // width), depth)
        elif kind == CELL:
            self._inner(content, at, count, depth)
        else:
            raise _LeftOutError

    def _numbers(self, content: memoryview, at: int, count: int, *, text: bool) -> None:
        kind, values, _ = (
            self._element(content, at) if count or at < len(content) else (INT8, content[:0], at)
        )
        size = ITEM_BYTES.get(kind)
        if size is None or len(values) % size:
            raise _DamagedError(f"values of type {kind}")
        held = len(values) // size
        # In UTF-8 a character may take several bytes.
        if count > held or (not text and count != held):
            raise _DamagedError(f"{count:,} values claimed where {held:,} stand")

    def _inner(self, content: memoryview, at: int, count: int, depth: int) -> None:
        if count * 8 > len(content) - at:
            raise _DamagedError(f"{count:,} arrays claimed in {len(content) - at:,} bytes")
        for _ in range(count):
            kind, inner, at = self._element(content, at)
            if kind != MATRIX:
                raise _DamagedError("a cell or field that is no array")
            if len(inner):
                self._array(inner, depth + 1, [])

    def _element(self, content: memoryview, at: int) -> tuple[int, memoryview, int]:
        """Return type and content of an element, and where the next begins; a small one keeps its content in its tag."""
        self._elements += 1
        if self._elements > MOST_ELEMENTS:
            raise _DamagedError(f"more than {MOST_ELEMENTS:,} elements")
        if at + 8 > len(content):
            raise _DamagedError("an element that is not whole")
        kind, size = struct.unpack_from(self._order + "II", content, at)
        if kind >> 16:
            small = kind >> 16
            if small > 4:
                raise _DamagedError("a small element that is too large")
            return kind & 0xFFFF, content[at + 4 : at + 4 + small], at + 8
        if size > len(content) - at - 8:
            raise _DamagedError(f"{size:,} bytes claimed where {len(content) - at - 8:,} are left")
        return kind, content[at + 8 : at + 8 + size], at + 8 + (size + 7) // 8 * 8
