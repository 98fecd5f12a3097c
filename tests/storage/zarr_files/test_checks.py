"""Zarr folders from elsewhere are checked before a library reads them."""

import json
import warnings

import numpy as np
import pytest
import zarr

from spectra_dl.errors import DataError, UnsafeError
from spectra_dl.storage.zarr_files.checks import check_expansion, check_zarr, is_zarr, root_attributes


@pytest.fixture(params=[2, 3])
def store(request, tmp_path):
    """Return a store of one group with an array of numbers and attributes, in both formats."""
    path = tmp_path / "store.zarr"
    root = zarr.open_group(path, mode="w", zarr_format=request.param, attributes={"kind": "test"})
    values = root.create_array("table/values", shape=(8, 4), chunks=(4, 4), dtype="float32")
    values[:] = np.arange(32, dtype=np.float32).reshape(8, 4)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # consolidated metadata are no part of format 3 yet
        zarr.consolidate_metadata(path, zarr_format=request.param)
    return path


def metadata_of(store):
    """Return the file that describes the array."""
    array = store / "table" / "values"
    return array / ("zarr.json" if (array / "zarr.json").is_file() else ".zarray")


def changed(path, **parts):
    """Write parts into a file of JSON."""
    path.write_text(json.dumps(json.loads(path.read_text()) | parts))


def test_a_usual_store_passes_and_states_its_attributes(store):
    check_zarr(store, "store.zarr")
    check_expansion(store / "table", "store.zarr")
    assert is_zarr(store)
    assert not is_zarr(store.parent)
    assert root_attributes(store, "store.zarr") == {"kind": "test"}


@pytest.mark.parametrize("kept_together", [False, True])
def test_a_codec_that_unpickles_is_refused_wherever_it_is_named(store, kept_together):
    format_2 = metadata_of(store).name == ".zarray"
    codec = {"filters": [{"id": "pickle"}]} if format_2 else {"codecs": [{"name": "numcodecs.pickle"}]}
    if not kept_together:
        changed(metadata_of(store), **codec)
    elif format_2:
        kept = json.loads((store / ".zmetadata").read_text())
        kept["metadata"]["table/values/.zarray"] |= codec
        (store / ".zmetadata").write_text(json.dumps(kept))
    else:
        kept = json.loads((store / "zarr.json").read_text())
        kept["consolidated_metadata"]["metadata"]["table/values"] |= codec
        (store / "zarr.json").write_text(json.dumps(kept))
    with pytest.raises(UnsafeError, match=r"values(/.zarray)? is stored by the codec pickle"):
        check_zarr(store, "store.zarr")


def test_a_codec_inside_shards_is_looked_at_too(tmp_path):
    root = zarr.open_group(tmp_path, mode="w")
    root.create_array("values", shape=(8,), chunks=(2,), shards=(4,), dtype="float32")
    check_zarr(tmp_path, "store.zarr")
    path = tmp_path / "values" / "zarr.json"
    content = json.loads(path.read_text())
    content["codecs"][0]["configuration"]["codecs"].append({"name": "strange"})
    path.write_text(json.dumps(content))
    with pytest.raises(UnsafeError, match="codec strange"):
        check_zarr(tmp_path, "store.zarr")


def test_links_are_refused(store):
    (store / "elsewhere").symlink_to(store.parent)
    with pytest.raises(UnsafeError, match="elsewhere is a link"):
        check_zarr(store, "store.zarr")


def test_chunks_and_arrays_that_cant_be_held_are_refused(store):
    name = "chunks" if metadata_of(store).name == ".zarray" else None
    shape = [1 << 20, 1 << 10]
    if name:
        changed(metadata_of(store), chunks=shape, shape=shape)
    else:
        grid = {"name": "regular", "configuration": {"chunk_shape": shape}}
        changed(metadata_of(store), chunk_grid=grid, shape=shape)
    with pytest.raises(DataError, match="chunks of 4,096 MiB"):
        check_zarr(store, "store.zarr")
    with pytest.raises(DataError, match=r"claims 4,096 MiB where \d KiB are stored"):
        check_expansion(store / "table", "store.zarr")


@pytest.mark.parametrize(
    "text", ["", "[]", "{", pytest.param("[" * 100_000, id="nested"), '{"shape": [-1]}', '{"shape": "x"}']
)
def test_damaged_metadata_are_refused_in_a_sentence(store, text):
    metadata_of(store).write_text(text)
    with pytest.raises(DataError):
        check_zarr(store, "store.zarr")
