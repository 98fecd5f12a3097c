"""Open a user's file without trusting it: regular files only, known contents only, bounded decompression."""

import contextlib
import gzip
import os
import stat
import zlib
from collections.abc import Iterator
from typing import BinaryIO

from spectra_dl.errors import DataError
from spectra_dl.spectra.readers.containers.workbook import is_workbook, workbook_text
from spectra_dl.spectra.readers.foreign_contents import refuse_foreign
from spectra_dl.spectra.readers.options import PathLike
from spectra_dl.spectra.readers.text.lines import Lines
from spectra_dl.spectra.readers.wording import file_name

CHUNK_BYTES = 1 << 18
MAX_DECOMPRESSED_BYTES = 16 << 30
# Tables of numbers shrink 2 to 10 times; 64 MiB are let through first, because small files of zeros shrink more.
MAX_COMPRESSION_RATIO = 200
RATIO_FREE_BYTES = 64 << 20

GZIP_MAGIC = b"\x1f\x8b"


@contextlib.contextmanager
def open_lines(path: PathLike, *, parent: bool = False, accept: bytes = b"") -> Iterator[Lines]:
    """Open a text file, plain or gzip, or the table in a workbook, as numbered lines.

    Parameters
    ----------
    path
        The file.
    parent
        Name the file with its folder in messages.
    accept
        The beginning of a foreign content that the caller reads itself.

    Yields
    ------
    Lines
        From the first line on; at most 256 KiB of the file have been read.

    Raises
    ------
    DataError
        Not a regular file, not readable, empty, not text, decompressing without end, or changed while it was read.
    UnsafeError
        Pickle data, or an archive.
    """
    name = file_name(path, parent=parent)
    with open_regular(path, name) as stream:
        before = _size_and_time(stream)
        head, chunks, packed = _unpacked(stream, name)
        refuse_foreign(head, name, accept)
        notes: list[str] = []
        if is_workbook(head):
            if packed:
                raise DataError(f"{name}: an Excel workbook compressed with gzip; decompress it first")
            chunks, notes = workbook_text(stream, name)
            head = b""
        lines = Lines(_with_head(head, chunks), name)
        lines.notes += notes
        if packed:
            lines.notes.append("the file is gzip data; it was decompressed")
        yield lines
        if _size_and_time(stream) != before:
            raise DataError(f"{name}: it changed while it was read; wait until it is written, and run again")


def _size_and_time(stream: BinaryIO) -> tuple[int, int]:
    about = os.fstat(stream.fileno())
    return about.st_size, about.st_mtime_ns


def first_bytes(path: PathLike) -> bytes:
    """Return how a file begins, decompressed if it is gzip data: at most 256 KiB.

    Raises
    ------
    DataError
        Not a regular file, not readable, or damaged gzip data.
    """
    name = file_name(path)
    with open_regular(path, name) as stream:
        return _unpacked(stream, name)[0]


def _unpacked(stream: BinaryIO, name: str) -> tuple[bytes, Iterator[bytes], bool]:
    """Return the first bytes, the rest, and whether they were compressed."""
    chunks = _chunks(stream)
    head = next(chunks, b"")
    packed = head.startswith(GZIP_MAGIC)
    if packed:
        stream.seek(0)
        chunks = _decompressed(stream, name)
        head = next(chunks, b"")
        if head.startswith(GZIP_MAGIC):
            raise DataError(f"{name}: compressed twice; decompress it first")
    return head, chunks, packed


def open_binary(path: PathLike, name: str) -> BinaryIO:
    """Open a regular file of binary content, which is not decompressed.

    Parameters
    ----------
    path
        The file.
    name
        Its name for messages.

    Returns
    -------
    BinaryIO
        At its first byte; the caller closes it.

    Raises
    ------
    DataError
        As `open_regular`, or gzip data.
    """
    stream = open_regular(path, name)
    if stream.read(len(GZIP_MAGIC)) == GZIP_MAGIC:
        stream.close()
        raise DataError(f"{name}: an instrument's file compressed with gzip; decompress it first")
    stream.seek(0)
    return stream


def open_regular(path: PathLike, name: str) -> BinaryIO:
    """Open a regular file to read its bytes.

    Parameters
    ----------
    path
        The file; pipes, devices and folders are refused before they are opened.
    name
        Its name for messages.

    Returns
    -------
    BinaryIO
        At its first byte; the caller closes it.

    Raises
    ------
    DataError
        Not a regular file, or not readable.
    """
    try:
        # Looked at before it is opened: opening a pipe or a device can block or act.
        if not stat.S_ISREG(os.stat(path).st_mode):
            raise DataError(f"{name}: not a regular file; give a file of spectra")
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except FileNotFoundError as err:
        if os.path.islink(path):
            raise DataError(
                f"{name}: not a regular file but a link to nothing; give a file of spectra"
            ) from err
        raise DataError(f"{name}: no such file; check the path") from err
    except PermissionError as err:
        raise DataError(f"{name}: no permission to read it; change its permissions") from err
    except DataError:
        raise
    except (OSError, ValueError) as err:
        raise DataError(f"{name}: can't be opened ({err}); check the path") from err
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise DataError(f"{name}: not a regular file; give a file of spectra")
    return os.fdopen(descriptor, "rb")


def _chunks(stream: BinaryIO) -> Iterator[bytes]:
    while chunk := stream.read(CHUNK_BYTES):
        yield chunk


def _decompressed(stream: BinaryIO, name: str) -> Iterator[bytes]:
    total = 0
    with gzip.GzipFile(fileobj=stream, mode="rb") as inflated:
        while True:
            try:
                chunk = inflated.read(CHUNK_BYTES)
            except (OSError, EOFError, zlib.error) as err:
                raise DataError(
                    f"{name}: damaged or truncated gzip data after {total} bytes; copy it again"
                ) from err
            if not chunk:
                return
            total += len(chunk)
            bomb = total > RATIO_FREE_BYTES and total > MAX_COMPRESSION_RATIO * stream.tell()
            if bomb or total > MAX_DECOMPRESSED_BYTES:
                raise DataError(
                    f"{name}: decompresses to more than {total >> 20} MiB, over {MAX_COMPRESSION_RATIO} times its size "
                    f"or {MAX_DECOMPRESSED_BYTES >> 30} GiB; decompress it yourself if you trust it"
                )
            yield chunk


def _with_head(head: bytes, chunks: Iterator[bytes]) -> Iterator[bytes]:
    yield head
    yield from chunks
