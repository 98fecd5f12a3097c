"""Damage to the bytes of a file that knows of numbers, lines and lengths."""

import re
import struct
from collections.abc import Callable, Sequence
from random import Random

NUMBER = re.compile(rb"[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?")
INTEGERS = (0, 1, -1, 2, 7, 127, 128, 255, 256, 4096, 2**15 - 1, 2**15, 2**16 - 1, 2**16, 2**24, 2**31 - 1, 2**31, 2**32 - 1, 2**40, 2**63 - 1, 2**63, 2**64 - 1)  # fmt: skip
FLOATS = (
    0.0,
    -0.0,
    1.0,
    -1.0,
    1e-300,
    5e-324,
    1e38,
    3.5e38,
    1e300,
    float("inf"),
    float("-inf"),
    float("nan"),
)
NUMBER_TEXTS = (
    b"0", b"-1", b"-0", b"1e308", b"1e999", b"-1e999", b"1e-400", b"nan", b"inf", b"", b"0x10", b"1_0", b"1,5", b"1.2.3",
    b"65536", b"2147483648", b"4294967296", b"9223372036854775808", b"9" * 400, b"9" * 5000, "\u0664".encode(), "\u00b2".encode(),
)  # fmt: skip
TOKENS = (
    b"\n", b"\r", b"\r\n", b",", b";", b"\t", b"|", b'"', b"'", b"#", b"##", b"=", b"[", b"]", b"{", b"}", b"[" * 3000, b":", b"\\",
    b"\\ud800", b"\\u0000", b"\x00", b"\x1b[31m", b"\xef\xbb\xbf", b"\xff\xfe", "\u202e".encode(), "\u200b".encode(), "\u2028".encode(),
    b"\x85", b"\xa0", b"null", b"true", b"NaN", b"Infinity", b"../x", b"=cmd()", b"%s", b"$$", b"##END=", b"END\0", b"x" * 600,
)  # fmt: skip
MOST_BYTES = 1 << 20

Change = Callable[[bytearray, Random], None]


def mutated(seeds: Sequence[bytes], random: Random) -> bytes:
    """Return one of the seeds with one to five changes, sometimes with the end of another seed.

    Parameters
    ----------
    seeds
        Whole files.
    random
        Decides which seed and which changes.
    """
    data = bytearray(random.choice(seeds))
    if random.randrange(10) == 0:
        donor = random.choice(seeds)
        data[_at(data, random) :] = donor[_at(donor, random) :]
    for _ in range(random.choice((1, 1, 1, 2, 3, 5))):
        random.choice(CHANGES)(data, random)
    return bytes(data[:MOST_BYTES])


def _at(data: bytes | bytearray, random: Random) -> int:
    """Return a place in the data: everywhere as likely, and the beginning, where headers stand, more often."""
    most = min(len(data), 600) if random.randrange(2) else len(data)
    return random.randrange(most + 1)


def _stretch(data: bytearray, random: Random) -> tuple[int, int]:
    first = _at(data, random)
    return first, min(len(data), first + random.choice((1, 2, 4, 8, 16, 32, 100, 1000)))


def _flip_bit(data: bytearray, random: Random) -> None:
    at = _at(data, random)
    if at < len(data):
        data[at] ^= 1 << random.randrange(8)


def _set_byte(data: bytearray, random: Random) -> None:
    at = _at(data, random)
    if at < len(data):
        data[at] = random.randrange(256)


def _truncate(data: bytearray, random: Random) -> None:
    del data[_at(data, random) :]


def _delete(data: bytearray, random: Random) -> None:
    first, last = _stretch(data, random)
    del data[first:last]


def _double(data: bytearray, random: Random) -> None:
    first, last = _stretch(data, random)
    data[first:first] = data[first:last] * random.choice((1, 1, 2, 50))


def _copy_elsewhere(data: bytearray, random: Random) -> None:
    first, last = _stretch(data, random)
    at = _at(data, random)
    data[at : at + last - first] = data[first:last]


def _binary_number(data: bytearray, random: Random) -> None:
    """Set an aligned field of the file to an extreme number."""
    order = random.choice("<<<>")
    if random.randrange(4):
        width, code = random.choice(((1, "B"), (2, "H"), (4, "I"), (8, "Q")))
        value = struct.pack(order + code, random.choice(INTEGERS) % 256**width)
    else:
        code = random.choice("fd")
        number = random.choice(FLOATS)
        value = struct.pack(order + code, number if code == "d" or abs(number) < 3e38 else float("inf"))
    at = _at(data, random)
    at -= at % random.choice((1, 2, 4))
    if at + len(value) <= len(data):
        data[at : at + len(value)] = value


def _text_number(data: bytearray, random: Random) -> None:
    """Replace a number in digits by an extreme one."""
    number = NUMBER.search(data, _at(data, random))
    if number:
        data[number.start() : number.end()] = random.choice(NUMBER_TEXTS)


def _token(data: bytearray, random: Random) -> None:
    first = _at(data, random)
    data[first : first + random.choice((0, 1))] = random.choice(TOKENS)


def _line(data: bytearray, random: Random) -> None:
    """Drop, double, cut or move a line."""
    start = data.rfind(b"\n", 0, _at(data, random)) + 1
    end = data.find(b"\n", start) + 1 or len(data)
    line = bytes(data[start:end])
    how = random.randrange(4)
    if how == 0:
        del data[start:end]
    elif how == 1:
        data[start:start] = line
    elif how == 2:
        data[start:end] = line[: random.randrange(len(line) + 1)]
    else:
        del data[start:end]
        at = data.rfind(b"\n", 0, _at(data, random)) + 1
        data[at:at] = line


CHANGES: tuple[Change, ...] = (
    _flip_bit,
    _set_byte,
    _truncate,
    _delete,
    _double,
    _copy_elsewhere,
    _binary_number,
    _binary_number,
    _text_number,
    _text_number,
    _token,
    _line,
)
