"""Galactic SPC files made byte by byte from the description of the format."""

import struct
from dataclasses import dataclass, replace

import numpy as np

NEW, NEW_BIG_ENDIAN, OLD = 0x4B, 0x4C, 0x4D
SIXTEEN_BITS, SEVERAL, OWN_AXES, STORED_AXIS = 0x01, 0x04, 0x40, 0x80
RAMAN_SHIFT, FLOAT = 13, -128


@dataclass(frozen=True)
class MadeSpc:
    """What a file says; `data` makes its bytes. With an ``exponent`` other than `FLOAT` the intensities are fractions."""

    axis: np.ndarray
    intensity: np.ndarray
    version: int = NEW
    flags: int = 0
    exponent: int = FLOAT
    unit: int = RAMAN_SHIFT
    quantity: int = 0
    experiment: int = 0
    labels: bytes = b""
    points: int | None = None
    spectra: int | None = None

    def but(self, **changes) -> "MadeSpc":
        return replace(self, **changes)

    @property
    def order(self) -> str:
        return ">" if self.version == NEW_BIG_ENDIAN else "<"

    def header(self) -> bytes:
        header = bytearray(512)
        points = self.axis.size if self.points is None else self.points
        spectra = len(self.intensity) if self.spectra is None else self.spectra
        header[:2] = bytes([self.flags, self.version])
        struct.pack_into(self.order + "bI", header, 3, self.exponent, points)
        struct.pack_into(self.order + "ddIB", header, 8, self.axis[0], self.axis[-1], spectra, self.unit)
        date = 2024 << 20 | 2 << 16 | 29 << 11 | 13 << 6 | 45
        struct.pack_into(self.order + "I", header, 32, date)
        header[45:53] = b"Raman-7\0"
        header[88:97] = b"a powder\0"
        header[2], header[29] = self.experiment, self.quantity
        header[218 : 218 + len(self.labels)] = self.labels
        return bytes(header)

    def old_header(self) -> bytes:
        header = bytearray(224)
        header[:2] = bytes([self.flags, OLD])
        points = self.axis.size if self.points is None else self.points
        struct.pack_into("<hfffB", header, 2, self.exponent, points, self.axis[0], self.axis[-1], self.unit)
        struct.pack_into("<HBBBB", header, 18, 1993, 2, 28, 9, 5)
        header[17] = self.quantity
        header[64:73] = b"a powder\0"
        return bytes(header)

    def values(self, values: np.ndarray) -> bytes:
        if self.exponent == FLOAT:
            return values.astype(self.order + "f4").tobytes()
        if self.flags & SIXTEEN_BITS:
            return values.astype(self.order + "i2").tobytes()
        raw = values.astype(self.order + "i4").tobytes()
        if self.version == OLD:
            return np.frombuffer(raw, "<u2").reshape(-1, 2)[:, ::-1].tobytes()
        return raw

    def data(self) -> bytes:
        parts = [self.old_header() if self.version == OLD else self.header()]
        own = self.flags & OWN_AXES
        if self.flags & STORED_AXIS and not own:
            parts.append(self.axis.astype(self.order + "f4").tobytes())
        for number, values in enumerate(self.intensity):
            head = bytearray(32)
            struct.pack_into(self.order + "Bb", head, 0, 0, self.exponent)
            struct.pack_into(self.order + "Hff", head, 2, number, 2.5 * number, 0.0)
            struct.pack_into(self.order + "I", head, 16, self.axis.size if own else 0)
            parts.append(bytes(head))
            if own:
                parts.append((self.axis + 0.25 * number).astype(self.order + "f4").tobytes())
            parts.append(self.values(values))
        return b"".join(parts)


def fractions(count: int = 3) -> MadeSpc:
    """Spectra of 40 points as 32-bit integers that stand for values between -2 and 2."""
    axis = np.linspace(400.0, 1800.0, 40)
    values = np.random.default_rng(5).integers(-(2**31), 2**31, (count, 40))
    return MadeSpc(axis, values, exponent=2, flags=SEVERAL if count > 1 else 0)
