"""The blocks of a Renishaw WDF file, validated before anything is read.

Layout (Henderson, doi:10.5281/zenodo.495477; py-wdf-reader): blocks of 4 bytes of name, uint32 number, uint64 size (of the
whole block), one behind the other. The first is the header ``WDF1`` of 512 bytes: points a spectrum at 60, capacity and count
of spectra at 64 and 72, length of the axis and number of lists at 88 and 92. ``DATA`` holds float32 intensities, ``XLST`` type, unit and the
axis, ``ORGN`` lists of one value for each spectrum, with room for the capacity. Numbers are little-endian.
"""

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import BinaryIO

from spectra_dl.errors import DataError
from spectra_dl.spectra.readers.axis import check_size

HEADER_BYTES = 512
BLOCK_BYTES = 16
MOST_BLOCKS = 10_000
MOST_LISTS = 100
SINGLE_BLOCKS = ("WDF1", "DATA", "XLST", "ORGN")


@dataclass(frozen=True)
class Block:
    """Where a block lies.

    Attributes
    ----------
    offset
        Byte at which it begins.
    size
        In bytes, its head included.
    """

    offset: int
    size: int


@dataclass(frozen=True)
class WdfStructure:
    """The counts of a WDF file that fit its size, and its blocks.

    Attributes
    ----------
    points
        Of each spectrum.
    capacity, spectra
        How many spectra there is room for, and how many were measured.
    lists
        Of one value for each spectrum.
    blocks
        By name; of several with one name the first.
    """

    points: int
    capacity: int
    spectra: int
    lists: int
    blocks: Mapping[str, Block]


def check_wdf(stream: BinaryIO, where: str) -> WdfStructure:
    """Validate the blocks of a WDF file: compare every count with the bytes that are there.

    Parameters
    ----------
    stream
        The file, open to read.
    where
        Its name, for messages.

    Raises
    ------
    DataError
        Truncated, a chain of blocks that leaves the file, or counts that claim more than it holds.
    """
    size = stream.seek(0, 2)
    stream.seek(0)
    header = stream.read(HEADER_BYTES)
    if len(header) < HEADER_BYTES:
        raise DataError(
            f"{where}: truncated WDF: {size} bytes, where the header alone has {HEADER_BYTES}; copy the file again"
        )
    points, capacity, spectra = struct.unpack_from("<IQQ", header, 60)
    axis_points, lists = struct.unpack_from("<II", header, 88)
    if points * spectra * 4 > size:
        raise DataError(
            f"{where}: claims {spectra:,} spectra of {points:,} points, {points * spectra * 4:,} bytes, more than the file's "
            f"{size:,}; it is damaged or truncated, copy it again"
        )
    check_size(points, where)
    if not spectra or not points:
        raise DataError(f"{where}: no spectrum was measured ({spectra} of {capacity}); measure again")
    if spectra > capacity or axis_points != points or lists > MOST_LISTS:
        raise DataError(
            f"{where}: the WDF header contradicts itself ({spectra} of {capacity} spectra, {points} points, {axis_points} on "
            f"the axis, {lists} lists); copy the file again"
        )
    structure = WdfStructure(points, capacity, spectra, lists, _walk(stream, size, where))
    _check_blocks(structure, where)
    return structure


def _walk(stream: BinaryIO, size: int, where: str) -> dict[str, Block]:
    blocks: dict[str, Block] = {}
    offset = count = 0
    while offset < size:
        stream.seek(offset)
        head = stream.read(BLOCK_BYTES)
        count += 1
        if len(head) < BLOCK_BYTES or count > MOST_BLOCKS:
            raise DataError(f"{where}: truncated WDF: the block at byte {offset} is not whole; copy it again")
        name, length = head[:4], struct.unpack_from("<Q", head, 8)[0]
        if not all(32 <= byte < 127 for byte in name):
            raise DataError(f"{where}: damaged WDF: no block begins at byte {offset}; copy the file again")
        if not BLOCK_BYTES <= length <= size - offset:
            raise DataError(
                f"{where}: the WDF block {name.decode('ascii')} at byte {offset} claims {length:,} bytes, where {size - offset:,} "
                f"are left; the file is damaged or truncated, copy it again"
            )
        text = name.decode("ascii")
        if text in blocks and text in SINGLE_BLOCKS:
            raise DataError(f"{where}: damaged WDF: two blocks {text}; copy the file again")
        blocks.setdefault(text, Block(offset, length))
        offset += length
    return blocks


def _check_blocks(structure: WdfStructure, where: str) -> None:
    """Refuse blocks that are missing, or too short for what the header promises."""
    needed = {
        "WDF1": HEADER_BYTES,
        "DATA": BLOCK_BYTES + 4 * structure.points * structure.spectra,
        "XLST": BLOCK_BYTES + 8 + 4 * structure.points,
    }
    if structure.lists:
        needed["ORGN"] = BLOCK_BYTES + 4 + structure.lists * (24 + 8 * structure.capacity)
    for name, least in needed.items():
        block = structure.blocks.get(name)
        if block is None or block.size < least or (name in ("WDF1", "XLST") and block.size != least):
            raise DataError(
                f"{where}: the WDF block {name} has {block.size if block else 0:,} bytes where {least:,} are needed; the file is "
                f"damaged or truncated, copy it again"
            )
