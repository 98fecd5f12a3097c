"""Texts of any length in HDF5: what the library would follow without end, or make room for, is refused first."""

import struct
from collections.abc import Callable
from pathlib import Path

import h5py
import pytest

from spectra_dl.errors import DataError
from spectra_dl.storage.hdf5_checks import check_size as checked
from spectra_dl.storage.hdf5_checks import opened_hdf5, stored_dataset

TEXTS = ["one", "two", "a longer one"]
HEAD, COLLECTION = 16, b"GCOL"


def read(path: Path) -> list[bytes]:
    with opened_hdf5(path, path.name) as file:
        dataset = stored_dataset(file, "texts", path.name)
        checked(dataset, path.name)
        return list(dataset[()])


@pytest.fixture
def damaged(tmp_path: Path) -> Callable[..., Path]:
    """Write texts and change bytes of the file at a place found in it."""

    def write(change: Callable[[bytearray], None] | None = None, **stored: object) -> Path:
        path = tmp_path / "t.h5"
        with h5py.File(path, "w") as file:
            file.create_dataset("texts", data=TEXTS, dtype=h5py.string_dtype(), **stored)
        if change:
            data = bytearray(path.read_bytes())
            change(data)
            path.write_bytes(data)
        return path

    return write


@pytest.mark.parametrize(
    "stored",
    [
        {},
        {"chunks": (2,)},
        {"chunks": (2,), "compression": "gzip"},
        {"chunks": (2,), "compression": "lzf"},
    ],
)
def test_whole_texts_are_read_however_they_are_stored(damaged, stored):
    assert read(damaged(**stored)) == [text.encode() for text in TEXTS]


@pytest.mark.parametrize("length", [0, 8, 2**40, 2**64 - 16])
def test_a_free_stretch_that_leads_nowhere_is_refused(damaged, length):
    def change(data: bytearray) -> None:
        at = data.index(COLLECTION) + HEAD
        while struct.unpack_from("<H", data, at)[0]:
            at += HEAD + (struct.unpack_from("<Q", data, at + 8)[0] + 7) // 8 * 8
        struct.pack_into("<Q", data, at + 8, length)

    with pytest.raises(DataError, match="don't add up"):
        read(damaged(change))


@pytest.mark.parametrize("size", [0, 15, 2**32, 2**63])
def test_a_collection_longer_or_shorter_than_it_can_be_is_refused(damaged, size):
    def change(data: bytearray) -> None:
        struct.pack_into("<Q", data, data.index(COLLECTION) + 8, size)

    with pytest.raises(DataError, match="don't add up"):
        read(damaged(change))


@pytest.mark.parametrize("stored", [{}, {"chunks": (2,)}, {"chunks": (3,)}])
def test_a_reference_that_claims_more_than_the_file_is_refused_before_room_is_made(damaged, stored):
    def change(data: bytearray) -> None:
        collection = data.index(COLLECTION)
        address = struct.pack("<QI", collection, 2)
        struct.pack_into("<I", data, data.index(address) - 4, 1_600_000_000)

    with pytest.raises(DataError, match=r"claims texts of 1,600,\d{3},\d{3} bytes"):
        read(damaged(change, **stored))


@pytest.mark.parametrize(
    "content", [b"", b"\x89HDF\r\n\x1a\n", b"\x89HDF\r\n\x1a\n" + bytes(40), b"text " * 20]
)
def test_a_beginning_that_is_none_of_hdf5_is_refused(tmp_path, content):
    (tmp_path / "t.h5").write_bytes(content)
    with pytest.raises(DataError, match="truncated or damaged HDF5"):
        read(tmp_path / "t.h5")


@pytest.mark.parametrize(("offset", "length"), [(0, 2**63), (0, 2**40), (2**40, 48)])
def test_references_that_leave_the_file_are_refused(damaged, offset, length):
    path = damaged()
    with h5py.File(path) as file:
        place = file["texts"].id.get_offset()
    data = bytearray(path.read_bytes())
    at = data.index(struct.pack("<Q", place) + struct.pack("<Q", 48)[:6])
    struct.pack_into("<QQ", data, at, place + offset, length)
    path.write_bytes(data)
    with pytest.raises(DataError, match=r"leaves the file|truncated or damaged"):
        read(path)


def test_no_texts_claim_nothing(tmp_path):
    with h5py.File(tmp_path / "t.h5", "w") as file:
        file.create_dataset("texts", (0,), dtype=h5py.string_dtype())
    assert read(tmp_path / "t.h5") == []


def test_texts_in_the_header_of_a_dataset_are_refused(tmp_path):
    with h5py.File(tmp_path / "t.h5", "w") as file:
        plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        plist.set_layout(h5py.h5d.COMPACT)
        kind = h5py.h5t.py_create(h5py.string_dtype(), logical=True)
        stored = h5py.h5d.create(file.id, b"texts", kind, h5py.h5s.create_simple((3,)), plist)
        h5py.Dataset(stored)[...] = TEXTS
    with pytest.raises(DataError, match="holds texts in its header"):
        read(tmp_path / "t.h5")


def test_a_collection_is_found_where_two_stretches_read_meet(tmp_path):
    path = tmp_path / "t.h5"
    # The collection stands behind 4 MiB of numbers, so its name is cut by the end of a stretch for one of the fillings.
    for filling in range(5):
        with h5py.File(path, "w") as file:
            file.create_dataset("numbers", data=bytearray((4 << 20) - 2048 + 512 * filling))
            file.create_dataset("texts", data=TEXTS, dtype=h5py.string_dtype())
        data = bytearray(path.read_bytes())
        struct.pack_into("<Q", data, data.index(COLLECTION) + 8, 0)
        path.write_bytes(data)
        with pytest.raises(DataError, match="don't add up"):
            read(path)
