"""What two files of a run state of one quantity is compared: scales of images, sides of bins, places and pixels of spots."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from formats.tenx import Array, Layout, hd_bins, visium, write_run
from spectra_dl.errors import DataError
from spectra_dl.expression.readers import SectionSource, read_section

FACTORS = "spatial/scalefactors_json.json"


def two_images(folder: Path, **factors: float | None) -> Path:
    """Write a run with both small images, the lowres one a third of the other, and change its scale factors."""
    outs = write_run(folder, visium())
    with Image.open(outs / "spatial/tissue_hires_image.png") as image:
        image.resize((image.width // 3, image.height // 3)).save(outs / "spatial/tissue_lowres_image.png")
    stated = json.loads((outs / FACTORS).read_text()) | {"tissue_lowres_scalef": 0.1 / 3} | factors
    (outs / FACTORS).write_text(json.dumps(stated))
    return outs


def test_small_images_by_which_the_whole_one_has_two_sizes_are_refused(tmp_path):
    assert read_section(two_images(tmp_path)).um_per_pixel == pytest.approx(5.0)
    folder = two_images(tmp_path, tissue_hires_scalef=0.05)
    with pytest.raises(
        DataError, match=r"tissue_hires_scalef the full-resolution image has 4800 x 3800 .* 2400 x 1890"
    ):
        read_section(folder)
    assert read_section(SectionSource(folder, image_scale=0.1)).um_per_pixel == pytest.approx(5.0)


def test_the_lowres_image_is_read_where_it_alone_has_a_factor(tmp_path):
    section = read_section(two_images(tmp_path, tissue_hires_scalef=None))
    assert section.image.path.name == "tissue_lowres_image.png"
    assert section.um_per_pixel == pytest.approx(15.0)


def bins_of(folder: Path, **factors: float | None) -> Path:
    """Write bins of 8 µm into a folder, and change what the scale factors say."""
    array = hd_bins()
    return write_run(folder, replace(array, factors=array.factors | {"microns_per_pixel": None} | factors))


def test_a_side_of_bins_that_two_sources_state_otherwise_is_refused(tmp_path):
    bins_of(tmp_path / "a/square_008um", bin_size_um=16.0)
    with pytest.raises(
        DataError, match="bins of 16 µm by the scale factors, but of 8 µm by the folder's name"
    ):
        read_section(tmp_path / "a")
    bins_of(tmp_path / "b", bin_size_um=16.0)
    with pytest.raises(DataError, match="but of 8 µm by the barcodes"):
        read_section(tmp_path / "b")


def test_barcodes_state_the_side_of_bins_where_nothing_else_does(tmp_path):
    section = read_section(bins_of(tmp_path / "renamed", bin_size_um=None))
    assert (section.spot_pitch_um, section.full_um_per_pixel) == (8.0, pytest.approx(0.5))


def moved(rows: np.ndarray, pixel: np.ndarray) -> Array:
    array = visium()
    places = array.pixel.copy()
    places[rows] = pixel
    return replace(array, pixel=places)


@pytest.mark.parametrize("pixel", [(-4.0, 700.0), (900.0, 900.0), (5e7, 3.0)])
def test_a_spot_elsewhere_than_its_place_on_the_array_is_noted_and_measures_nothing(tmp_path, pixel):
    section = read_section(write_run(tmp_path, moved(np.array([3]), np.array(pixel))))
    assert section.full_um_per_pixel == pytest.approx(0.5)
    noted = [
        note for note in section.notes if "further than the pitch from where their row and column" in note
    ]
    assert len(noted) == 1
    assert "1 of 56 spots" in noted[0]
    assert "'ACGT0003-1'" in noted[0]
    usual = read_section(write_run(tmp_path / "usual", visium()))
    assert not any("further than the pitch" in note for note in usual.notes)


@pytest.mark.parametrize("seed", range(8))
def test_pixels_that_do_not_follow_the_array_do_not_measure_it(tmp_path, seed):
    order = np.random.default_rng(seed).permutation(64)
    array = visium()
    folder = write_run(tmp_path, replace(array, place=array.place[order], in_tissue=np.ones(64, dtype=bool)))
    with pytest.raises(DataError, match="correct the positions, or say --mpp"):
        read_section(folder)


@pytest.mark.parametrize("share", [0.1, 0.3])
def test_a_share_of_spots_in_each_others_places_leaves_the_scale_as_it_is(tmp_path, share):
    rng, array = np.random.default_rng(1), visium()
    chosen = rng.choice(56, round(56 * share), replace=False)
    section = read_section(write_run(tmp_path, moved(chosen, array.pixel[np.roll(chosen, 1)])))
    assert section.full_um_per_pixel == pytest.approx(0.5)
    assert any("further than the pitch" in note for note in section.notes)


def test_rows_and_columns_that_were_exchanged_are_named(tmp_path):
    array = visium()
    with pytest.raises(DataError, match="as where row and column are exchanged"):
        read_section(write_run(tmp_path, replace(array, place=array.place[:, ::-1])))


def test_a_parquet_file_without_a_column_is_not_called_damaged(tmp_path):
    import pandas as pd

    outs = write_run(tmp_path, visium(), Layout(positions="tissue_positions.parquet"))
    path = outs / "spatial/tissue_positions.parquet"
    pd.read_parquet(path).drop(columns="pxl_row_in_fullres").to_parquet(path)
    with pytest.raises(
        DataError, match=r"parquet: no column pxl_row_in_fullres in it, but barcode, in_tissue"
    ):
        read_section(tmp_path)


def diameter_of(folder: Path, pixels: float) -> Path:
    """Write a run whose scale factors state spots of so many pixels."""
    array = visium()
    return write_run(folder, replace(array, factors=array.factors | {"spot_diameter_fullres": pixels}))


def test_a_diameter_of_spots_that_goes_with_another_size_of_pixels_is_noted(tmp_path):
    notes = read_section(diameter_of(tmp_path / "other", 26.0)).notes
    assert any("are 0.2 times the about 2.5 by spot_diameter_fullres" in note for note in notes)
    notes = read_section(diameter_of(tmp_path / "own", 130.0)).notes
    assert not any("spot_diameter_fullres" in note for note in notes)
