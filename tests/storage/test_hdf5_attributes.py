"""Attributes of texts are measured before they are read, in both forms of an object's header."""

import struct
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest

from spectra_dl.errors import DataError
from spectra_dl.storage.hdf5_attributes import check_attributes, header_address, readable_attribute
from spectra_dl.storage.hdf5_checks import opened_hdf5, stored_object

COLLECTION = b"GCOL"


def write(path: Path, *, form: str = "earliest", others: int = 0, **more: object) -> Path:
    with h5py.File(path, "w", libver=form, **more) as file:
        group = file.create_group("group", track_order=bool(more.get("track_order")))
        group.attrs["number"] = 3
        for number in range(others):
            group.attrs[f"other{number}"] = f"text {number} " * 20
        group.attrs["text"] = "some text"
        group.attrs["texts"] = np.array(["a", "b"], dtype=h5py.string_dtype())
    return path


def read(path: Path) -> str:
    with opened_hdf5(path, path.name) as file:
        return str(stored_object(file, "group", path.name).attrs["text"])


FORMS = [
    {},
    {"others": 7},
    {"form": "v108"},
    {"form": "v108", "others": 4},
    {"form": "v108", "track_order": True},
]


@pytest.mark.parametrize("form", FORMS)
def test_whole_attributes_are_read(tmp_path, form):
    assert read(write(tmp_path / "a.h5", **form)) == "some text"


def claim(path: Path, text: bytes, length: int) -> None:
    """Let the reference to a text claim another length; the checksum of a header in the later form is not looked at here."""
    data = bytearray(path.read_bytes())
    collection = data.index(COLLECTION)
    at, number = collection + 16, 0
    while data[at + 16 : at + 16 + len(text)] != text:
        at += 16 + (struct.unpack_from("<Q", data, at + 8)[0] + 7) // 8 * 8
    number = struct.unpack_from("<H", data, at)[0]
    reference = data.index(struct.pack("<QI", collection, number))
    struct.pack_into("<I", data, reference - 4, length)
    path.write_bytes(data)


@pytest.mark.parametrize("form", [FORMS[0], FORMS[1]])
@pytest.mark.parametrize("text", [b"some text", b"b"])
def test_an_attribute_that_claims_more_than_the_file_is_refused_before_room_is_made(tmp_path, form, text):
    path = write(tmp_path / "a.h5", **form)
    claim(path, text, 2_000_000_000)
    with pytest.raises(DataError, match=r"an attribute of /group claims texts of 2,000,000,\d{3} bytes"):
        read(path)


def check_after(path: Path, change: Callable[[bytearray, int], None]) -> None:
    """Check a group whose header was changed after the library read it, as the library would refuse it otherwise."""
    with h5py.File(path) as file:
        group = file["group"]
        data = bytearray(path.read_bytes())
        change(data, int(h5py.h5o.get_info(group.id).addr))
        path.write_bytes(data)
        check_attributes(group, path.name)


def test_a_continuation_that_leads_back_to_itself_is_refused(tmp_path):
    def change(data: bytearray, at: int) -> None:
        message = at + 16
        while struct.unpack_from("<H", data, message)[0] != 0x10:
            message += 8 + struct.unpack_from("<H", data, message + 2)[0]
        struct.pack_into("<QQ", data, message + 8, at + 16, struct.unpack_from("<I", data, at + 8)[0])

    with pytest.raises(DataError, match="can't be followed"):
        check_after(write(tmp_path / "a.h5", others=7), change)


@pytest.mark.parametrize("length", [2**31, 2**32 - 1])
def test_a_header_that_leaves_the_file_is_refused(tmp_path, length):
    def change(data: bytearray, at: int) -> None:
        struct.pack_into("<I", data, at + 8, length)

    with pytest.raises(DataError, match="can't be followed"):
        check_after(write(tmp_path / "a.h5"), change)


def test_an_attribute_whose_name_leaves_its_message_is_refused(tmp_path):
    def change(data: bytearray, _: int) -> None:
        struct.pack_into("<H", data, data.index(b"number\0") - 6, 60_000)

    with pytest.raises(DataError, match="can't be followed"):
        check_after(write(tmp_path / "a.h5"), change)


def as_list(path: Path) -> None:
    """Let every text of any length be a list of numbers, which one damaged bit makes of it."""
    data = bytearray(path.read_bytes())
    at = data.find(b"\x19\x01")
    while at >= 0:
        data[at + 1] = 0
        at = data.find(b"\x19\x01", at + 1)
    path.write_bytes(data)


@pytest.mark.parametrize("form", [FORMS[0], FORMS[1]])
def test_a_text_whose_type_was_damaged_into_a_list_is_refused_before_the_library_crashes_on_it(
    tmp_path, form
):
    as_list(path := write(tmp_path / "a.h5", **form))
    with pytest.raises(DataError, match="can't be followed"):
        read(path)


def test_lists_of_places_in_the_file_as_netcdf_has_them_are_let_through(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        group = file.create_group("group")
        places = np.empty(1, dtype=h5py.vlen_dtype(h5py.ref_dtype))
        places[0] = np.array([group.ref], dtype=h5py.ref_dtype)
        group.attrs.create("DIMENSION_LIST", places, dtype=h5py.vlen_dtype(h5py.ref_dtype))
        group.attrs["text"] = "some text"
    assert read(tmp_path / "a.h5") == "some text"


def test_an_attribute_kept_outside_the_header_is_read_where_it_is_text_or_number(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w", libver="latest") as file:
        for number in range(40):  # too many for the header
            file.attrs[f"other{number}"] = "text"
        file.attrs["text"], file.attrs["number"] = "some text", 3
        numbers = np.empty(1, dtype=h5py.vlen_dtype(np.int32))
        numbers[0] = np.arange(2, dtype=np.int32)
        file.attrs.create("list", numbers, dtype=h5py.vlen_dtype(np.int32))
        assert readable_attribute(file, "text", "a.h5") == "some text"
        assert readable_attribute(file, "number", "a.h5") == 3
        with pytest.raises(DataError, match="the attribute list of / is neither text nor number"):
            readable_attribute(file, "list", "a.h5")


def test_a_tree_of_names_that_leads_in_a_circle_is_not_followed(tmp_path):
    """The library walks along the neighbours of a node without end when it is asked how large the tree is."""
    path = tmp_path / "a.h5"
    with h5py.File(path, "w") as file:
        for number in range(300):
            file.create_group(f"group{number}")
    data = bytearray(path.read_bytes())
    at = data.index(b"TREE")
    while at >= 0:
        struct.pack_into("<Q", data, at + 16, at)  # its right neighbour is itself
        at = data.find(b"TREE", at + 1)
    path.write_bytes(data)
    with opened_hdf5(path, "a.h5") as file:
        assert header_address(file) == 96
