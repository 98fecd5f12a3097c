"""Tiles written as JPEG in HDF5: whole, in order, reused, and refused when broken."""

import h5py
import numpy as np
import pytest

from example_sections import write_section
from spectra_dl.errors import DataError, UnsafeError, UsageError
from spectra_dl.expression.readers import SectionSource, read_section
from spectra_dl.imaging.tile_files import TileCut, read_tiles, write_tiles
from spectra_dl.imaging.whole_image import cut_tiles

CUT = TileCut(side_um=30.0, pixels=30, per_file=50)


@pytest.fixture
def section(tmp_path):
    """A section of 81 spots at 1 um per pixel."""
    write_section(tmp_path, "S0", 0)
    return read_section(SectionSource(tmp_path / "S0.tsv", um_per_pixel=1.0))


def test_every_spot_has_its_tile_in_order(section, tmp_path):
    paths, existing = write_tiles(tmp_path, section, CUT)
    assert len(paths) == 2
    assert existing == 0
    written = [pair for path in paths for pair in read_tiles(path)]
    assert [name for name, _ in written] == list(section.barcode)
    expected = cut_tiles(section.image.decoded(), section.position_um, 30.0, 30)
    for (_, tile), original in zip(written, expected, strict=True):
        # JPEG loses a little of the image's noise and none of its colour.
        assert abs(tile.astype(float) - original).mean() < 3
        assert np.abs(tile.mean(axis=(0, 1)) - original.mean(axis=(0, 1))).max() < 1


def test_what_is_there_is_not_cut_again_and_what_is_missing_is(section, tmp_path):
    paths, _ = write_tiles(tmp_path, section, CUT)
    before = [path.read_bytes() for path in paths]
    paths[1].unlink()
    again, existing = write_tiles(tmp_path, section, CUT)
    assert existing == 1
    assert [path.read_bytes() for path in again] == before


def test_another_image_or_size_gives_other_files(section, tmp_path):
    first, _ = write_tiles(tmp_path, section, CUT)
    resized, existing = write_tiles(tmp_path, section, TileCut(60.0, 30, 50))
    assert existing == 0
    assert not set(first) & set(resized)
    write_section(tmp_path, "S0", 1)
    third, existing = write_tiles(tmp_path, section, CUT)
    assert existing == 0
    assert not set(first) & set(third)


def test_a_name_that_looks_like_a_path_stays_in_the_folder(tmp_path):
    write_section(tmp_path, "S0", 0)
    section = read_section(
        SectionSource(
            tmp_path / "S0.tsv",
            "../../up",
            um_per_pixel=1.0,
            image=tmp_path / "S0.png",
            spots=tmp_path / "S0_selection.tsv",
        )
    )
    (tmp_path / "store").mkdir()
    paths, _ = write_tiles(tmp_path / "store", section, CUT)
    assert {path.resolve().parent for path in paths} == {(tmp_path / "store").resolve()}


def broken(path, fault):
    """Damage a file of tiles."""
    with h5py.File(path, "r+") as file:
        if fault == "ends beyond the bytes":
            file["end"][-1] = 10**9
        elif fault == "ends that fall":
            file["end"][5] = 0
        elif fault == "an image that is none":
            start, last = int(file["end"][4]), int(file["end"][5])
            file["jpeg"][start:last] = 0
        elif fault == "a barcode less":
            names = file["barcode"][:-1]
            del file["barcode"]
            file["barcode"] = names
        elif fault == "a link":
            del file["end"]
            file["end"] = h5py.SoftLink("/jpeg")


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("ends beyond the bytes", DataError),
        ("ends that fall", DataError),
        ("an image that is none", DataError),
        ("a barcode less", DataError),
        ("a link", UnsafeError),
    ],
)
def test_a_broken_file_is_refused_by_name(section, tmp_path, fault, error):
    path = write_tiles(tmp_path, section, CUT)[0][0]
    broken(path, fault)
    with pytest.raises(error, match="S0-30um"):
        list(read_tiles(path))


def test_a_file_cut_short_is_refused(section, tmp_path):
    path = write_tiles(tmp_path, section, CUT)[0][0]
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(DataError, match="truncated or damaged HDF5"):
        list(read_tiles(path))


@pytest.mark.parametrize("side", [0.0, float("nan"), 1e9])
def test_an_impossible_side_is_refused(side):
    with pytest.raises(UsageError):
        TileCut(side_um=side)
