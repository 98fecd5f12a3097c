"""Zarr folders from elsewhere: nothing outside them is opened, no codec runs code, and no chunk swells beyond what it declares.

Chunks are checked by the headers that their compressors write: Blosc's and LZ4's number of bytes, the content size of a Zstandard frame
(RFC 8878); what gzip and zlib hold is counted.
"""

import json
import os
import stat
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path

from spectra_dl.errors import DataError, UnsafeError

_MOST_FILES, _DEEPEST, _MOST_METADATA = 200_000, 32, 16 << 20
_METADATA = ("zarr.json", ".zarray", ".zgroup", ".zattrs")
_COMPRESSORS = ("blosc", "zstd", "gzip", "zlib", "lz4")
_CODECS = frozenset(
    {
        *_COMPRESSORS,
        "bytes",
        "transpose",
        "vlen-utf8",
        "vlen-bytes",
        "crc32c",
        "crc32",
        "shuffle",
        "sharding_indexed",
    }
)
_ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
_PIECE = 1 << 20


def is_zarr(path: str | os.PathLike[str]) -> bool:
    """Say whether a folder begins as a zarr group does."""
    return any(os.path.isfile(os.path.join(path, name)) for name in ("zarr.json", ".zgroup"))


def check_zarr_folder(folder: Path) -> None:
    """Walk a folder and refuse what does not lie in it, and codecs that zarr doesn't ship.

    Raises
    ------
    UnsafeError
        A link, a device or pipe, or a codec that runs code.
    DataError
        Too many files or levels, metadata that can't be read, or an unknown codec.
    """
    waiting, seen = [(folder, 0)], 0
    while waiting:
        current, depth = waiting.pop()
        with os.scandir(current) as entries:
            for entry in entries:
                seen += 1
                if seen > _MOST_FILES or depth > _DEEPEST:
                    raise DataError(
                        f"{folder.name}: more than {_MOST_FILES:,} files or {_DEEPEST} levels; write it again with larger chunks"
                    )
                place = os.path.relpath(entry.path, folder)
                if entry.is_symlink() or not (entry.is_dir() or stat.S_ISREG(entry.stat().st_mode)):
                    raise UnsafeError(
                        f"{folder.name}: {place!r:.80} is a link or no file; links are not followed, copy the data themselves"
                    )
                if entry.is_dir():
                    waiting.append((Path(entry.path), depth + 1))
                elif entry.name in _METADATA:
                    _check_codecs(
                        read_metadata(Path(entry.path), folder.name), f"{folder.name}: {place!r:.80}"
                    )


def read_metadata(path: Path, where: str) -> Mapping[str, object]:
    """Return a JSON object of zarr's metadata.

    Parameters
    ----------
    path
        The file.
    where
        The folder, for messages.

    Raises
    ------
    DataError
        It is larger than 16 MiB, or no JSON object.
    """
    try:
        content = json.loads(path.read_bytes()) if path.stat().st_size <= _MOST_METADATA else None
    except (OSError, ValueError, RecursionError) as err:
        raise DataError(
            f"{where}: {path.name} can't be read as JSON ({str(err)[:80]}); take a fresh copy"
        ) from err
    if not isinstance(content, dict):
        raise DataError(f"{where}: {path.name} is not one JSON object of at most 16 MiB; take a fresh copy")
    return content


def codec_names(metadata: Mapping[str, object]) -> list[str]:
    """Return the names of an array's codecs, filters and compressor, those inside shards after ``sharding_indexed``."""
    names: list[str] = []
    waiting = [metadata.get(key) for key in ("filters", "compressor", "codecs", "index_codecs")]
    while waiting:
        item = waiting.pop(0)
        if isinstance(item, list):
            waiting[:0] = item
        elif isinstance(item, dict):
            names.append(str(item.get("name", item.get("id"))))
            inner = item.get("configuration")
            waiting[:0] = (
                [inner.get(key) for key in ("codecs", "index_codecs")] if isinstance(inner, dict) else []
            )
    return names


