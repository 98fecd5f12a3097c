"""Spots of a SpatialData folder lie where its transformations put them, and its picture is read region by region."""

import json

import numpy as np
import pytest

from formats.spatialdata_folders import tissue, written_folder
from spectra_dl.errors import DataError, UnsafeError
from spectra_dl.expression.readers.spatialdata_files import image as module
from spectra_dl.expression.readers.spatialdata_files.elements import placed_spots
from spectra_dl.expression.readers.spatialdata_files.image import spatialdata_image
from spectra_dl.imaging.whole_image import cut_tiles

spatialdata = pytest.importorskip("spatialdata")
pytestmark = pytest.mark.filterwarnings("ignore")

TURNED = [[0.0, -2.0, 900.0], [2.0, 0.0, 30.0], [0.0, 0.0, 1.0]]


@pytest.mark.parametrize("to_picture", [None, TURNED])
def test_spots_lie_where_the_transformation_puts_them(tmp_path, to_picture):
    path = tmp_path / "section.zarr"
    pixel = written_folder(path, to_picture=to_picture, systems=("global", "other"))
    placed = placed_spots(spatialdata.read_zarr(path), "spots", path.name)
    np.testing.assert_allclose(placed.pixel, pixel, atol=1e-9)
    assert placed.image == "he"
    assert list(placed.instance[:2]) == ["b0", "b1"]
    assert placed.diameter == pytest.approx(55.0 if to_picture is None else 110.0)


def test_circles_of_several_sizes_have_no_diameter(tmp_path):
    written_folder(tmp_path / "a.zarr", radius=np.linspace(1, 2, 60))
    assert placed_spots(spatialdata.read_zarr(tmp_path / "a.zarr"), "spots", "a.zarr").diameter is None


def test_the_finest_picture_is_taken_and_two_alike_are_refused(tmp_path):
    rng = np.random.default_rng(1)
    fluorescence = rng.integers(0, 9, (5, 900, 1200), dtype=np.uint16)
    pictures = {"small": tissue(rng, 70, 110), "he": tissue(rng), "dapi": fluorescence}
    written_folder(tmp_path / "a.zarr", pictures=pictures)
    assert placed_spots(spatialdata.read_zarr(tmp_path / "a.zarr"), "spots", "a").image == "he"
    written_folder(tmp_path / "b.zarr", pictures={"he": tissue(rng), "ihc": tissue(rng)})
    with pytest.raises(DataError, match="the pictures he, ihc could each lie under spots"):
        placed_spots(spatialdata.read_zarr(tmp_path / "b.zarr"), "spots", "b")
    written_folder(tmp_path / "c.zarr", pictures={"dapi": fluorescence})
    with pytest.raises(
        DataError,
        match=r"no picture of bytes in red, green and blue \(dapi: uint16, channels 0, 1, 2, 3, 4\)",
    ):
        placed_spots(spatialdata.read_zarr(tmp_path / "c.zarr"), "spots", "c")


def test_channels_of_fluorescence_are_no_picture_and_other_orders_are_put_right(tmp_path):
    picture = tissue(np.random.default_rng(3))
    written_folder(tmp_path / "a.zarr", pictures={"he": picture}, channels=("DAPI", "CD3", "CD8"))
    with pytest.raises(DataError, match="he: uint8, channels DAPI, CD3, CD8"):
        placed_spots(spatialdata.read_zarr(tmp_path / "a.zarr"), "spots", "a")
    written_folder(tmp_path / "b.zarr", pictures={"he": picture[::-1]}, channels=("blue", "green", "red"))
    placed = placed_spots(spatialdata.read_zarr(tmp_path / "b.zarr"), "spots", "b")
    image = spatialdata_image(tmp_path / "b.zarr", "he", placed.channels)
    tile = next(image.cutter()(np.array([[200.0, 200.0]]), 40.0, 40))
    np.testing.assert_array_equal(tile, np.moveaxis(picture, 0, 2)[180:220, 180:220])


def test_circles_and_pictures_without_a_coordinate_system_in_common_are_refused(tmp_path):
    from spatialdata.transformations import Identity, set_transformation

    written_folder(tmp_path / "a.zarr")
    data = spatialdata.read_zarr(tmp_path / "a.zarr")
    set_transformation(data.shapes["spots"], {"elsewhere": Identity()}, set_all=True)
    with pytest.raises(DataError, match=r"no coordinate system is shared by spots and a picture \(he\)"):
        placed_spots(data, "spots", "a")


def test_coordinate_systems_that_place_spots_differently_are_refused(tmp_path):
    from spatialdata.transformations import Scale, set_transformation

    written_folder(tmp_path / "a.zarr", systems=("global", "other"))
    data = spatialdata.read_zarr(tmp_path / "a.zarr")
    set_transformation(data.shapes["spots"], Scale([1.5, 1.5], axes=("x", "y")), "other")
    with pytest.raises(
        DataError, match="lies elsewhere on the picture by the coordinate system other than by global"
    ):
        placed_spots(data, "spots", "a.zarr")


def test_a_region_that_is_no_shape_is_refused_by_its_name(tmp_path):
    written_folder(tmp_path / "a.zarr")
    with pytest.raises(DataError, match=r"annotates cells, which is none of its shapes \(spots\)"):
        placed_spots(spatialdata.read_zarr(tmp_path / "a.zarr"), "cells", "a.zarr")


def test_tiles_are_those_of_the_decoded_picture_whether_it_is_read_whole_or_by_region(tmp_path, monkeypatch):
    picture = tissue(np.random.default_rng(2))
    written_folder(tmp_path / "a.zarr", pictures={"he": picture})
    image = spatialdata_image(tmp_path / "a.zarr", "he")
    assert (image.width, image.height) == (1100, 700)
    centre = np.array([[0.0, 0.0], [60.2, 59.7], [550.0, 350.0], [1099.0, 699.0], [1300.0, 800.0]])
    wanted = list(cut_tiles(np.moveaxis(picture, 0, 2), centre, 51.0, 24))
    np.testing.assert_array_equal(list(image.cutter()(centre, 51.0, 24)), wanted)
    monkeypatch.setattr(module, "_READ_WHOLE", 0)
    np.testing.assert_array_equal(list(image.cutter()(centre, 51.0, 24)), wanted)
    small, scale = image.thumbnail(275)
    assert small.shape == (175, 275, 3)
    assert scale == pytest.approx(0.25)
    assert abs(small.mean() - picture.mean()) < 1


def test_a_digest_changes_with_the_pixels(tmp_path):
    written_folder(tmp_path / "a.zarr")
    image = spatialdata_image(tmp_path / "a.zarr", "he")
    before = image.sha256()
    chunk = next(
        each
        for each in (tmp_path / "a.zarr" / "images" / "he").rglob("*")
        if "c" in each.parts and each.is_file()
    )
    chunk.write_bytes(chunk.read_bytes() + b"0")
    assert image.sha256() != before


def test_metadata_that_name_a_place_outside_are_refused(tmp_path):
    written_folder(tmp_path / "a.zarr")
    path = tmp_path / "a.zarr" / "images" / "he" / "zarr.json"
    content = json.loads(path.read_text())
    content["attributes"]["ome"]["multiscales"][0]["datasets"][0]["path"] = "../../shapes"
    path.write_text(json.dumps(content))
    with pytest.raises(UnsafeError, match="name a place outside the image"):
        spatialdata_image(tmp_path / "a.zarr", "he")
    del content["attributes"]["ome"]
    path.write_text(json.dumps(content))
    with pytest.raises(DataError, match="name no pyramid of images"):
        spatialdata_image(tmp_path / "a.zarr", "he")
