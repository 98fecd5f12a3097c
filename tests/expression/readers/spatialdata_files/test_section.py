"""A section in a SpatialData folder: its spots, counts, picture and pixel size."""

import subprocess
import sys

import numpy as np
import pytest

from formats.spatialdata_folders import tissue, written_folder
from spectra_dl.errors import DataError, UnsafeError, UsageError
from spectra_dl.expression.readers import SectionSource, read_section

spatialdata = pytest.importorskip("spatialdata")
pytestmark = pytest.mark.filterwarnings("ignore")


def hexagonal(rows=6, columns=10):
    """Return array_row and array_col of Visium for 60 spots, and their places 50 pixels per step."""
    row, column = (part.ravel() for part in np.mgrid[0:rows, 0:columns])
    column = 2 * column + row % 2
    return row, column, np.column_stack([column * 50.0 + 60, row * 50.0 * np.sqrt(3) + 60])


def test_spots_counts_and_marks_are_those_of_the_table_on_its_picture(tmp_path):
    path = tmp_path / "S1.zarr"
    row, column, pixel = hexagonal()
    marks = np.arange(60) % 5 != 0
    obs = {"in_tissue": marks.astype(int), "array_row": row, "array_col": column, "patient": "P1"}
    written_folder(path, pixel=pixel, obs=obs)
    section = read_section(path)
    assert (section.name, section.patient, section.library_id) == ("S1", "P1", None)
    assert section.um_per_pixel == pytest.approx(1.0)
    assert "the array's pitch" in section.um_per_pixel_source
    np.testing.assert_allclose(section.full_pixel, pixel)
    assert list(section.barcode[:2]) == ["barcode0", "barcode1"]
    assert list(section.symbol[:2]) == ["GENE0", "GENE1"]
    np.testing.assert_array_equal(section.usable, marks)
    table = spatialdata.read_zarr(path).tables["table"]
    np.testing.assert_array_equal(section.counts.toarray(), table.X.toarray())
    assert (section.image.width, section.image.height) == (1100, 700)


def test_without_an_array_the_pixel_size_is_asked_for_and_one_that_contradicts_it_refused(tmp_path):
    written_folder(tmp_path / "a.zarr", radius=5.0)
    with pytest.raises(DataError, match="does not say how many µm a pixel has"):
        read_section(tmp_path / "a.zarr")
    assert read_section(tmp_path / "a.zarr", um_per_pixel=0.7).um_per_pixel == 0.7
    row, column, pixel = hexagonal()
    written_folder(tmp_path / "b.zarr", pixel=pixel, obs={"array_row": row, "array_col": column})
    with pytest.raises(DataError, match=r"4 times the 1 from the array's pitch"):
        read_section(tmp_path / "b.zarr", um_per_pixel=4.0)


@pytest.mark.parametrize(("radius", "noted"), [(32.5, False), (27.5, False), (130.0, True)])
def test_a_radius_of_shapes_that_goes_with_another_size_of_pixels_is_noted(tmp_path, radius, noted):
    row, column, pixel = hexagonal()
    obs = {"array_row": row, "array_col": column}
    written_folder(tmp_path / "a.zarr", pixel=pixel, obs=obs, radius=radius)
    notes = read_section(tmp_path / "a.zarr").notes
    assert noted == any("4 times the about 0.25 by the shapes' radius" in note for note in notes)


def test_on_a_reduced_picture_spots_keep_their_full_resolution_pixels(tmp_path):
    row, column, pixel = hexagonal()
    obs = {"array_row": row, "array_col": column}
    written_folder(tmp_path / "a.zarr", pixel=4 * pixel, obs=obs, reduced=0.25)
    section = read_section(tmp_path / "a.zarr")
    np.testing.assert_allclose(section.full_pixel, 4 * pixel)
    assert (section.full_um_per_pixel, section.um_per_pixel) == (pytest.approx(0.25), pytest.approx(1.0))
    np.testing.assert_allclose(section.position_um, pixel)
    assert any("he, which has 0.25 pixels per full-resolution pixel" in note for note in section.notes)
    assert read_section(tmp_path / "a.zarr", um_per_pixel=0.25).um_per_pixel == pytest.approx(1.0)


def test_regions_are_chosen_by_the_sections_name_and_refused_without_one(tmp_path):
    row, column, pixel = hexagonal()
    obs = {"array_row": row, "array_col": column}
    written_folder(tmp_path / "a.zarr", pixel=pixel, obs=obs, regions=("A1", "B1"))
    with pytest.raises(DataError, match=r"annotates 2 regions, A1, B1; give the section one of these names"):
        read_section(tmp_path / "a.zarr")
    section = read_section(SectionSource(tmp_path / "a.zarr", name="B1"))
    assert len(section) == 30
    np.testing.assert_allclose(section.full_pixel, pixel[30:])