def _check_codecs(metadata: Mapping[str, object], place: str) -> None:
    names = codec_names(metadata)
    if any("pickle" in name for name in names):
        raise UnsafeError(f"{place} keeps pickled objects, which can run code; write the texts as strings")
    unknown = [name for name in names if name not in _CODECS]
    compressors = [name for name in names if name in _COMPRESSORS]
    if unknown or len(compressors) > 1:
        raise DataError(
            f"{place} is encoded with {', '.join(unknown or compressors)!r:.80}, which is not read; write it with one of {', '.join(_COMPRESSORS)}"
        )


def check_chunk(data: bytes, compressor: str, limit: int, where: str) -> None:
    """Refuse a compressed chunk that says of itself that it swells beyond a limit, or does.

    Parameters
    ----------
    data
        As stored.
    compressor
        Its name.
    limit
        Bytes of the chunk's values.
    where
        The array, for messages.

    Raises
    ------
    DataError
        It holds more bytes, or is cut off.
    """
    whole = len(data) >= 16 and int.from_bytes(data[12:16], "little") == len(
        data
    )  # Blosc's header says its length
    if (compressor == "blosc" and not whole) or (compressor == "lz4" and len(data) < 4):
        raise DataError(f"{where}: a chunk of {len(data)} bytes is cut off or damaged; take a fresh copy")
    size = {
        "blosc": lambda: int.from_bytes(data[4:8], "little"),
        "lz4": lambda: int.from_bytes(data[:4], "little"),
        "zstd": lambda: _zstd_size(data, where),
        "gzip": lambda: _inflated(data, 31, limit),
        "zlib": lambda: _inflated(data, 15, limit),
    }[compressor]()
    if size > limit:
        raise DataError(
            f"{where}: a chunk claims {size:,} bytes where {limit:,} are declared; the file is damaged, take a fresh copy"
        )


def shard_parts(data: bytes, chunks: int, where: str) -> Sequence[bytes]:
    """Return the chunks of a shard whose index stands at its end.

    Parameters
    ----------
    data
        The shard.
    chunks
        How many it may hold.
    where
        The array, for messages.

    Raises
    ------
    DataError
        The index points outside the shard.
    """
    length = 16 * chunks + 4  # two numbers of 8 bytes for each, and a checksum
    if len(data) < length:
        raise DataError(
            f"{where}: a shard of {len(data)} bytes for {chunks} chunks is cut off; take a fresh copy"
        )
    index = data[-length:-4]
    parts = []
    for at in range(0, 16 * chunks, 16):
        start, size = (int.from_bytes(index[at + step : at + step + 8], "little") for step in (0, 8))
        if start == size == 2**64 - 1:  # not stored
            continue
        if start + size > len(data):
            raise DataError(
                f"{where}: the index of a shard points outside it; the file is damaged, take a fresh copy"
            )
        parts.append(data[start : start + size])
    return parts


def _zstd_size(data: bytes, where: str) -> int:
    flags = data[4] if len(data) > 4 and data.startswith(_ZSTD_MAGIC) else None
    if flags is None:
        raise DataError(f"{where}: a chunk is no Zstandard frame; the file is damaged, take a fresh copy")
    single, width = bool(flags & 0x20), (0, 2, 4, 8)[flags >> 6]
    if not width and not single:
        raise DataError(
            f"{where}: a chunk does not say how many bytes it holds; write the file again with anndata"
        )
    start = 5 + (not single) + (0, 1, 2, 4)[flags & 3]
    value = int.from_bytes(data[start : start + (width or 1)], "little")
    return value + (256 if width == 2 else 0)


def _inflated(data: bytes, bits: int, limit: int) -> int:
    """Return the bytes that a stream holds, counted up to just above a limit."""
    stream, total, waiting = zlib.decompressobj(bits), 0, data
    while waiting and total <= limit and not stream.eof:
        total += len(stream.decompress(waiting, _PIECE))
        waiting = stream.unconsumed_tail
    return total
