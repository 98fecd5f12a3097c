"""Texts of any length in HDF5 files, looked at as bytes before the library reads them.

They stand in collections (``GCOL``), and a dataset holds a reference to each: its length, the collection's address and a number.
The library follows a free stretch of length 0 without end, and makes room for whatever length a reference declares before it
looks the text up. Layout: HDF5 File Format Specification, section III.E.
"""

import os
import re
import zlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from spectra_dl.errors import DataError
from spectra_dl.storage.wording import printable

if TYPE_CHECKING:
    import h5py

SIGNATURE = b"\x89HDF\r\n\x1a\n"
# MATLAB writes a text before its HDF5; addresses are counted from behind it.
_USER_BLOCK, USER_BLOCK_BYTES = b"MATLAB 7.3 MAT-file", 512
_COLLECTION = b"GCOL\x01\x00\x00\x00"
_BEGINNING = re.compile(re.escape(_COLLECTION))
_AT_ONCE = 1 << 20
_HEAD = 16  # bytes, of a collection and of each text in it
_REFERENCE = 16  # bytes: length, address, number
_LARGEST_COLLECTION = 256 << 20


def check_collections(path: str | os.PathLike[str], where: str) -> None:
    """Refuse a file whose collections of texts don't add up, before the library walks through them.

    Parameters
    ----------
    path
        The file, not opened by the library yet.
    where
        The file's name as messages give it.

    Raises
    ------
    DataError
        They don't, or the file does not begin as HDF5 does.
    """
    with open(path, "rb") as stream:
        start = stream.read(32)
        if start.startswith(_USER_BLOCK):
            stream.seek(USER_BLOCK_BYTES)
            start = stream.read(32)
        if len(start) < 32 or not start.startswith(SIGNATURE):
            raise DataError(f"{where}: truncated or damaged HDF5 (it does not begin as one); copy it again")
        width = start[14] if start[8] < 2 else start[10]
        if width not in (4, 8):
            raise DataError(f"{where}: truncated or damaged HDF5 (lengths of {width} bytes); copy it again")
        for address in list(_collections(stream)):
            _check_collection(stream, address, width, where)


def check_texts(dataset: "h5py.Dataset", where: str) -> None:
    """Refuse a dataset of texts whose references declare more bytes than the file has.

    Parameters
    ----------
    dataset
        A dataset of an open file; one of anything but texts of any length passes.
    where
        The file's name as messages give it.

    Raises
    ------
    DataError
        They do, the references stand where they can't be looked at, or are those of lists of numbers.
    """
    import h5py

    if dataset.id.get_type().detect_class(h5py.h5t.VLEN):
        raise DataError(
            f"{where}: {printable(str(dataset.name))} holds neither texts nor numbers but lists of different lengths; write one value for each row"
        )
    if getattr(h5py.check_string_dtype(dataset.dtype), "length", 0) is not None:
        return
    size = os.path.getsize(dataset.file.filename)
    declared = 0
    for raw in _references(dataset, where):
        lengths = np.frombuffer(raw[: len(raw) // _REFERENCE * _REFERENCE], dtype="<u4")[:: _REFERENCE // 4]
        declared += int(lengths.sum(dtype=np.uint64))
        if declared > size:
            raise DataError(
                f"{where}: {printable(str(dataset.name))} claims texts of {declared:,} bytes in a file of {size:,}; copy it again"
            )


def _collections(stream: BinaryIO) -> Iterator[int]:
    """Yield where each collection begins."""
    stream.seek(0)
    before, rest = 0, b""
    while more := stream.read(_AT_ONCE):
        block = rest + more
        for found in _BEGINNING.finditer(block):  # twice as fast as bytes.find
            yield before + found.start()
        rest = block[1 - len(_COLLECTION) :]
        before += len(block) - len(rest)


def _check_collection(stream: BinaryIO, address: int, width: int, where: str) -> None:
    stream.seek(address)
    size = int.from_bytes(stream.read(_HEAD)[8 : 8 + width], "little")
    content = stream.read(size - _HEAD) if _HEAD <= size <= _LARGEST_COLLECTION else b""
    at = 0
    whole = len(content) == size - _HEAD
    while whole and len(content) - at >= _HEAD:
        number = int.from_bytes(content[at : at + 2], "little")
        length = int.from_bytes(content[at + 8 : at + 8 + width], "little")
        taken = _HEAD + (length + 7) // 8 * 8 if number else length
        whole = _HEAD <= taken <= len(content) - at
        at += taken
    if not whole:
        raise DataError(
            f"{where}: truncated or damaged HDF5 (the texts at byte {address} don't add up); copy it again"
        )


def _references(dataset: "h5py.Dataset", where: str) -> Iterator[bytes]:
    """Yield the bytes of a dataset as they lie in the file, where they can be had without the library's conversion."""
    import h5py

    plist = dataset.id.get_create_plist()
    if plist.get_layout() == h5py.h5d.CONTIGUOUS and dataset.id.get_offset() is not None:
        offset, length = dataset.id.get_offset(), dataset.id.get_storage_size()
        if offset + length > os.path.getsize(dataset.file.filename):
            raise DataError(
                f"{where}: {printable(str(dataset.name))} leaves the file; it is truncated or damaged, copy it again"
            )
        with open(dataset.file.filename, "rb") as stream:
            stream.seek(offset)
            yield stream.read(length)
    elif plist.get_layout() == h5py.h5d.COMPACT:
        raise DataError(
            f"{where}: {printable(str(dataset.name))} holds texts in its header; write it again with h5py"
        )
    elif plist.get_layout() == h5py.h5d.CHUNKED:
        filters = [plist.get_filter(number)[0] for number in range(plist.get_nfilters())]
        most = int(np.prod(dataset.chunks, dtype=object)) * _REFERENCE
        chunks: list[h5py.h5d.StoreInfo] = []
        dataset.id.chunk_iter(chunks.append)
        for chunk in chunks:
            mask, raw = dataset.id.read_direct_chunk(chunk.chunk_offset)
            yield _unfiltered(raw, [code for at, code in enumerate(filters) if not mask >> at & 1], most)


def _unfiltered(raw: bytes, filters: list[int], most: int) -> bytes:
    """Undo the filters of a chunk; return no bytes where a filter is unknown here."""
    import h5py

    for code in reversed(filters):
        if code == h5py.h5z.FILTER_DEFLATE:
            raw = zlib.decompressobj().decompress(raw, most)
        else:
            return b""
    return raw
