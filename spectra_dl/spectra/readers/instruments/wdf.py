"""Renishaw WiRE's .wdf: a chain of blocks, each with its name and size.

The format is not published by Renishaw; the places of its fields are those that Alex Henderson's and Tian Tian's readers found
(doi 10.5281/zenodo.495477, py-wdf-reader). Fields that are not needed are not read.
"""

import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from spectra_dl.errors import DataError
from spectra_dl.spectra.readers.instruments.file import InstrumentFile
from spectra_dl.spectra.readers.wording import file_name, printable
from spectra_dl.spectra.table import FloatArray

_MAGIC = b"WDF1"
_HEADER_BYTES, _BLOCK_HEADER = 512, struct.Struct("<4sIQ")
_COUNTS = struct.Struct(
    "<IQQIIII"
)  # points, room, spectra, accumulations, length of the y list and x list, origins
_MOST_BLOCKS, _MOST_ORIGINS, _MOST_POINTS = 10_000, 64, 65_536
_PLACES = {3: "x", 4: "y", 5: "z"}
_UNITS = {1: "cm-1", 2: "nm (as the file calls wavenumber)", 3: "nm", 4: "eV", 5: "µm"}
_RAMAN_SHIFT = "cm-1"


@dataclass(frozen=True)
class _Block:
    """Where a block's content starts, and how many bytes it has."""

    start: int
    size: int


def is_wdf(head: bytes) -> bool:
    """Say whether a file's first bytes are those of a WDF file."""
    return head.startswith(_MAGIC)


def read_wdf(path: Path) -> InstrumentFile:
    """Read a single spectrum, a series or a map; an aborted measurement gives the spectra that were taken.

    Raises
    ------
    DataError
        Truncated, or its blocks claim more than the file holds or don't fit each other.
    """
    where = file_name(path)
    size = path.stat().st_size
    if size < _HEADER_BYTES:
        raise DataError(
            f"{where}: truncated WDF, {size} bytes where the header alone has {_HEADER_BYTES}; copy it again"
        )
    with open(path, "rb") as stream:
        header = stream.read(_HEADER_BYTES)
        points, room, count, accumulations, _, x_length, origins = _COUNTS.unpack_from(header, 0x3C)
        blocks = _walked(stream.fileno(), size, where)
        _check(where, points, room, count, x_length, origins, blocks)
        unit, axis = _axis(stream.fileno(), blocks[b"XLST"], points)
        places = _origins(stream.fileno(), blocks.get(b"ORGN"), room, count, origins, where)
    data = np.memmap(path, dtype="<f4", mode="r", offset=blocks[b"DATA"].start, shape=(count, points))

    def intensity(first: int, last: int) -> FloatArray:
        return np.asarray(data[first:last], dtype=np.float64)

    notes = [f"{where}: a WDF file; exposure and power are not read from it"]
    if count < room:
        notes.append(f"{where}: the measurement was stopped after {count} of {room} spectra; those are read")
    return InstrumentFile(
        where,
        axis,
        unit,
        count,
        intensity,
        {**_described(header, count, accumulations), **places},
        tuple(notes),
    )


def _walked(descriptor: int, size: int, where: str) -> dict[bytes, _Block]:
    """Return the first block of each name; every block lies inside the file."""
    import os

    found: dict[bytes, _Block] = {}
    at = 0
    for _ in range(_MOST_BLOCKS):
        if at == size:
            return found
        head = os.pread(descriptor, _BLOCK_HEADER.size, at)
        if len(head) < _BLOCK_HEADER.size:
            raise DataError(f"{where}: truncated WDF, a block is cut at byte {at}; copy it again")
        name, _, length = _BLOCK_HEADER.unpack(head)
        if length < _BLOCK_HEADER.size or at + length > size:
            raise DataError(
                f"{where}: the block {printable(name.decode('latin-1'))} at byte {at} claims {length} bytes, the file has {size}; copy it again"
            )
        found.setdefault(name, _Block(at + _BLOCK_HEADER.size, length - _BLOCK_HEADER.size))
        at += length
    raise DataError(f"{where}: more than {_MOST_BLOCKS:,} blocks; this is no file of WiRE")


def _check(
    where: str, points: int, room: int, count: int, x_length: int, origins: int, blocks: dict[bytes, _Block]
) -> None:
    claimed = 4 * points * room
    if b"DATA" not in blocks or b"XLST" not in blocks:
        raise DataError(f"{where}: no block DATA or XLST, so there are no spectra in it; export it again")
    if claimed > blocks[b"DATA"].size:
        raise DataError(
            f"{where}: claims {points} points x {room} spectra, {claimed} bytes, and holds {blocks[b'DATA'].size}; copy it again"
        )
    if not 1 <= count <= room:
        raise DataError(f"{where}: {count} spectra in room for {room}; there is nothing to read")
    if points != x_length or points > _MOST_POINTS or 8 + 4 * x_length > blocks[b"XLST"].size:
        raise DataError(
            f"{where}: {points} points, an axis of {x_length} in {blocks[b'XLST'].size} bytes; they don't fit, copy it again"
        )
    if origins > _MOST_ORIGINS:
        raise DataError(f"{where}: claims {origins} lists of places; copy it again")


def _axis(descriptor: int, block: _Block, points: int) -> tuple[str, FloatArray]:
    import os

    content = os.pread(descriptor, 8 + 4 * points, block.start)
    kind, unit = struct.unpack_from("<II", content)
    values = np.frombuffer(content, dtype="<f4", offset=8, count=points).astype(np.float64)
    return (_UNITS.get(unit, f"a unit of number {unit}") if kind == 1 or unit in _UNITS else ""), values


def _origins(
    descriptor: int, block: _Block | None, room: int, count: int, origins: int, where: str
) -> dict[str, list[str]]:
    """Return x, y and z of each spectrum, where the stage wrote them."""
    import os

    if block is None:
        return {}
    one = 24 + 8 * room
    if 4 + origins * one > block.size:
        raise DataError(
            f"{where}: claims {origins} lists of {room} places in {block.size} bytes; copy it again"
        )
    found: dict[str, list[str]] = {}
    for number in range(origins):
        start = block.start + 4 + number * one
        (kind,) = struct.unpack("<I", os.pread(descriptor, 4, start))
        name = _PLACES.get(kind & 0x7FFFFFFF)
        if name and name not in found:
            values = np.frombuffer(os.pread(descriptor, 8 * count, start + 24), dtype="<f8")
            found[name] = [f"{value:.10g}" for value in values]
    return found


def _described(header: bytes, count: int, accumulations: int) -> dict[str, list[str]]:
    version = ".".join(map(str, struct.unpack_from("<4H", header, 0x78)))
    (laser,) = struct.unpack_from("<f", header, 0x9C)
    known = {
        "instrument": f"Renishaw {_text(header, 0x60, 24)} {version}",
        "title": _text(header, 0xF0, 160),
        "laser_nm": f"{1e7 / laser:.2f}" if np.isfinite(laser) and laser > 1 else "",
        "accumulations": str(accumulations),
    }
    return {name: [text] * count for name, text in known.items()}


def _text(header: bytes, start: int, length: int) -> str:
    raw = header[start : start + length].split(b"\0", 1)[0]
    return printable(raw.decode("utf-8", "replace").strip(), 160)
