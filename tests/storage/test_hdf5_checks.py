"""Nothing that lies outside an HDF5 file is opened."""

import h5py
import pytest

from spectra_dl.errors import DataError, UnsafeError
from spectra_dl.storage import hdf5_checks
from spectra_dl.storage.hdf5_checks import (
    check_size,
    is_hdf5,
    refuse_foreign,
    stored_dataset,
    stored_object,
)


def test_a_group_that_holds_itself_is_walked_once(tmp_path):
    with h5py.File(tmp_path / "x.h5", "w") as file:
        group = file.create_group("a")
        group["again"] = group
    with h5py.File(tmp_path / "x.h5") as file:
        refuse_foreign(file, "x.h5")
    with h5py.File(tmp_path / "x.h5", "r+") as file:
        file["a"]["b"] = h5py.SoftLink("/nowhere")
    with (
        h5py.File(tmp_path / "x.h5") as file,
        pytest.raises(UnsafeError, match=r"x\.h5: b is a link"),
    ):
        refuse_foreign(file, "x.h5")


def test_only_a_regular_file_that_begins_as_hdf5_does_is_one(tmp_path):
    with h5py.File(tmp_path / "x.h5", "w"):
        pass
    (tmp_path / "y.h5").write_bytes(b"time,x\n")
    assert is_hdf5(tmp_path / "x.h5")
    assert not any(is_hdf5(path) for path in (tmp_path, tmp_path / "y.h5", tmp_path / "none.h5"))


@pytest.fixture
def file(tmp_path):
    """A file with a group, a dataset in it, and one of large chunks."""
    with h5py.File(tmp_path / "x.h5", "w") as opened:
        opened["a/b"] = [1, 2]
        opened.create_dataset("large", (1 << 28,), chunks=(1 << 27,), dtype="i1")
    with h5py.File(tmp_path / "x.h5") as opened:
        yield opened


@pytest.mark.parametrize("limit", ["_MOST_OBJECTS", "_DEEPEST"])
def test_more_objects_or_levels_than_a_table_needs_are_refused(file, monkeypatch, limit):
    monkeypatch.setattr(hdf5_checks, limit, 0)
    with pytest.raises(DataError, match="write the file again with less in it"):
        refuse_foreign(file, "x.h5")


@pytest.mark.parametrize("name", ["c", "a/c", "a//b", "", "a/b/c"])
def test_what_is_not_there_is_refused(file, name):
    with pytest.raises(DataError, match="no dataset"):
        stored_object(file, name, "x.h5")


def test_a_group_is_no_dataset(file):
    with pytest.raises(DataError, match="a is no dataset"):
        stored_dataset(file, "a", "x.h5")


def test_chunks_too_large_to_hold_are_refused(file):
    with pytest.raises(DataError, match="chunks of 128 MiB"):
        check_size(file["large"], "x.h5")


def test_a_name_that_is_not_utf_8_is_refused(tmp_path):
    path = tmp_path / "y.h5"
    with h5py.File(path, "w") as written:
        written["a_name"] = [1]
    path.write_bytes(path.read_bytes().replace(b"a_name", b"a\xff\xfeame"))
    with h5py.File(path) as opened, pytest.raises(DataError, match="a name in it is not UTF-8"):
        refuse_foreign(opened, "y.h5")
