"""Chunks of a zarr array, refused where they swell beyond what the array declares.

What a chunk holds stands in the header that its compressor writes: Blosc's and LZ4's number of bytes, the content size of a Zstandard frame
(RFC 8878); what gzip and zlib hold is counted.
"""

import zlib
from collections.abc import Sequence

from spectra_dl.errors import DataError

COMPRESSORS = ("blosc", "zstd", "gzip", "zlib", "lz4")
_ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
_PIECE = 1 << 20


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
