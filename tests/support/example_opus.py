"""Bruker OPUS files made byte by byte from the description of the format."""

import struct
from dataclasses import dataclass, replace

import numpy as np

RAMAN, ABSORBANCE, REPORT = 10, 4, 5
DATA_STATUS, INSTRUMENT, SAMPLE, OPTICS = 1, 2, 10, 6


def code(parameters: int, data: int, *, series: int = 0) -> int:
    """The type of a block of a ratioed amplitude spectrum: six fields of bits."""
    return 3 | 3 << 2 | parameters << 4 | data << 10 | series << 19


def parameters(values: dict[str, int | float | str], end: bytes = b"END\0\0\0\0\0") -> bytes:
    entries = b""
    for name, value in values.items():
        if isinstance(value, int):
            kind, content = 0, struct.pack("<i", value)
        elif isinstance(value, float):
            kind, content = 1, struct.pack("<d", value)
        else:
            text = value.encode("latin-1") + b"\0"
            kind, content = 2, text + bytes(len(text) % 2)
        entries += struct.pack("<3sxhh", name.encode(), kind, len(content) // 2) + content
    entries += end
    return entries + bytes(-len(entries) % 4)


@dataclass(frozen=True)
class MadeOpus:
    """One spectrum with its parameters."""

    intensity: np.ndarray
    status: dict[str, int | float | str]
    instrument: dict[str, int | float | str]
    kind: int = RAMAN
    series: int = 0
    others: tuple[tuple[int, bytes], ...] = ()

    def but(self, **changes) -> "MadeOpus":
        return replace(self, **changes)

    def data(self) -> bytes:
        blocks = [
            (code(0, self.kind, series=self.series), self.intensity.astype("<f4").tobytes()),
            (code(DATA_STATUS, self.kind, series=self.series), parameters(self.status)),
            (code(INSTRUMENT, 0), parameters(self.instrument)),
            *self.others,
        ]
        directory, body = b"", b""
        start = 24 + 12 * (len(blocks) + 1)
        directory = struct.pack("<iii", 13 << 10, 3 * (len(blocks) + 1), 24)
        for kind, content in blocks:
            directory += struct.pack("<iii", kind, len(content) // 4, start + len(body))
            body += content
        header = struct.pack("<4sdiii", b"\n\n\xfe\xfe", 920622.0, 24, 40, len(blocks) + 1)
        return header + directory + body


def small_spectrum() -> MadeOpus:
    """A Raman spectrum of 40 points downwards, laser 785 nm, intensities stored at half their size."""
    intensity = np.random.default_rng(5).uniform(100, 900, 40).astype(np.float32)
    status = {
        "DPF": 1,
        "NPT": 40,
        "FXV": 1800.0,
        "LXV": 410.0,
        "CSF": 2.0,
        "MXY": float(2 * intensity.max()),
        "MNY": float(2 * intensity.min()),
        "DXU": "WN",
    }
    instrument = {"INS": "SENTERRA", "SNM": "serum 7", "NSS": 5, "RLW": 1e7 / 785}
    return MadeOpus(intensity, status, instrument)
