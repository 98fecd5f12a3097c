"""AnnData kept by zarr: what anndata writes is read as the .h5ad is, and a hostile folder is refused."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import anndata
import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_matrix

from example_h5ad import made_counts, made_places, write_image
from spectra_dl.errors import DataError, UnsafeError
from spectra_dl.expression.readers import read_section
from spectra_dl.expression.readers.anndata_files.content import read_h5ad_counts
from spectra_dl.expression.section import OFF_TISSUE
from spectra_dl.storage.zarr_files.chunks import check_chunk, shard_parts

zarr = pytest.importorskip("zarr", minversion="3")
pytestmark = pytest.mark.filterwarnings("ignore")
Write = Callable[..., Path]


@pytest.fixture
def written(tmp_path: Path) -> Write:
    """Write one section as zarr and as .h5ad, with its image beside."""

    def write(version: int = 2) -> Path:
        write_image(tmp_path / "one.png")
        obs = pd.DataFrame(
            {
                "in_tissue": [1] * 10 + [0] * 2,
                "array_row": pd.array(range(12), dtype="Int64"),
                "array_col": range(12),
                "patient": pd.Categorical(["P7"] * 12),
            },
            index=[f"spot{k}" for k in range(12)],
        )
        table = anndata.AnnData(csr_matrix(made_counts()), obs=obs)
        table.var_names = [f"GENE{k}" for k in range(6)]
        table.obsm["spatial"] = made_places()
        table.uns["spatial"] = {"L1": {"images": {}, "scalefactors": {"microns_per_pixel": 0.5}}}
        table.write_h5ad(tmp_path / "one.h5ad")
        with anndata.settings.override(zarr_write_format=version):
            table.write_zarr(tmp_path / "one.zarr")
        return tmp_path / "one.zarr"

    return write


@pytest.mark.parametrize("version", [2, 3])
def test_a_zarr_folder_is_read_as_the_h5ad_of_the_same_table(written: Write, version: int) -> None:
    path = written(version)
    section, known = read_section(path), read_section(path.with_suffix(".h5ad"))
    assert (section.counts != known.counts).nnz == 0
    for name in ("barcode", "gene", "reason", "position_um"):
        assert np.array_equal(getattr(section, name), getattr(known, name))
    assert (section.patient, section.library_id, section.um_per_pixel) == ("P7", "L1", 0.5)
    assert list(section.array.row) == list(range(12))
    assert list(section.reason[-2:]) == [OFF_TISSUE] * 2
    assert section.notes == known.notes
    assert read_h5ad_counts(path)[0].shape == (10, 6)


def test_a_sharded_array_is_read(written: Write) -> None:
    path = written(3)
    shutil.rmtree(path / "obsm" / "spatial")
    group = zarr.open_group(str(path / "obsm"), mode="a")
    group.create_array("spatial", data=made_places(), chunks=(4, 2), shards=(12, 2))
    assert np.allclose(read_section(path).position_um, made_places() * 0.5)


def test_a_link_out_of_the_folder_is_not_followed(written: Write, tmp_path: Path) -> None:
    path = written()
    (tmp_path / "secret").write_text("secret")
    os.symlink(tmp_path / "secret", path / "obs" / "secret")
    with pytest.raises(UnsafeError, match="is a link"):
        read_section(path)


@pytest.mark.parametrize("codec", ["pickle", "msgpack2"])
def test_a_codec_that_zarr_does_not_ship_is_refused(written: Write, codec: str) -> None:
    path = written()
    # With pandas 3 an index is a group of values and a mask.
    index = path / "obs" / "_index"
    place = next(each for each in (index / ".zarray", index / "values" / ".zarray") if each.exists())
    metadata = json.loads(place.read_text())
    metadata["filters"] = [{"id": codec}]
    place.write_text(json.dumps(metadata))
    with pytest.raises(UnsafeError, match=f"stored by the codec {codec}"):
        read_section(path)


def test_more_than_the_folder_holds_is_refused_before_it_is_read(written: Write) -> None:
    path = written()
    place = path / "obsm" / "spatial" / ".zarray"
    metadata = json.loads(place.read_text())
    place.write_text(json.dumps({**metadata, "shape": [10**10, 2]}))
    with pytest.raises(DataError, match="claims 152,587 MiB"):
        read_section(path)


@pytest.mark.parametrize("version", [2, 3])
@pytest.mark.parametrize("name", ["obsm/spatial", "X/indices", "obs/_index", "obs/in_tissue"])
def test_a_damaged_chunk_is_refused_in_a_sentence(written: Write, version: int, name: str) -> None:
    path = written(version)
    chunk = next(
        file
        for file in (path / name).rglob("*")
        if file.is_file() and not file.name.startswith((".", "zarr"))
    )
    whole = chunk.read_bytes()
    for damaged in (b"", whole[:7], whole[:-3], b"\xff" * len(whole)):
        chunk.write_bytes(damaged)
        with pytest.raises(DataError):
            read_section(path)


def test_a_folder_cut_off_is_refused(written: Write) -> None:
    path = written()
    shutil.rmtree(path / "X" / "indptr")
    with pytest.raises(DataError, match="no dataset"):
        read_section(path)


def test_spatialdata_without_its_parts_is_named_as_such(written: Write) -> None:
    path = written()
    attributes = json.loads((path / ".zattrs").read_text())
    (path / ".zattrs").write_text(json.dumps({**attributes, "spatialdata_attrs": {"version": "0.2"}}))
    with pytest.raises(DataError, match=r"no table that annotates shapes"):
        read_section(path)


@pytest.mark.parametrize("name", ["zstd", "blosc", "lz4", "gzip", "zlib"])
def test_a_chunk_that_swells_is_refused_by_what_its_compressor_says(name: str) -> None:
    import numcodecs

    kinds = {
        "zstd": numcodecs.Zstd,
        "blosc": numcodecs.Blosc,
        "lz4": numcodecs.LZ4,
        "gzip": numcodecs.GZip,
        "zlib": numcodecs.Zlib,
    }
    data = bytes(kinds[name]().encode(np.zeros(3_000_000, dtype=np.uint8)))
    check_chunk(data, name, 3_000_000, "one.zarr X")
    with pytest.raises(DataError, match="a chunk claims"):
        check_chunk(data, name, 2_999_999, "one.zarr X")


def test_the_index_of_a_shard_stays_inside_it() -> None:
    index = b"".join(number.to_bytes(8, "little") for number in (0, 3, 2**64 - 1, 2**64 - 1))
    assert shard_parts(b"abc" + index + b"\0" * 4, 2, "X") == [b"abc"]
    outside = b"".join(number.to_bytes(8, "little") for number in (0, 300, 2**64 - 1, 2**64 - 1))
    with pytest.raises(DataError, match="points outside it"):
        shard_parts(b"abc" + outside + b"\0" * 4, 2, "X")
