"""The blocks of a Bruker OPUS file, validated before anything is read.

Layout (brukeropus, which gives its own sources): the mark ``0A 0A FE FE``, a float64 version, then int32 start, capacity and
count of the directory. Each of its entries is three int32: type, size in words of 4 bytes, start. The lowest bits of the type
say which part of which spectrum a block is. A block of parameters is a row of entries: 3 letters, a zero, int16 kind, int16
length in words of 2 bytes, value; ``END`` closes it. Numbers are little-endian.
"""

import struct
from dataclasses import dataclass

from spectra_dl.errors import DataError

HEADER = struct.Struct("<4sdiii")
ENTRY = struct.Struct("<iii")
PARAMETER = struct.Struct("<3sxhh")
MOST_BLOCKS = 1_000
INTEGER, FLOAT = 0, 1
VALUE_BYTES = {INTEGER: 4, FLOAT: 8}


@dataclass(frozen=True)
class OpusBlock:
    """An entry of the directory.

    Attributes
    ----------
    code
        Bits of its type.
    start, size
        In bytes, from the beginning of the file.
    """

    code: int
    start: int
    size: int


def check_opus(content: bytes, where: str) -> list[OpusBlock]:
    """Return the blocks of a file after comparing each with the file's size.

    Parameters
    ----------
    content
        The whole file.
    where
        Its name, for messages.

    Returns
    -------
    list
        In the directory's order, each within the file.

    Raises
    ------
    DataError
        Truncated, or a directory or block that leaves the file.
    """
    size = len(content)
    if size < HEADER.size:
        raise DataError(f"{where}: truncated OPUS file: {size} bytes; copy the file again")
    _, _, start, _, count = HEADER.unpack_from(content)
    if not 0 < count <= MOST_BLOCKS or not HEADER.size <= start <= size - count * ENTRY.size:
        raise DataError(
            f"{where}: the OPUS directory claims {count:,} blocks at byte {start:,} of {size:,}; the file is damaged or "
            f"truncated, copy it again"
        )
    blocks = []
    for k in range(count):
        code, words, first = ENTRY.unpack_from(content, start + k * ENTRY.size)
        if not 0 < first <= size or not 0 <= words <= (size - first) // 4:
            raise DataError(
                f"{where}: OPUS block {k + 1} of {count} claims {words:,} words at byte {first:,} of {size:,}; the file is "
                f"damaged or truncated, copy it again"
            )
        blocks.append(OpusBlock(code, first, 4 * words))
    claimed = sum(block.size for block in blocks)
    if claimed > 2 * size:
        raise DataError(
            f"{where}: the OPUS blocks claim {claimed:,} bytes of {size:,}, one over the other; the file is damaged, copy it again"
        )
    return blocks


def check_parameters(content: bytes, block: OpusBlock, where: str) -> None:
    """Validate a block of parameters, entry by entry.

    Parameters
    ----------
    content
        The whole file.
    block
        Within it.
    where
        Its name, for messages.

    Raises
    ------
    DataError
        An entry that leaves the block, has a length that is none, or no entry ``END``.
    """
    at, end = block.start, block.start + block.size
    while at + 3 <= end:
        if content[at : at + 3] == b"END":
            return
        if at + PARAMETER.size > end:
            break
        name, kind, words = PARAMETER.unpack_from(content, at)
        room = end - at - PARAMETER.size
        if not name.isalnum() or not name.isascii() or not VALUE_BYTES.get(kind, 0) <= 2 * words <= room:
            break
        at += PARAMETER.size + 2 * words
    raise DataError(
        f"{where}: the OPUS parameters at byte {block.start:,} can't be followed beyond byte {at:,}; copy the file again"
    )
