"""The log at the end of an SPC file: lines ``KEY=value`` behind a head of 64 bytes. What can't be followed is left out."""

import struct

from spectra_dl.spectra.readers.instruments.recording import number_text

HEAD_BYTES = 64
MOST_BYTES = 1 << 20


def log_entries(data: bytes, at: int, order: str) -> dict[str, str]:
    """Return the entries of a log, by their keys in capitals; none where it can't be followed.

    Parameters
    ----------
    data
        The whole file.
    at
        Byte at which the log begins, 0 if there is none.
    order
        "<" or ">", as `struct` writes the order of bytes.

    Examples
    --------
    >>> text = b"MODEL=FT-Raman"
    >>> log_entries(b"?" + struct.pack("<III", 64 + len(text), 0, 64) + bytes(52) + text, 1, "<")
    {'MODEL': 'FT-Raman'}
    """
    if not 0 < at <= len(data) - HEAD_BYTES:
        return {}
    size, _, text = struct.unpack_from(order + "III", data, at)
    if not HEAD_BYTES <= text <= size <= min(MOST_BYTES, len(data) - at):
        return {}
    lines = data[at + text : at + size].split(b"\0")[0].decode("cp1252", "replace").splitlines()
    pairs = (line.partition("=") for line in lines if "=" in line)
    return {key.strip().upper(): value.strip() for key, _, value in pairs}


def from_log(entries: dict[str, str]) -> dict[str, str]:
    """Return laser and instrument where a log names them in the words of Nicolet's FT-Raman."""
    try:
        laser = 1e7 / float(entries.get("RAMANFREQ", "nan"))
    except (ValueError, ZeroDivisionError):
        laser = float("nan")
    return {"instrument": entries.get("MODEL", ""), "laser_nm": number_text(round(laser, 3))}
