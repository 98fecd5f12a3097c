"""The header of a Galactic SPC file, new and old, and the sizes it claims.

Layout (Galactic's SPC.H and "A Brief Guide to SPC File Format"). The first byte holds flags, the second the version: 0x4B new
and 0x4C new with big-endian numbers (header of 512 bytes), 0x4D old (256 bytes, of which the last 32 are the first spectrum's
subheader). Intensities are 16 or 32 bit fractions scaled by a power of two, or float32 where the exponent is -128. In old files
the two halves of a 32-bit fraction are exchanged, and the number of spectra follows from the file's size.
"""

import struct
from dataclasses import dataclass
from enum import IntFlag

from spectra_dl.errors import DataError
from spectra_dl.spectra.readers.axis import ABSURD, MAX_POINTS, MIN_POINTS, check_size
from spectra_dl.spectra.readers.instruments.contents import SPC

NEW, NEW_BIG_ENDIAN, OLD = SPC
HEADER_BYTES = {NEW: 512, NEW_BIG_ENDIAN: 512, OLD: 224}
SUBHEADER_BYTES = 32
FLOAT_EXPONENT = -128
MOST_SPECTRA = 1_000_000


class Flags(IntFlag):
    """The bits of the first byte that say how the values stand."""

    SIXTEEN_BITS = 0x01
    SEVERAL = 0x04
    CUSTOM_LABELS = 0x20
    SEPARATE_AXES = 0x40
    STORED_AXIS = 0x80


@dataclass(frozen=True)
class SpcHeader:
    """What the header says.

    Attributes
    ----------
    version
        The second byte: `NEW`, `NEW_BIG_ENDIAN` or `OLD`.
    exponent
        Of the power of two that scales fractions, -128 for float32.
    points, spectra
        Points of a spectrum (0 where each has its own number) and number of spectra.
    first, last
        Ends of an even axis.
    unit, quantity
        Codes of the axis' unit and of what the intensities are.
    experiment
        Code of the experiment, 0 where the file leaves it open; the old format has none.
    labels
        Custom names of the axes, ended by zeros; empty if there are none.
    source, comment, date
        Texts; the date in ISO 8601, "" if there is none.
    log, directory
        Bytes where the log and the list of spectra with separate axes begin, 0 if there are none.
    """

    version: int
    flags: Flags
    exponent: int
    points: int
    spectra: int
    first: float
    last: float
    unit: int
    quantity: int
    labels: bytes
    source: str
    comment: str
    date: str
    experiment: int = 0
    log: int = 0
    directory: int = 0

    @property
    def order(self) -> str:
        """How numbers are stored: "<" or ">", as `struct` writes the order of bytes."""
        return ">" if self.version == NEW_BIG_ENDIAN else "<"

    @property
    def bytes(self) -> int:
        """Where the first spectrum, or the stored axis, begins."""
        return HEADER_BYTES[self.version]

    def value_bytes(self, exponent: int) -> int:
        """Return the size of one intensity."""
        return 2 if exponent != FLOAT_EXPONENT and Flags.SIXTEEN_BITS in self.flags else 4


def spc_header(data: bytes, where: str) -> SpcHeader:
    """Read the header and refuse counts that claim more than the file holds.

    Parameters
    ----------
    data
        The whole file.
    where
        Its name, for messages.

    Raises
    ------
    DataError
        Truncated, an unknown kind, or a claimed size over the file's.
    """
    version = data[1]
    if len(data) < HEADER_BYTES[version] + SUBHEADER_BYTES:
        raise DataError(
            f"{where}: truncated SPC: {len(data)} bytes, where the headers alone have "
            f"{HEADER_BYTES[version] + SUBHEADER_BYTES}; copy the file again"
        )
    header = _old(data, where) if version == OLD else _new(data)
    separate = Flags.SEPARATE_AXES in header.flags
    if separate and Flags.STORED_AXIS not in header.flags:
        raise DataError(
            f"{where}: damaged SPC: axes of its own for each spectrum, but none stored; copy it again"
        )
    least = header.spectra * (SUBHEADER_BYTES + (0 if separate else 2 * header.points))
    if header.bytes + least > len(data):
        raise DataError(
            f"{where}: claims {header.spectra:,} spectra of {header.points:,} points, at least {least:,} bytes, more than the "
            f"file's {len(data):,}; it is damaged or truncated, copy it again"
        )
    if not separate:
        check_size(header.points, where)
    if not 1 <= header.spectra <= MOST_SPECTRA or (header.points < MIN_POINTS and not separate):
        raise DataError(
            f"{where}: {header.spectra:,} spectra of {header.points} points; 1 to {MOST_SPECTRA:,} spectra of at least "
            f"{MIN_POINTS} points can be read"
        )
    ends = max(abs(header.first), abs(header.last))
    if Flags.STORED_AXIS not in header.flags and not ends < ABSURD:
        raise DataError(
            f"{where}: damaged SPC: the axis runs from {header.first:g} to {header.last:g}; copy it again"
        )
    return header


