"""Galactic's and Thermo's .spc, in the new layout of little-endian bytes: Galactic Industries, "A Brief Guide to SPC File Format", 1997.

One or several spectra on one axis, even or written out; whole numbers with an exponent, or floating point.
"""

import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from spectra_dl.errors import DataError
from spectra_dl.spectra.readers.instruments.file import InstrumentFile
from spectra_dl.spectra.readers.wording import file_name, printable
from spectra_dl.spectra.table import FloatArray

_NEW, _NEW_BIG_ENDIAN, _OLD = 0x4B, 0x4C, 0x4D
_HEADER, _HEADER_BYTES = struct.Struct("<BBBbIddIBBBB"), 512
_SUB, _SUB_BYTES = struct.Struct("<BbHfffIIf4s"), 32
_SHORT, _MULTIPLE, _OWN_AXES, _WRITTEN_AXIS = 0x01, 0x04, 0x40, 0x80
_FLOATING = -128
_MOST_BYTES, _MOST_POINTS = 2 << 30, 65_536
_UNITS = {
    0: "", 1: "absolute cm-1", 2: "µm", 3: "nm", 4: "seconds", 5: "minutes", 6: "Hz", 7: "kHz", 8: "MHz", 9: "mass units", 10: "ppm", 11: "days",
    12: "years", 13: "cm-1", 14: "eV", 255: "double interferogram",
}  # fmt: skip


@dataclass(frozen=True)
class _Header:
    """What the first 512 bytes say."""

    flags: int
    exponent: int
    points: int
    first: float
    last: float
    spectra: int
    unit: str
    comment: str


def is_spc(head: bytes) -> bool:
    """Say whether a file's first bytes are those of an SPC file: a version as the second byte, and bytes no text has."""
    others = head.startswith((b"PK", b"MM\0"))  # zip archives and TIFF pictures have such a second byte too
    return not others and len(head) >= 32 and head[1] in (_NEW, _NEW_BIG_ENDIAN, _OLD) and b"\0" in head[:32]


def read_spc(path: Path) -> InstrumentFile:
    """Read all spectra of a file.

    Raises
    ------
    DataError
        Truncated, claims more than it holds, an older or big-endian layout, or spectra on axes of their own.
    """
    where = file_name(path)
    size = path.stat().st_size
    if size > _MOST_BYTES:
        raise DataError(f"{where}: {size >> 20} MiB; at most {_MOST_BYTES >> 30} GiB of SPC are read")
    content = path.read_bytes()
    header = _header(content, where)
    axis, at = _axis(content, header, where)
    width = 2 if header.flags & _SHORT else 4
    claimed = at + header.spectra * (_SUB_BYTES + width * header.points)
    if claimed > len(content):
        raise DataError(
            f"{where}: claims {header.points} points x {header.spectra} spectra, at least {claimed} bytes, and has {len(content)}; copy it again"
        )
    spectra = np.empty((header.spectra, header.points))
    for number in range(header.spectra):
        spectra[number], at = _spectrum(content, at, header, f"{where} spectrum {number + 1}")
    known = {"instrument": "SPC file", "title": header.comment}
    return InstrumentFile(
        where,
        axis,
        header.unit,
        header.spectra,
        lambda first, last: spectra[first:last],
        {name: [text] * header.spectra for name, text in known.items()},
        (f"{where}: an SPC file",),
    )


def _header(content: bytes, where: str) -> _Header:
    if len(content) < _HEADER_BYTES:
        raise DataError(
            f"{where}: truncated SPC, {len(content)} bytes where the header alone has {_HEADER_BYTES}; copy it again"
        )
    flags, version, _, exponent, points, first, last, spectra, kind, _, _, _ = _HEADER.unpack_from(content)
    if version != _NEW:
        kinds = {_OLD: "the layout before 1996", _NEW_BIG_ENDIAN: "big-endian bytes"}
        raise DataError(
            f"{where}: an SPC file in {kinds.get(version, 'an unknown layout')}; export it in the present one"
        )
    if flags & _OWN_AXES:
        raise DataError(f"{where}: an SPC file whose spectra have axes of their own; export each as a file")
    if not points >= 1 or not spectra >= 1:
        raise DataError(f"{where}: {points} points and {spectra} spectra; there is nothing to read")
    comment = content[88:218].split(b"\0", 1)[0].decode("latin-1").strip()
    return _Header(
        flags,
        exponent,
        points,
        first,
        last,
        spectra,
        _UNITS.get(kind, f"a unit of number {kind}"),
        printable(comment, 130),
    )


def _axis(content: bytes, header: _Header, where: str) -> tuple[FloatArray, int]:
    """Return the axis, and where the first spectrum starts."""
    if header.points > _MOST_POINTS:
        raise DataError(
            f"{where}: claims {header.points} points x {header.spectra} spectra in {len(content)} bytes; at most {_MOST_POINTS} points are read"
        )
    if not header.flags & _WRITTEN_AXIS:
        if not (np.isfinite(header.first) and np.isfinite(header.last)):
            raise DataError(f"{where}: its axis from {header.first} to {header.last} is none; copy it again")
        return np.linspace(header.first, header.last, header.points), _HEADER_BYTES
    end = _HEADER_BYTES + 4 * header.points
    if end > len(content):
        raise DataError(
            f"{where}: claims an axis of {header.points} points, and ends inside it; copy it again"
        )
    return np.frombuffer(content[_HEADER_BYTES:end], dtype="<f4").astype(np.float64), end


def _spectrum(content: bytes, at: int, header: _Header, where: str) -> tuple[FloatArray, int]:
    _, own, _, _, _, _, own_points, _, _, _ = _SUB.unpack_from(content, at)
    if header.flags & _MULTIPLE and own_points not in (0, header.points):
        raise DataError(f"{where}: {own_points} points where the file says {header.points}; copy it again")
    exponent = own if header.flags & _MULTIPLE else header.exponent
    at += _SUB_BYTES
    floating = exponent == _FLOATING
    kind = np.dtype("<f4") if floating else np.dtype("<i2") if header.flags & _SHORT else np.dtype("<i4")
    end = at + kind.itemsize * header.points
    if end > len(content):
        raise DataError(f"{where}: the file ends inside it; copy it again")
    values = np.frombuffer(content[at:end], dtype=kind).astype(np.float64)
    return (values if floating else np.ldexp(values, exponent - 8 * kind.itemsize)), end
