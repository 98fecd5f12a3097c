"""Elements of a MATLAB 5 file whose counts don't fit are refused, and arrays of kinds that are not read are left out by name."""

import io
import struct
import zlib

import pytest

from spectra_dl.errors import DataError
from spectra_dl.spectra.readers.containers.matlab_structure import (
    CELL,
    CHAR,
    COMPLEX,
    COMPRESSED,
    HEADER_BYTES,
    INT8,
    INT32,
    MATRIX,
    OBJECT,
    STRUCT,
    UINT32,
    checked_content,
)

DOUBLE, FUNCTION, OPAQUE = 6, 16, 17


def element(kind: int, content: bytes) -> bytes:
    return struct.pack("<II", kind, len(content)) + content + bytes(-len(content) % 8)


def packed(content: bytes) -> bytes:
    inner = zlib.compress(content)
    return struct.pack("<II", COMPRESSED, len(inner)) + inner


def array(kind: int, *values: bytes, shape: tuple[int, ...] = (1, 1), name: bytes = b"a") -> bytes:
    flags = element(UINT32, struct.pack("<II", kind, 0))
    return (
        flags
        + element(INT32, struct.pack(f"<{len(shape)}i", *shape))
        + element(INT8, name)
        + b"".join(values)
    )


def nested(depth: int) -> bytes:
    inner = array(DOUBLE, element(9, bytes(8)))
    for _ in range(depth):
        inner = array(CELL, element(MATRIX, inner))
    return inner


def read(*elements: bytes) -> list[str]:
    """Return the names that are left out."""
    header = bytes(HEADER_BYTES - 2) + b"IM"
    return checked_content(io.BytesIO(header + b"".join(elements)), "a.mat").left_out


NUMBER = element(9, bytes(8))
EMPTY_CELLS = element(MATRIX, b"")
DAMAGED = {
    "the last element is not whole": element(MATRIX, array(DOUBLE, NUMBER)) + bytes(4),
    "no array at byte": element(INT8, b"a"),
    "a packed array claims 80 bytes and holds 8": packed(struct.pack("<II", MATRIX, 80) + bytes(8)),
    "an array without flags": element(MATRIX, element(INT8, bytes(8))),
    "an array without dimensions": element(MATRIX, element(UINT32, struct.pack("<II", DOUBLE, 0)) + NUMBER),
    "negative dimensions": element(MATRIX, array(DOUBLE, NUMBER, shape=(-1, 1))),
    "fields don't add up": element(MATRIX, array(STRUCT, element(INT32, bytes(4)), element(INT8, b"ab"))),
    "values of type 99": element(MATRIX, array(DOUBLE, element(99, bytes(8)))),
    "values of type 9": element(MATRIX, array(DOUBLE, element(9, bytes(7)))),
    "2 values claimed where 1 stand": element(MATRIX, array(DOUBLE, NUMBER, shape=(2, 1))),
    "9 arrays claimed in 8 bytes": element(MATRIX, array(CELL, EMPTY_CELLS, shape=(9, 1))),
    "a cell or field that is no array": element(MATRIX, array(CELL, NUMBER)),
    "more than 100,000 elements": element(MATRIX, array(CELL, EMPTY_CELLS * 100_001, shape=(100_001, 1))),
    "an element that is not whole": element(MATRIX, bytes(7)),
    "a small element that is too large": element(MATRIX, struct.pack("<HHI", INT8, 5, 0)),
    "bytes claimed where": element(MATRIX, struct.pack("<II", UINT32, 80)),
}


@pytest.mark.parametrize("words", DAMAGED)
def test_what_does_not_fit_is_refused(words):
    with pytest.raises(DataError, match=f"truncated or damaged MATLAB file .*{words}"):
        read(DAMAGED[words])


LEFT_OUT = {
    "complex": array(DOUBLE | COMPLEX, NUMBER, NUMBER),
    "nine deep": nested(9),
    "a function": array(FUNCTION, NUMBER),
    "opaque": element(UINT32, struct.pack("<II", OPAQUE, 0)) + element(INT8, b"a"),
    "an object of another class": array(OBJECT, element(INT8, b"table")),
}


@pytest.mark.parametrize("kind", LEFT_OUT)
def test_other_kinds_are_left_out(kind):
    assert read(element(MATRIX, LEFT_OUT[kind])) == ([] if kind == "opaque" else ["a"])


FIELDS = (
    element(INT32, struct.pack("<i", 2))
    + element(INT8, b"x\0y\0")
    + element(MATRIX, array(DOUBLE, NUMBER)) * 2
)
READ = {
    "eight deep": nested(8),
    "a text": array(CHAR, element(16, b"cm"), shape=(1, 2)),
    "cells without content": array(CELL, EMPTY_CELLS * 2, shape=(2, 1)),
    "a structure": array(STRUCT, FIELDS),
    "an object of PLS_Toolbox": array(OBJECT, element(INT8, b"dataset"), FIELDS),
    "nothing": array(DOUBLE, shape=(0, 0)),
}


@pytest.mark.parametrize("kind", READ)
def test_plain_arrays_pass_packed_or_not(kind):
    whole = element(MATRIX, READ[kind])
    assert read(whole, packed(whole)) == []