def _new(data: bytes) -> SpcHeader:
    order = ">" if data[1] == NEW_BIG_ENDIAN else "<"
    flags = Flags(data[0])
    exponent, points = struct.unpack_from(order + "bI", data, 3)
    first, last, spectra, unit = struct.unpack_from(order + "ddIB", data, 8)
    packed = struct.unpack_from(order + "I", data, 32)[0]
    return SpcHeader(
        version=data[1],
        flags=flags,
        exponent=exponent,
        points=0 if Flags.SEPARATE_AXES in flags else points,
        spectra=spectra if Flags.SEVERAL in flags else 1,
        first=first,
        last=last,
        unit=unit,
        quantity=data[29],
        experiment=data[2],
        labels=data[218:248] if Flags.CUSTOM_LABELS in flags else b"",
        source=_text(data[45:54]),
        comment=_text(data[88:218]),
        date=_date(packed >> 20, packed >> 16 & 15, packed >> 11 & 31, packed >> 6 & 31, packed & 63),
        log=struct.unpack_from(order + "I", data, 248)[0],
        directory=points if Flags.SEPARATE_AXES in flags else 0,
    )


def _old(data: bytes, where: str) -> SpcHeader:
    flags = Flags(data[0])
    exponent, points, first, last, unit = struct.unpack_from("<hfffB", data, 2)
    if Flags.STORED_AXIS in flags or Flags.SEPARATE_AXES in flags:
        raise DataError(f"{where}: damaged SPC: the old format has no stored axis; copy the file again")
    if not 1 <= points <= MAX_POINTS or points != int(points) or not -128 <= exponent <= 127:
        raise DataError(
            f"{where}: damaged old SPC header ({points:g} points, of at most {MAX_POINTS}; exponent {exponent}); copy it again"
        )
    year, month, day, hour, minute = struct.unpack_from("<HBBBB", data, 18)
    size = 2 if exponent != FLOAT_EXPONENT and Flags.SIXTEEN_BITS in flags else 4
    subfile_bytes = SUBHEADER_BYTES + int(points) * size
    remaining = len(data) - HEADER_BYTES[OLD]
    if Flags.SEVERAL in flags and remaining % subfile_bytes:
        raise DataError(
            f"{where}: truncated SPC: {remaining % subfile_bytes} bytes after {remaining // subfile_bytes} whole spectra; copy the file again"
        )
    return SpcHeader(
        version=OLD,
        flags=flags,
        exponent=exponent,
        points=int(points),
        spectra=remaining // subfile_bytes if Flags.SEVERAL in flags else 1,
        first=first,
        last=last,
        unit=unit,
        quantity=data[17],
        labels=data[194:224] if Flags.CUSTOM_LABELS in flags else b"",
        source="",
        comment=_text(data[64:194]),
        date=_date(year & 0xFFF, month, day, hour, minute),
    )


def _text(raw: bytes) -> str:
    return raw.split(b"\0")[0].decode("cp1252", "replace").strip()


def _date(year: int, month: int, day: int, hour: int, minute: int) -> str:
    """Return a date that can be one, "" for others."""
    if not (year and 1 <= month <= 12 and 1 <= day <= 31 and hour < 24 and minute < 60):
        return ""
    return f"{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}"
