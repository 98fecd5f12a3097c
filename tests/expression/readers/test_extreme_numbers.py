"""Numbers too large to be true, and names no system can open, are refused and never computed with."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from spectra_dl.errors import DataError, UsageError
from spectra_dl.expression.readers import SectionSource, read_section, read_sections
from spectra_dl.expression.readers.scale_factors import positive

DrawImage = Callable[[Path], Path]


@pytest.mark.parametrize("value", [10**400, 1e308, 1e-300, 2_000_000, float("inf"), 0, -1, True, "1"])
def test_a_scale_that_can_not_be_true_is_refused(value):
    with pytest.raises(DataError, match="must be a number above 0 and below a million"):
        positive({"size": value}, "size", "f.json")


@pytest.mark.parametrize("value", [1e308, 1e-300, float("nan")])
def test_so_are_um_per_pixel_and_pitch_as_said(value):
    with pytest.raises(UsageError, match="above 0 and below a million"):
        SectionSource(Path("a.png"), um_per_pixel=value)
    with pytest.raises(UsageError, match="above 0 and below a million"):
        SectionSource(Path("a.png"), pitch_um=value)


def tiles(folder: Path, row: str) -> Path:
    folder.mkdir()
    Image.fromarray(np.full((20, 20, 3), 90, dtype=np.uint8)).save(folder / "t0.png")
    (folder / "tiles.csv").write_text(f"file,x,y,A\nt0.png,50,50,1\n{row}\n")
    return folder


@pytest.mark.parametrize("place", ["1e308", "-1e10", "inf"])
def test_a_spot_further_away_than_any_image_is_refused(tmp_path, place):
    with pytest.raises(DataError, match="spot 2 lies at"):
        read_section(tiles(tmp_path / "t", f"t1.png,{place},50,1"), um_per_pixel=0.5)


def test_a_tile_whose_name_no_system_can_open_is_not_there(tmp_path):
    section = read_section(tiles(tmp_path / "t", f"{'x' * 5_000}.png,150,50,1"), um_per_pixel=0.5)
    assert list(section.reason) == ["", "no tile"]


def test_a_section_whose_name_no_system_can_open_is_refused(tmp_path):
    sheet = tmp_path / "sections.csv"
    sheet.write_text(f"path,patient,section\n{'x' * 5_000}.tsv,p,s\n")
    with pytest.raises(DataError, match="no such file or folder"):
        read_sections(sheet)


def test_a_size_in_a_sheet_that_can_not_be_true_is_refused_with_its_line(tmp_path):
    sheet = tmp_path / "sections.csv"
    sheet.write_text("path,patient,section,mpp\na.tsv,p,s,1e308\n")
    with pytest.raises(DataError, match=r"line 2: mpp '1e308'"):
        read_sections(sheet)


def test_an_index_beyond_every_integer_is_refused(tmp_path, draw_image):
    """One value of a Matrix Market file in row 1e300."""
    outs = tmp_path / "run"
    trio = outs / "filtered_feature_bc_matrix"
    trio.mkdir(parents=True)
    (outs / "spatial").mkdir()
    positions = "".join(f"B{at}-1,1,0,{2 * at},{at},{at}\n" for at in range(2))
    (outs / "spatial" / "tissue_positions_list.csv").write_text(positions)
    (trio / "barcodes.tsv").write_text("B0-1\nB1-1\n")
    (trio / "features.tsv").write_text("ENSG00000000001\tA\tGene Expression\n")
    (trio / "matrix.mtx").write_text("%%MatrixMarket matrix coordinate integer general\n1 2 1\n1e300 1 4\n")
    with pytest.raises(DataError, match="an index outside 1 features and 2 barcodes"):
        read_section(outs)


def test_scale_factors_that_can_not_be_true_are_refused_in_their_file(tmp_path):
    (tmp_path / "f.json").write_text(json.dumps({"size": 10**400}))
    from spectra_dl.expression.readers.scale_factors import read_json

    with pytest.raises(DataError, match=r"f.json: size is 1000"):
        positive(read_json(tmp_path / "f.json"), "size", "f.json")
