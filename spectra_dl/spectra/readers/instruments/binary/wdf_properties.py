"""The settings of a measurement in a WDF file: sets of properties, some of them sets again.

A set is a row of entries: a byte of type, a byte of flags, a uint16 key, then the value, whose length the type gives or a
uint32 before it. An entry of type ``k`` gives the name of a key. Settings that can't be followed are left out: no spectrum
hangs on them.
"""

import struct
from collections.abc import Iterator
from itertools import islice

SIZES = {"?": 1, "c": 1, "s": 2, "i": 4, "w": 8, "r": 4, "q": 8, "t": 8}
COMPRESSED, ARRAY = 0x40, 0x80
SET_HEAD = b"PSET"
MOST_ENTRIES = 100_000


def exposure_seconds(block: bytes) -> float | None:
    """Return the exposure time, in s, that a block of measurement settings (``WXDM``) names, or None.

    Parameters
    ----------
    block
        The block without its head.
    """
    if not block.startswith(SET_HEAD) or len(block) < 8:
        return None
    try:
        milliseconds = {
            struct.unpack("<i", value)[0]
            for kind, name, value in _entries(block, 8, len(block))
            if kind == "i" and name == b"Exposure Time"
        }
    except (struct.error, ValueError, IndexError):
        return None
    exposure = milliseconds.pop() if len(milliseconds) == 1 else 0
    return exposure / 1000 if exposure > 0 else None


def _entries(buffer: bytes, start: int, stop: int) -> Iterator[tuple[str, bytes, bytes]]:
    """Yield type, name and bytes of all values; a name holds in the inner sets too."""
    pending: list[tuple[int, int, dict[int, bytes]]] = [(start, stop, {})]
    budget = MOST_ENTRIES
    while pending:
        first, last, inherited = pending.pop()
        entries = list(islice(_raw_entries(buffer, first, last), budget + 1))
        budget -= len(entries)
        if budget < 0:
            raise ValueError("more settings than a measurement has")
        names = {**inherited, **{key: buffer[begin:end] for kind, key, begin, end in entries if kind == "k"}}
        pending += [(begin, end, names) for kind, _, begin, end in entries if kind == "p"]
        yield from ((kind, names.get(key, b""), buffer[begin:end]) for kind, key, begin, end in entries)


def _raw_entries(buffer: bytes, start: int, stop: int) -> Iterator[tuple[str, int, int, int]]:
    """Yield type, key, and where the value begins and ends, of the entries of one set."""
    at = start
    while at < stop:
        kind, flags, key = chr(buffer[at]), buffer[at + 1], struct.unpack_from("<H", buffer, at + 2)[0]
        at += 4
        size = SIZES.get(kind)
        if size is None or flags & (COMPRESSED | ARRAY):
            length = struct.unpack_from("<I", buffer, at)[0]
            at += 4
            if flags & ARRAY and size is not None:
                length *= size
            elif flags & COMPRESSED:
                kind = "compressed"
        else:
            length = size
        if at + length > stop:
            raise ValueError("a setting longer than its set")
        yield kind, key, at, at + length
        at += length
