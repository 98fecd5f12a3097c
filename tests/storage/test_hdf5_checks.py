"""Nothing that lies outside an HDF5 file is opened."""

import h5py
import pytest

from spectra_dl.errors import UnsafeError
from spectra_dl.storage.hdf5_checks import is_hdf5, refuse_foreign


def test_a_group_that_holds_itself_is_walked_once(tmp_path):
    with h5py.File(tmp_path / "x.h5", "w") as file:
        group = file.create_group("a")
        group["again"] = group
        refuse_foreign(file, "x.h5")
        group["b"] = h5py.SoftLink("/nowhere")
        with pytest.raises(UnsafeError, match=r"x\.h5: b is a link"):
            refuse_foreign(file, "x.h5")


def test_only_a_regular_file_that_begins_as_hdf5_does_is_one(tmp_path):
    with h5py.File(tmp_path / "x.h5", "w"):
        pass
    (tmp_path / "y.h5").write_bytes(b"time,x\n")
    assert is_hdf5(tmp_path / "x.h5")
    assert not any(is_hdf5(path) for path in (tmp_path, tmp_path / "y.h5", tmp_path / "none.h5"))
