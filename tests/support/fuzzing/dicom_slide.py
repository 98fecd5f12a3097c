"""A whole-slide DICOM file of one level, written byte by byte (PS3.5 explicit VR little endian, uncompressed tiles)."""

import struct
from pathlib import Path

import numpy as np

_SLIDE = "1.2.840.10008.5.1.4.1.1.77.1.6"
_EXPLICIT = "1.2.840.10008.1.2.1"
_LONG = ("OB", "OW", "SQ", "UN", "UT")


def write_dicom_slide(
    path: Path,
    pixels: np.ndarray,
    um_per_pixel: float,
    tile: int = 64,
    *,
    series: str = "1.2.3.1",
    level: int = 0,
) -> None:
    """Write ``(h, w, 3)`` uint8 as tiles of ``tile`` pixels, the last ones filled up with white: level 0 of a slide, or a smaller copy of it."""
    instance = f"1.2.3.4{level or ''}"
    height, width = pixels.shape[:2]
    rows, columns = -(-height // tile), -(-width // tile)
    full = np.full((rows * tile, columns * tile, 3), 255, dtype=np.uint8)
    full[:height, :width] = pixels
    frames = full.reshape(rows, tile, columns, tile, 3).swapaxes(1, 2)
    spacing = f"{um_per_pixel / 1000:g}\\{um_per_pixel / 1000:g}"
    measures = _item(_element(0x0028, 0x9110, "SQ", _item(_element(0x0028, 0x0030, "DS", spacing))))
    body = b"".join(
        [
            _element(
                0x0008,
                0x0008,
                "CS",
                "DERIVED\\PRIMARY\\VOLUME\\RESAMPLED" if level else "ORIGINAL\\PRIMARY\\VOLUME\\NONE",
            ),
            _element(0x0008, 0x0016, "UI", _SLIDE),
            _element(0x0008, 0x0018, "UI", instance),
            _element(0x0008, 0x0060, "CS", "SM"),
            _element(0x0020, 0x000D, "UI", "1.2.3"),
            _element(0x0020, 0x000E, "UI", series),
            _element(0x0020, 0x9311, "CS", "TILED_FULL"),
            _element(0x0028, 0x0002, "US", 3),
            _element(0x0028, 0x0004, "CS", "RGB"),
            _element(0x0028, 0x0006, "US", 0),
            _element(0x0028, 0x0008, "IS", str(rows * columns)),
            _element(0x0028, 0x0010, "US", tile),
            _element(0x0028, 0x0011, "US", tile),
            _element(0x0028, 0x0100, "US", 8),
            _element(0x0028, 0x0101, "US", 8),
            _element(0x0028, 0x0102, "US", 7),
            _element(0x0028, 0x0103, "US", 0),
            _element(0x0048, 0x0006, "UL", width),
            _element(0x0048, 0x0007, "UL", height),
            _element(0x5200, 0x9229, "SQ", measures),
            _element(0x7FE0, 0x0010, "OB", frames.tobytes()),
        ]
    )
    head = b"".join(
        [
            _element(0x0002, 0x0001, "OB", b"\0\1"),
            _element(0x0002, 0x0002, "UI", _SLIDE),
            _element(0x0002, 0x0003, "UI", instance),
            _element(0x0002, 0x0010, "UI", _EXPLICIT),
            _element(0x0002, 0x0012, "UI", "1.2.3.5"),
        ]
    )
    path.write_bytes(bytes(128) + b"DICM" + _element(0x0002, 0x0000, "UL", len(head)) + head + body)


def _element(group: int, number: int, kind: str, value: str | bytes | int) -> bytes:
    if isinstance(value, int):
        value = struct.pack("<H" if kind == "US" else "<I", value)
    elif isinstance(value, str):
        value = value.encode() + (b"\0" if kind == "UI" else b" ") * (len(value) % 2)
    elif len(value) % 2:
        value += b"\0"
    head = struct.pack("<HH2s", group, number, kind.encode())
    return (
        head + (struct.pack("<2xI", len(value)) if kind in _LONG else struct.pack("<H", len(value))) + value
    )


def _item(content: bytes) -> bytes:
    return struct.pack("<HHI", 0xFFFE, 0xE000, len(content)) + content
