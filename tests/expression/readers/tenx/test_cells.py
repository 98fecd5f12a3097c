"""Cells of Space Ranger 4 and of Xenium, read as spots or gathered into squares."""

import json

import numpy as np
import pytest

from formats.tenx import GENES, hd_bins, tissue_image, write_cells, write_he, write_run, write_xenium
from spectra_dl.errors import DataError
from spectra_dl.expression.readers import SectionSource, read_section
from spectra_dl.expression.readers.tenx.affine import read_alignment


def test_cells_of_space_ranger_are_spots_at_their_centres(tmp_path):
    centre = write_cells(tmp_path / "outs")
    section = read_section(tmp_path)
    assert section.full_pixel == pytest.approx(centre)
    assert section.barcode[0] == "cellid_000000001-1"
    assert (section.full_um_per_pixel, section.um_per_pixel) == (0.5, 1.0)
    assert section.spot_pitch_um == pytest.approx(20.0)
    assert any("30 cells are read as spots" in note for note in section.notes)
    named = read_section(tmp_path / "outs/segmented_outputs/filtered_feature_cell_matrix.h5")
    assert np.array_equal(named.counts.toarray(), section.counts.toarray())


def test_cells_of_space_ranger_are_gathered_into_squares(tmp_path):
    centre = write_cells(tmp_path)
    cells, squares = read_section(tmp_path), read_section(SectionSource(tmp_path, bin_um=40))
    assert squares.counts.sum() == cells.counts.sum()
    assert len(squares) == len(np.unique(np.floor(centre * 0.5 / 40), axis=0))
    assert squares.position_um == pytest.approx(
        (np.stack([squares.array.column, squares.array.row], axis=1) + 0.5) * 40
    )


def test_bins_go_before_cells_where_a_run_has_both(tmp_path):
    write_cells(tmp_path / "outs")
    write_run(tmp_path / "outs/binned_outputs/square_008um", hd_bins())
    assert read_section(tmp_path).spot_pitch_um == 8.0
    assert read_section(tmp_path / "outs/segmented_outputs").barcode[0].startswith("cellid")


def test_a_cell_without_an_outline_has_no_position(tmp_path):
    write_cells(tmp_path)
    path = tmp_path / "segmented_outputs/cell_segmentations.geojson"
    content = json.loads(path.read_text())
    content["features"] = content["features"][2:]
    path.write_text(json.dumps(content))
    section = read_section(tmp_path)
    assert list(np.flatnonzero(section.reason == "no position")) == [28, 29]
    assert any("2 of 30 cells have no outline" in note for note in section.notes)


def as_two_parts(geometry):
    """A speck of many points at a corner, and the outline."""
    ring = geometry["coordinates"][0]
    speck = [[ring[0][0] + 0.001 * k, ring[0][1] + 0.001 * (k % 3)] for k in range(12)]
    return {"type": "MultiPolygon", "coordinates": [[[*speck, speck[0]]], [ring]]}


@pytest.mark.parametrize("written", ["two parts", "ids with fractions", "one null"])
def test_outlines_as_other_programs_write_them(tmp_path, written):
    centre = write_cells(tmp_path)
    path = tmp_path / "segmented_outputs/cell_segmentations.geojson"
    content = json.loads(path.read_text())
    for feature in content["features"]:
        if written == "two parts":
            feature["geometry"] = as_two_parts(feature["geometry"])
        if written == "ids with fractions":
            feature["properties"]["cell_id"] = float(feature["properties"]["cell_id"])
    if written == "one null":
        content["features"][0]["geometry"] = None  # of the last cell
        centre[-1] = np.nan
    path.write_text(json.dumps(content))
    section = read_section(tmp_path)
    np.testing.assert_allclose(section.full_pixel, centre, atol=0.01)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"{", "can't be read as GeoJSON"),
        (b"[" * 5000, "can't be read as GeoJSON"),
        (b"{}", "no features in it"),
        (b'{"features": [7]}', "feature 1 is no polygon"),
        (b'{"features": [{"properties": {"cell_id": 1}, "geometry": {"type": "Point", "coordinates": [1, 2]}}]}', "feature 1"),
        (
            b'{"features": [{"properties": {"cell_id": 99}, "geometry": {"type": "Polygon", "coordinates": [[[1, 2], [3, 4]]]}}]}',
            "none of the 30 cells",
        ),
    ],
)  # fmt: skip
def test_outlines_of_something_else_are_refused(tmp_path, content, said):
    write_cells(tmp_path)
    (tmp_path / "segmented_outputs/cell_segmentations.geojson").write_bytes(content)
    with pytest.raises(DataError, match=said):
        read_section(tmp_path)


def test_cells_without_outlines_are_refused(tmp_path):
    write_cells(tmp_path, outlines=False)
    with pytest.raises(DataError, match=r"without cell_segmentations\.geojson"):
        read_section(tmp_path)


