"""Images written byte by byte, so that they can claim what they do not hold."""

import struct
import zlib

import numpy as np


def png(width, height, depth, colour, rows):
    """Return a PNG that claims a size and holds these compressed rows."""

    def chunk(kind, content):
        return (
            struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        )

    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def tiff(entries, next_directory=0, tail=b""):
    """Return a little-endian TIFF with one directory of (tag, kind, value)."""
    rows = b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in entries)
    return (
        struct.pack("<2sHI", b"II", 42, 8)
        + struct.pack("<H", len(entries))
        + rows
        + struct.pack("<I", next_directory)
        + tail
    )


def strip(width, height, offset, length, compression=1):
    """Return the entries of a grey image in one strip."""
    return [
        (256, 4, width), (257, 4, height), (258, 3, 8), (259, 3, compression), (262, 3, 1),
        (273, 4, offset), (277, 3, 1), (278, 4, height), (279, 4, length),
    ]  # fmt: skip


REFUSED = {
    "a bomb of 3.6 Gpx in one bit": png(60_000, 60_000, 1, 0, zlib.compress(bytes(100_000))),
    "2.7 GB of colour in 2.6 MB": png(30_000, 30_000, 8, 2, zlib.compress(bytes(100_000))),
    "a TIFF of 10 Gpx in one strip": tiff(strip(100_000, 100_000, 200, 100, 8), tail=bytes(200)),
    "a TIFF cut inside its directory": tiff(strip(10, 10, 200, 100))[:40],
    "HTML": b"<html><body>not found</body></html>",
    "nothing": b"",
    "random bytes": np.random.default_rng(0).bytes(5000),
}