def test_of_several_regions_only_the_rows_of_the_one_read_are_looked_at(tmp_path):
    row, column, pixel = hexagonal()
    obs = {
        "array_row": row,
        "array_col": column,
        "sample": np.repeat(["S1", "S2"], 30),
        "patient": np.repeat(["P1", "P2"], 30),
        "in_tissue": np.r_[np.full(30, np.nan), np.ones(29), 0.0],
    }
    written_folder(tmp_path / "a.zarr", pixel=pixel, obs=obs, regions=("A1", "B1"))
    section = read_section(SectionSource(tmp_path / "a.zarr", name="B1"))
    assert (section.patient, int(section.usable.sum())) == ("P2", 29)
    assert any("1 of 30 spots are not under tissue" in note for note in section.notes)
    assert not any("parts that lie apart" in note for note in section.notes)


def test_two_shapes_of_one_name_are_refused(tmp_path):
    row, column, pixel = hexagonal()
    written_folder(tmp_path / "a.zarr", pixel=pixel, obs={"array_row": row, "array_col": column})
    data = spatialdata.read_zarr(tmp_path / "a.zarr")
    shapes = data.shapes["spots"]
    shapes.index = [*shapes.index[:-1], "b0"]
    data.tables["table"] = data.tables["table"][:-1].copy()
    data.write(tmp_path / "b.zarr")
    with pytest.raises(DataError, match="shape 'b0' stands twice, as number 1 and 60"):
        read_section(tmp_path / "b.zarr")


def test_bins_are_chosen_by_their_size_and_measure_the_pixels(tmp_path):
    row, column = (part.ravel() for part in np.mgrid[0:6, 0:10])
    pixel = np.column_stack([column, row]) * 16.0 + 60  # half a µm per pixel
    obs = {"array_row": row, "array_col": column}
    tables = ("square_008um", "square_016um")
    written_folder(tmp_path / "a.zarr", pixel=pixel, obs=obs, tables=tables)
    section = read_section(tmp_path / "a.zarr")
    assert section.um_per_pixel == pytest.approx(0.5)
    assert any("square_008um is read; --bin-um chooses another" in note for note in section.notes)
    assert read_section(SectionSource(tmp_path / "a.zarr", bin_um=16.0)).um_per_pixel == pytest.approx(1.0)
    with pytest.raises(DataError, match="no table of bins of 4 µm; there are 8, 16"):
        read_section(SectionSource(tmp_path / "a.zarr", bin_um=4.0))


def test_a_table_whose_shapes_are_gone_is_refused_with_one_of_them(tmp_path):
    import shutil

    row, column, pixel = hexagonal()
    written_folder(tmp_path / "a.zarr", pixel=pixel, obs={"array_row": row, "array_col": column})
    written_folder(tmp_path / "b.zarr", pixel=pixel, names=[f"c{k}" for k in range(60)])
    shutil.rmtree(tmp_path / "a.zarr" / "shapes")
    shutil.copytree(tmp_path / "b.zarr" / "shapes", tmp_path / "a.zarr" / "shapes")
    with pytest.raises(
        DataError, match=r"60 of 60 rows of the table table annotate no shape of spots, b0 among them"
    ):
        read_section(tmp_path / "a.zarr")


def test_a_folder_without_a_table_or_with_a_link_is_refused(tmp_path):
    written_folder(tmp_path / "a.zarr", tables=())
    with pytest.raises(DataError, match=r"no table that annotates shapes.*shapes: spots; images: he"):
        read_section(tmp_path / "a.zarr")
    (tmp_path / "a.zarr" / "more").symlink_to(tmp_path)
    with pytest.raises(UnsafeError, match="more is a link"):
        read_section(tmp_path / "a.zarr")


def test_another_picture_beside_it_is_refused(tmp_path):
    written_folder(tmp_path / "a.zarr", pictures={"he": tissue(np.random.default_rng(0))})
    with pytest.raises(DataError, match="brings its picture along"):
        read_section(SectionSource(tmp_path / "a.zarr", image=tmp_path / "x.png"))


@pytest.mark.parametrize("part", ["zarr.json", "shapes/spots/shapes.parquet", "images/he/zarr.json"])
def test_damaged_parts_are_refused_in_a_sentence(tmp_path, part):
    row, column, pixel = hexagonal()
    written_folder(tmp_path / "a.zarr", pixel=pixel, obs={"array_row": row, "array_col": column})
    content = (tmp_path / "a.zarr" / part).read_bytes()
    (tmp_path / "a.zarr" / part).write_bytes(content[: len(content) // 2])
    with pytest.raises(DataError, match=r"a\.zarr"):
        read_section(tmp_path / "a.zarr")


def test_without_the_library_the_extra_is_named(tmp_path):
    written_folder(tmp_path / "a.zarr")
    program = (
        "import sys; sys.modules['spatialdata'] = None\n"
        "from spectra_dl.expression.readers import read_section\n"
        f"read_section({str(tmp_path / 'a.zarr')!r})"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert UsageError.__name__ in run.stderr
    assert "pip install --upgrade 'spectra-dl[spatial]'" in run.stderr