@pytest.mark.parametrize("parquet", [False, True])
def test_xenium_is_read_as_squares_of_55_um_on_the_image_by_its_matrix(tmp_path, parquet):
    um, counts = write_xenium(tmp_path / "run", parquet=parquet)
    matrix, _ = write_he(tmp_path / "run")
    section = read_section(tmp_path / "run")
    square = np.floor(um / 55)
    assert len(section) == len(np.unique(square, axis=0))
    at = (square == (section.array.column[0], section.array.row[0])).all(axis=1)
    assert np.array_equal(section.counts[0].toarray().ravel(), counts[at, :GENES].sum(axis=0))
    assert section.counts.sum() == counts[:, :GENES].sum()
    centre = (np.stack([section.array.column, section.array.row], axis=1) + 0.5) * 55 / 0.2125
    pixel = section.position_um / section.um_per_pixel
    assert np.c_[pixel, np.ones(len(pixel))] @ matrix.T == pytest.approx(np.c_[centre, np.ones(len(centre))])
    assert section.um_per_pixel == pytest.approx(0.425)
    assert any("1 Negative Control Probe, 1 Unassigned Codeword" in note for note in section.notes)
    assert section.spot_pitch_um == 55.0


def test_a_xenium_matrix_named_itself_and_other_squares(tmp_path):
    um, counts = write_xenium(tmp_path)
    write_he(tmp_path)
    section = read_section(SectionSource(tmp_path / "cell_feature_matrix.h5", bin_um=100))
    assert len(section) == len(np.unique(np.floor(um / 100), axis=0))
    assert section.counts.sum() == counts[:, :GENES].sum()


def test_an_image_without_a_matrix_is_taken_in_um_and_noted(tmp_path):
    write_xenium(tmp_path / "run")
    (tmp_path / "he.png").write_bytes(tissue_image((1000, 1000), 1.0))
    section = read_section(tmp_path / "run", image=tmp_path / "he.png", um_per_pixel=0.5)
    centre = (np.stack([section.array.column, section.array.row], axis=1) + 0.5) * 55
    assert section.position_um == pytest.approx(centre)
    assert any("no alignment matrix" in note for note in section.notes)
    with pytest.raises(DataError, match="--mpp"):
        read_section(tmp_path / "run", image=tmp_path / "he.png")


def test_a_matrix_that_is_named_is_used(tmp_path):
    write_xenium(tmp_path / "run")
    _, image = write_he(tmp_path / "elsewhere")
    beside = read_section(tmp_path / "run", image=image)
    moved = (tmp_path / "elsewhere/run_he_imagealignment.csv").rename(tmp_path / "m.csv")
    section = read_section(SectionSource(tmp_path / "run", image=image, alignment=moved))
    assert section.position_um == pytest.approx(beside.position_um)
    with pytest.raises(DataError, match=r"2\.35 times the 0\.425 from the alignment m\.csv"):
        read_section(SectionSource(tmp_path / "run", image=image, alignment=moved, um_per_pixel=1.0))


def test_a_reduced_image_of_a_xenium_run_is_read_by_its_scale(tmp_path):
    write_xenium(tmp_path)
    whole = read_section(tmp_path, image=write_he(tmp_path)[1])
    (tmp_path / "small.png").write_bytes(tissue_image((1150, 1100), 0.5))
    source = SectionSource(
        tmp_path,
        image=tmp_path / "small.png",
        image_scale=0.5,
        alignment=tmp_path / "run_he_imagealignment.csv",
    )
    small = read_section(source)
    assert small.position_um == pytest.approx(whole.position_um)
    assert small.um_per_pixel == pytest.approx(0.85)
    assert small.full_pixel == pytest.approx(whole.full_pixel)


def test_a_xenium_run_without_an_image_or_cells_is_refused(tmp_path):
    write_xenium(tmp_path)
    with pytest.raises(DataError, match="images of fluorescence; one image of H&E"):
        read_section(tmp_path)
    write_he(tmp_path)
    (tmp_path / "cells.csv.gz").unlink()
    with pytest.raises(DataError, match=r"without cells\.parquet or cells\.csv\.gz"):
        read_section(tmp_path)
    (tmp_path / "cells.csv").write_text("cell_id,x,y\n")
    with pytest.raises(DataError, match="x_centroid and y_centroid are needed"):
        read_section(tmp_path)
    (tmp_path / "cells.csv").write_text("cell_id,x_centroid,y_centroid\nq,1,2\n")
    with pytest.raises(DataError, match="none of the 400 cells"):
        read_section(tmp_path)


def test_two_matrices_are_refused_by_name(tmp_path):
    write_xenium(tmp_path)
    write_he(tmp_path, "scan_he_image.png")
    (tmp_path / "other_imagealignment.csv").write_text("1,0,0\n0,1,0\n0,0,1\n")
    with pytest.raises(
        DataError, match=r"other_imagealignment\.csv, run_he_imagealignment\.csv could each be"
    ):
        read_section(tmp_path)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1,0,0\n0,1,0\n", "2 lines"),
        ("a,0,0\n0,1,0\n0,0,1\n", "'a' is no number"),
        ("1,0,0\n0,1,0\n0,1,1\n", "no affine matrix"),
        ("1,0,0\n0,nan,0\n0,0,1\n", "no affine matrix"),
        ("1,0,0\n1,0,0\n0,0,1\n", "to a line or a point"),
        ("1,0,0\n0,2,0\n0,0,1\n", "stretches the image"),
    ],
)
def test_a_matrix_of_something_else_is_refused(tmp_path, text, said):
    (tmp_path / "a.csv").write_text(text)
    with pytest.raises(DataError, match=said):
        read_alignment(tmp_path / "a.csv")
