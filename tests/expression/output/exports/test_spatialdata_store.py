"""Predictions as a SpatialData store that spatialdata reads back."""

import importlib.util
from dataclasses import replace

import numpy as np
import pytest

from spectra_dl.errors import EnvironmentFault, UsageError
from spectra_dl.expression.output.exports.spatialdata_store import write_spatialdata
from spectra_dl.expression.readers import SectionSource, read_section
from tissue.predictions import FULL, GENES, example_prediction, example_section

pytestmark = pytest.mark.filterwarnings("ignore")


def test_without_the_package_the_export_is_refused_with_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(UsageError, match=r"pip install 'spectra-dl\[spatial\]'"):
        write_spatialdata(tmp_path, example_prediction())
    assert list(tmp_path.iterdir()) == []


def finer(section):
    """Return the section with an image of three times as many pixels along a side."""
    pixels = section.image.pixels.repeat(3, axis=0).repeat(3, axis=1)
    return replace(
        section, image=replace(section.image, pixels=pixels), um_per_pixel=section.um_per_pixel / 3
    )


def test_the_small_image_is_left_out_where_it_is_no_smaller_so_that_the_store_is_read_as_a_section(tmp_path):
    spatialdata = pytest.importorskip("spatialdata")
    prediction = example_prediction()
    write_spatialdata(tmp_path, prediction)
    assert set(spatialdata.read_zarr(tmp_path / "predictions.zarr").images) == {"V1_slide_hires_image"}
    source = SectionSource(tmp_path / "predictions.zarr", um_per_pixel=prediction.full_um_per_pixel)
    again, rows = read_section(source), np.isfinite(prediction.section.full_pixel).all(axis=1)
    assert list(again.barcode) == list(prediction.section.barcode[rows])
    np.testing.assert_allclose(again.full_pixel, prediction.section.full_pixel[rows])


def test_the_store_holds_images_circles_and_a_table_that_belongs_to_them(tmp_path):
    spatialdata = pytest.importorskip("spatialdata")
    prediction = example_prediction(finer(example_section()))
    section = prediction.section
    assert write_spatialdata(tmp_path, prediction) == ["predictions.zarr"]
    assert [path.name for path in tmp_path.iterdir()] == ["predictions.zarr"]
    store = spatialdata.read_zarr(tmp_path / "predictions.zarr")
    assert set(store.images) == {"V1_slide_hires_image", "V1_slide_lowres_image"}
    assert set(store.shapes) == {"V1_slide"}
    table, circles = store.tables["table"], store.shapes["V1_slide"]
    rows = [*range(len(section) - 2), len(section) - 1]
    assert list(table.obs_names) == list(section.barcode[rows])
    assert list(table.var_names) == list(GENES)
    np.testing.assert_array_equal(table.obs["spot_id"], circles.index)
    place = np.column_stack([circles.geometry.x, circles.geometry.y])
    np.testing.assert_allclose(place, section.full_pixel[rows])
    np.testing.assert_allclose(circles["radius"], section.spot_diameter_um / section.full_um_per_pixel / 2)
    matched = spatialdata.match_table_to_element(store, "V1_slide")
    assert matched.n_obs == len(rows)
    width = section.image.width * FULL / 3
    for name in store.images:
        box = spatialdata.get_extent(store.images[name])
        assert box["x"] == pytest.approx((0, width), rel=1e-6)


def test_an_earlier_store_is_replaced_and_a_failure_leaves_it_as_it_was(tmp_path, monkeypatch):
    spatialdata = pytest.importorskip("spatialdata")
    write_spatialdata(tmp_path, example_prediction())
    (tmp_path / "predictions.zarr" / "old").write_text("x")
    write_spatialdata(tmp_path, example_prediction(seed=1))
    assert not (tmp_path / "predictions.zarr" / "old").exists()
    before = spatialdata.read_zarr(tmp_path / "predictions.zarr").tables["table"].X

    def full_disk(*args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(spatialdata.SpatialData, "write", full_disk)
    with pytest.raises(EnvironmentFault, match="No space left"):
        write_spatialdata(tmp_path, example_prediction(seed=2))
    assert [path.name for path in tmp_path.iterdir()] == ["predictions.zarr"]
    after = spatialdata.read_zarr(tmp_path / "predictions.zarr").tables["table"].X
    np.testing.assert_array_equal(before, after)
