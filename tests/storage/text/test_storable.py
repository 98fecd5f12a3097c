"""Text of foreign files that is fit for HDF5, zarr and their keys."""

import h5py
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spectra_dl.storage.text.storable import distinct, element_name, storable, storable_key

ANY = st.text(st.characters(), max_size=12) | st.sampled_from(["", ".", "..", "/", "a/b", "\0", "\ud800x"])


@pytest.fixture(scope="module")
def file():
    with h5py.File("memory", "w", driver="core", backing_store=False) as opened:
        yield opened


@given(ANY)
def test_hdf5_takes_every_text_and_every_key(file, text):
    group = file.require_group("spatial")
    group.attrs["text"] = storable(text)
    assert group.attrs["text"] == storable(text)
    key = storable_key(text)
    group.require_group(key)
    assert key in group


@given(ANY)
def test_the_name_of_an_element_is_one_that_spatialdata_accepts(text):
    name = element_name(text)
    assert name.isascii()
    assert all(c.isalnum() or c in "_.-" for c in name)
    assert not name.startswith(("_", "."))


@given(st.lists(st.sampled_from(["A", "B", "A_2", "A_3", "B_2"]), max_size=12))
def test_names_are_made_distinct_and_those_that_were_stay(names):
    unique = distinct(names)
    assert len(set(unique)) == len(names)
    for name in set(names):
        assert unique[names.index(name)] == name
