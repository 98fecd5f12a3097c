"""Instruments' files made from the formats' descriptions."""

import struct

import numpy as np

AXIS = np.linspace(1800, 400, 50).astype("<f4")


def block(name, content, size=None):
    """Return a block; ``size`` may lie."""
    return struct.pack("<4sIQ", name, 0, 16 + len(content) if size is None else size) + content


def wdf(spectra, *, room=None, points=None, count=None, unit=1, places=(), laser=1e7 / 785, lists=None):
    """Return a WDF file that holds spectra (n, p)."""
    count = len(spectra) if count is None else count
    room = count if room is None else room
    points = spectra.shape[1] if points is None else points
    header = bytearray(496)
    struct.pack_into(
        "<IQQIIII",
        header,
        0x3C - 16,
        points,
        room,
        count,
        2,
        1,
        AXIS.size,
        len(places) if lists is None else lists,
    )
    header[0x60 - 16 : 0x64 - 16] = b"WiRE"
    struct.pack_into("<f", header, 0x9C - 16, laser)
    header[0xF0 - 16 : 0xF5 - 16] = b"title"
    data = np.zeros((max(room, len(spectra)), spectra.shape[1]), dtype="<f4")
    data[: len(spectra)] = spectra
    origin = b"".join(
        struct.pack("<II16s", kind | 0x80000000, 5, b"stage")
        + np.resize(values, room).astype("<f8").tobytes()
        for kind, values in places
    )
    return (
        block(b"WDF1", bytes(header))
        + block(b"DATA", data.tobytes())
        + block(b"XLST", struct.pack("<II", 1, unit) + AXIS.tobytes())
        + (block(b"ORGN", struct.pack("<I", len(places)) + origin) if places else b"")
    )


def spc(
    spectra, *, kind="i4", exponent=20, axis=None, unit=13, version=0x4B, flags=0, points=None, count=None
):
    """Return an SPC file that holds spectra (n, p) from 1800 down to 400."""
    count = len(spectra) if count is None else count
    flags |= (0x01 if kind == "i2" else 0) | (0x04 if count > 1 else 0) | (0x80 if axis is not None else 0)
    own = -128 if kind == "f4" else exponent
    header = bytearray(512)
    struct.pack_into(
        "<BBBbIddIBBBB",
        header,
        0,
        flags,
        version,
        0,
        own,
        spectra.shape[1] if points is None else points,
        1800.0,
        400.0,
        count,
        unit,
        0,
        0,
        0,
    )
    header[88:93] = b"title"
    content = bytes(header) + (b"" if axis is None else np.asarray(axis, "<f4").tobytes())
    bits = 16 if kind == "i2" else 32
    for number, one in enumerate(spectra):
        stored = one if kind == "f4" else np.ldexp(one, bits - exponent)
        content += (
            struct.pack("<BbHfffIIf4s", 0, own, number, 0, 0, 0, 0, 0, 0, b"")
            + stored.astype(f"<{kind}").tobytes()
        )
    return content


def jcamp(data, *, form="XYDATA=(X++(Y..Y))", points=14, first=400, last=1700, more=()):
    """Return a file with these lines of data."""
    labels = [
        "##TITLE=serum", "##JCAMP-DX=4.24", "##DATA TYPE=RAMAN SPECTRUM", "##XUNITS=1/CM", "##YUNITS=COUNTS", f"##FIRSTX={first}",
        f"##LASTX={last}", "##XFACTOR=1", "##YFACTOR=1", f"##NPOINTS={points}", *more,
    ]  # fmt: skip
    return "\n".join([*labels, f"##{form}", *data, "##END=", ""])
