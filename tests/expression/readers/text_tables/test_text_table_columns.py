"""Columns of text tables that are no genes: marks of tissue, indices, libraries, numbers that are no counts."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from spectra_dl.errors import DataError
from spectra_dl.expression.readers import read_section
from spectra_dl.expression.section import OFF_TISSUE

DrawImage = Callable[[Path], Path]
PLACES = [(x, y) for y in (2, 3) for x in (1, 2, 3)]


def _legacy(
    folder: Path, draw_image: DrawImage, columns: dict[str, list[str]], *, selected: bool = True
) -> Path:
    """Write a section of six spots, genes A and B, and these columns besides."""
    lines = ["\t".join(["", "A", *columns, "B"])]
    for row, (x, y) in enumerate(PLACES):
        lines.append("\t".join([f"{x}x{y}", str(row + 1), *(cells[row] for cells in columns.values()), "2"]))
    spots = ["x\ty\tpixel_x\tpixel_y" + "\tselected" * selected]
    spots += [f"{x}\t{y}\t{20 + 60 * x}\t{60 * y - 30}" + "\t1" * selected for x, y in PLACES]
    (folder / "S1.tsv").write_text("\n".join(lines))
    (folder / "S1_selection.tsv").write_text("\n".join(spots))
    draw_image(folder / "S1.png")
    return folder / "S1.tsv"


def _tiles(folder: Path, columns: dict[str, list[str]], names: str = "barcode") -> Path:
    """Write six tiles, genes A and B, and these columns besides."""
    lines = [",".join([names, "x", "y", "A", *columns, "B"])]
    for row, (x, y) in enumerate(PLACES):
        name = f"t{row}"
        Image.fromarray(np.full((20, 20, 3), 10 * row, dtype=np.uint8)).save(folder / f"{name}.png")
        cells = [f"{row},{name}" if "," in names else name, str(60 * x), str(60 * y), str(row + 1)]
        lines.append(",".join([*cells, *(cells[row] for cells in columns.values()), "2"]))
    (folder / "tiles.csv").write_text("\n".join(lines))
    return folder


@pytest.mark.parametrize(("on", "off"), [("1", "0"), ("TRUE", "FALSE")])
@pytest.mark.parametrize("selected", [True, False])
def test_marks_of_tissue_in_a_legacy_table_of_counts_are_honoured(
    tmp_path: Path, draw_image: DrawImage, on: str, off: str, selected: bool
) -> None:
    path = _legacy(tmp_path, draw_image, {"in_tissue": [on, off, on, on, off, on]}, selected=selected)
    section = read_section(path)
    assert section.reason.tolist() == ["", OFF_TISSUE, "", "", OFF_TISSUE, ""]
    assert list(section.gene) == ["A", "B"]
    assert any("2 of 6 spots are not under tissue by in_tissue in S1.tsv" in note for note in section.notes)


MARKS = ["tissue_mask", "on_tissue", "in_tissue_mask", "spatial_in_tissue", "in_tissue_x"]


@pytest.mark.parametrize("name", [*MARKS, "not_in_tissue", "off_tissue"])
@pytest.mark.parametrize(("on", "off"), [("1", "0"), ("True", "False")])
def test_a_mark_of_tissue_is_no_gene_whatever_it_is_called(
    tmp_path: Path, draw_image: DrawImage, name: str, on: str, off: str
) -> None:
    words = [on, off] if name in MARKS else [off, on]
    columns = {name: [words[row in (1, 4)] for row in range(6)]}
    paths = [_legacy(tmp_path, draw_image, columns, selected=False), _tiles(tmp_path, columns)]
    spots = tmp_path / "S1_selection.tsv"
    table = spots.read_text().split("\n")
    plain = tmp_path / "plain"
    plain.mkdir()
    paths.append(_legacy(plain, draw_image, {}, selected=False))
    marked = [f"{line}\t{mark}" for line, mark in zip(table, [name, *columns[name]], strict=True)]
    (plain / "S1_selection.tsv").write_text("\n".join(marked))
    for path in paths:
        section = read_section(path, um_per_pixel=None if path.suffix else 1.0)
        assert section.reason.tolist() == ["", OFF_TISSUE, "", "", OFF_TISSUE, ""]
        assert list(section.gene) == ["A", "B"]


def test_a_spot_off_tissue_by_one_of_two_files_is_not_used(tmp_path: Path, draw_image: DrawImage) -> None:
    path = _legacy(tmp_path, draw_image, {"in_tissue": list("101111")})
    spots = tmp_path / "S1_selection.tsv"
    spots.write_text(spots.read_text()[:-1] + "0")
    assert read_section(path).reason.tolist() == ["", OFF_TISSUE, "", "", "", OFF_TISSUE]


def test_marks_that_leave_no_spot_are_refused(tmp_path: Path, draw_image: DrawImage) -> None:
    with pytest.raises(DataError, match="in_tissue"):
        read_section(_legacy(tmp_path, draw_image, {"in_tissue": list("000000")}))


@pytest.mark.parametrize("names", [",barcode", "Unnamed: 0,barcode", "", "Unnamed: 0"])
def test_the_index_that_pandas_writes_is_no_gene(tmp_path: Path, names: str) -> None:
    section = read_section(_tiles(tmp_path, {}, names), um_per_pixel=1.0)
    assert (list(section.gene), list(section.barcode)) == (["A", "B"], [f"t{row}" for row in range(6)])
    assert any("no genes are left out" in note for note in section.notes) == ("," in names)


@pytest.mark.parametrize("column", ["sample", "Library ID", "batch", "section_name", "orig.ident"])
def test_libraries_that_lie_among_each_other_are_refused(
    tmp_path: Path, draw_image: DrawImage, column: str
) -> None:
    mixed = {column: list("12" * 3)}
    for path in (_legacy(tmp_path, draw_image, mixed), _tiles(tmp_path, mixed)):
        with pytest.raises(DataError, match="names 2 sections, '1, 2'"):
            read_section(path, um_per_pixel=None if path.suffix else 1.0)


def test_libraries_that_lie_apart_are_read_as_one_and_said(tmp_path: Path) -> None:
    section = read_section(_tiles(tmp_path, {"slide": list("aaabbb")}), um_per_pixel=1.0)
    assert any("slide names 2 parts that lie apart" in note for note in section.notes)


def test_one_library_is_metadata(tmp_path: Path, draw_image: DrawImage) -> None:
    section = read_section(_legacy(tmp_path, draw_image, {"sample": ["S"] * 6}))
    assert any("no genes and are left out: 'sample'" in note for note in section.notes)


def test_numbers_that_are_no_counts_are_left_out_and_said(tmp_path: Path, draw_image: DrawImage) -> None:
    columns = {"umi_count": ["7"] * 6, "stiffness_kpa": ["0.5", "1.5", "2.25", "-0.5", "0.1", "0.2"]}
    for path in (_legacy(tmp_path, draw_image, columns), _tiles(tmp_path, columns)):
        section = read_section(path, um_per_pixel=None if path.suffix else 1.0)
        assert list(section.gene) == ["A", "B"]
        assert section.counts is not None
        assert any("whole number" in note and "stiffness_kpa" in note for note in section.notes)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("xcoord\tycoord\tlab\n1\t2\ta\n", "x, y, pixel_x, pixel_y is missing; found 'xcoord, ycoord, lab'"),
        ("barcode,lab\n1x2,a\n", "found 'barcode, lab'; rename"),
        ("x\ty\tpixel_x\tpixel_y\tpixel_x\n1\t2\t3\t4\t5\n", "column 'pixel_x' stands twice"),
    ],
)
def test_a_spot_file_of_another_layout_is_refused_with_what_to_rename(
    tmp_path: Path, draw_image: DrawImage, text: str, said: str
) -> None:
    path = _legacy(tmp_path, draw_image, {})
    (tmp_path / "S1_selection.tsv").write_text(text)
    with pytest.raises(DataError, match=said):
        read_section(path)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("barcode,x,y", "barcode,imagecol,imagerow"), "rename imagecol to x, rename imagerow to y"),
        (("barcode,x,y", "tile_path,X,Y"), "rename X to x, rename Y to y, rename tile_path to file"),
        (("barcode,x,y,A", "barcode,imagecol,imagerow,tile_path"), "imagerow to y, rename tile_path to file"),
        ((",", ";"), "write it with commas"),
    ],
)
def test_a_table_of_tiles_of_another_layout_is_refused_with_what_to_rename(
    tmp_path: Path, change: tuple[str, str], said: str
) -> None:
    path = _tiles(tmp_path, {}) / "tiles.csv"
    path.write_text(path.read_text().replace(*change))
    with pytest.raises(DataError, match=said) as refused:
        read_section(tmp_path, um_per_pixel=1.0)
    assert len(str(refused.value)) <= 500
