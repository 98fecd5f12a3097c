"""Positions of AnnData: pixels of the image, never places of the array; rows and columns of the array by their names."""

from collections.abc import Callable
from pathlib import Path

import anndata
import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_matrix

from example_h5ad import write_image
from spectra_dl.errors import DataError
from spectra_dl.expression.readers import read_section
from spectra_dl.expression.section import OFF_TISSUE

Write = Callable[..., Path]
ROW, NTH = np.divmod(np.arange(24), 6)
COLUMN = 2 * NTH + ROW % 2
PIXEL = np.stack([20.0 * (COLUMN + 2), 20.0 * np.sqrt(3) * (ROW + 3)], axis=1)  # 2.5 µm a pixel


@pytest.fixture
def written(tmp_path: Path) -> Write:
    """Write 24 spots of Visium with these columns of obs, and this as their positions."""

    def write(obs: dict[str, object], pixel: object = None) -> Path:
        table = anndata.AnnData(
            csr_matrix(np.random.default_rng(0).poisson(3.0, (24, 4)).astype(np.float32)),
            obs=pd.DataFrame(obs, index=[f"spot{k}" for k in range(24)]),
            var=pd.DataFrame(index=list("ABCD")),
        )
        if pixel is not None:
            table.obsm["spatial"] = pixel
        table.write_h5ad(tmp_path / "one.h5ad")
        write_image(tmp_path / "one.png")
        return tmp_path / "one.h5ad"

    return write


@pytest.mark.parametrize("names", [("array_row", "array_col"), ("Array_Row", "arrayCol")])
def test_rows_and_columns_of_the_array_are_known_in_any_case_of_their_letters(
    written: Write, names: tuple[str, str]
) -> None:
    section = read_section(written(dict(zip(names, (ROW, COLUMN), strict=True)), PIXEL))
    assert section.um_per_pixel == pytest.approx(2.5)
    assert section.array.row.tolist() == ROW.tolist()


def test_coordinates_that_seurat_writes_are_places_of_the_array_and_pixels(written: Write) -> None:
    marks = np.arange(24) != 3
    obs = {"tissue": marks.astype(int), "row": ROW, "col": COLUMN}
    section = read_section(written(obs | {"imagerow": PIXEL[:, 1], "imagecol": PIXEL[:, 0]}))
    assert np.allclose(section.full_pixel, PIXEL)
    assert section.um_per_pixel == pytest.approx(2.5)
    assert section.array.column.tolist() == COLUMN.tolist()
    assert (section.reason == OFF_TISSUE).tolist() == (~marks).tolist()


def test_row_and_col_alone_are_not_taken_for_places_of_the_array(written: Write) -> None:
    section = read_section(written({"row": ROW, "col": COLUMN}, PIXEL), um_per_pixel=2.5)
    assert section.array.row is None


def test_places_of_the_array_are_not_taken_for_pixels(written: Write) -> None:
    path = written({"array_row": ROW, "array_col": COLUMN}, np.stack([COLUMN, ROW], axis=1).astype(float))
    with pytest.raises(DataError, match=r"obsm\['spatial'\] has places 1\.41 apart in whole numbers"):
        read_section(path, um_per_pixel=2.5)


def test_of_a_table_of_positions_those_in_pixels_are_read_and_not_those_of_the_array(written: Write) -> None:
    index = [f"spot{k}" for k in range(24)]
    columns = {"x": COLUMN, "y": ROW, "pixel_x": PIXEL[:, 0], "pixel_y": PIXEL[:, 1]}
    section = read_section(written({}, pd.DataFrame(columns, index=index)), um_per_pixel=2.5)
    assert np.allclose(section.full_pixel, PIXEL)


@pytest.mark.parametrize(("diameter", "noted"), [(26.0, False), (22.0, False), (130.0, True)])
def test_a_diameter_of_spots_that_goes_with_another_size_of_pixels_is_noted(
    written: Write, diameter: float, noted: bool
) -> None:
    path = written({"array_row": ROW, "array_col": COLUMN}, PIXEL)
    table = anndata.read_h5ad(path)
    table.uns["spatial"] = {"L": {"images": {}, "scalefactors": {"spot_diameter_fullres": diameter}}}
    table.write_h5ad(path)
    section = read_section(path)
    assert section.um_per_pixel == pytest.approx(2.5)
    assert noted == any("5 times the about 0.5 by spot_diameter_fullres" in note for note in section.notes)
