"""Renishaw WDF files made byte by byte from the description of the format."""

import struct
from dataclasses import dataclass, replace

import numpy as np

RAMAN_SHIFT, WAVENUMBER, NANOMETRE, MICRON = 1, 2, 3, 5
SPATIAL_X, SPATIAL_Y, TIME, CHECKSUM = 3, 4, 11, 16
HEADER, BLOCK = 512, 16


def block(name: bytes, content: bytes, size: int | None = None) -> bytes:
    return struct.pack("<4sIQ", name, 0, BLOCK + len(content) if size is None else size) + content


@dataclass(frozen=True)
class MadeWdf:
    """What a file says; `data` makes its bytes."""

    axis: np.ndarray
    intensity: np.ndarray
    capacity: int
    unit: int = RAMAN_SHIFT
    places: tuple[tuple[int, np.ndarray], ...] = ()
    settings: bytes = b""
    points: int | None = None
    spectra: int | None = None

    def but(self, **changes) -> "MadeWdf":
        return replace(self, **changes)

    def header(self) -> bytes:
        header = bytearray(HEADER)
        struct.pack_into("<4sIQ", header, 0, b"WDF1", 1, HEADER)
        points = self.axis.size if self.points is None else self.points
        spectra = len(self.intensity) if self.spectra is None else self.spectra
        struct.pack_into("<IQQI", header, 60, points & 0xFFFFFFFF, self.capacity, spectra, 1)
        struct.pack_into("<III", header, 84, 1, self.axis.size, len(self.places))
        struct.pack_into("<24s4H", header, 96, b"WiRE", 5, 6, 0, 1)
        struct.pack_into("<II", header, 128, 3, 3)
        struct.pack_into("<If", header, 152, 6, 1e7 / 785)
        struct.pack_into("<32s160s", header, 208, b"somebody", b"a made map")
        return bytes(header)

    def origins(self) -> bytes:
        content = struct.pack("<I", len(self.places))
        for kind, values in self.places:
            unit = MICRON if kind in (SPATIAL_X, SPATIAL_Y) else 0
            room = np.zeros(self.capacity, dtype="<f8")
            room[: len(values)] = values
            content += struct.pack("<II16s", kind, unit, b"place") + room.tobytes()
        return content

    def data(self) -> bytes:
        room = np.zeros((self.capacity, self.axis.size), dtype="<f4")
        room[: len(self.intensity)] = self.intensity
        blocks = [
            block(b"DATA", room.tobytes()),
            block(b"YLST", struct.pack("<IIf", 4, 16, 1.0)),
            block(b"XLST", struct.pack("<II", 1, self.unit) + self.axis.astype("<f4").tobytes()),
        ]
        if self.places:
            blocks.append(block(b"ORGN", self.origins()))
        if self.settings:
            blocks.append(block(b"WXDM", self.settings))
        return self.header() + b"".join(blocks)


def settings(milliseconds: int) -> bytes:
    """A set of properties with the exposure in an inner set and its name in the outer one."""
    inner = struct.pack("<ccHi", b"i", b"\0", 0x8001, milliseconds)
    name = b"Exposure Time"
    entries = struct.pack("<ccHI", b"p", b"\0", 0x3F3, len(inner)) + inner
    entries += struct.pack("<ccHI", b"k", b"\0", 0x8001, len(name)) + name
    return b"PSET" + struct.pack("<I", len(entries)) + entries


def small_map() -> MadeWdf:
    """A map of 2 x 3 places, 40 points, axis downwards."""
    axis = np.linspace(1800, 410, 40).astype(np.float32)
    intensity = np.random.default_rng(3).uniform(100, 900, (6, 40)).astype(np.float32)
    places = (
        (SPATIAL_X, np.array([0.0, 1.5, 3.0, 0.0, 1.5, 3.0])),
        (SPATIAL_Y, np.array([-2.0, -2.0, -2.0, 4.0, 4.0, 4.0])),
        (CHECKSUM, np.arange(6.0)),
    )
    return MadeWdf(axis, intensity, 6, places=places, settings=settings(10_000))
