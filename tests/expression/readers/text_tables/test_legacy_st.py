"""Counts, spot file and image of the first Spatial Transcriptomics arrays."""

import gzip
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from spectra_dl.errors import DataError, UnsafeError
from spectra_dl.expression.genes import shared_genes
from spectra_dl.expression.readers import SectionSource, read_section
from spectra_dl.expression.readers.text_tables.legacy_st import looks_like_legacy_st
from spectra_dl.expression.section import COUNTS_MISSING, OFF_TISSUE

DrawImage = Callable[[Path], Path]
PLACES = [(x, y) for y in range(2, 5) for x in range(1, 5)]  # 12 places, 60 pixels apart


def _write(
    folder: Path, draw_image: DrawImage, *, ids: list[str] | None = None, rows: list[str] | None = None
) -> Path:
    """Write a section as the her2st data are laid out; spot (1, 2) lies at pixel (80, 90)."""
    names = ids or [f"{x}x{y}" for x, y in PLACES]
    lines = rows or [f"{name}\t{k}\t0\t{2 * k + 1}" for k, name in enumerate(names)]
    for part in ("counts", "spotfiles"):
        (folder / part).mkdir(exist_ok=True)
    path = folder / "counts" / "S1.tsv.gz"
    path.write_bytes(gzip.compress("\n".join(["\tA\tB\tC", *lines]).encode()))
    spots = ["x\ty\tnew_x\tnew_y\tpixel_x\tpixel_y\tselected"]
    spots += [f"{x}\t{y}\t{x}\t{y}\t{20 + 60 * x}\t{60 * y - 30}\t1" for x, y in PLACES]
    (folder / "spotfiles" / "S1_selection.tsv").write_text("\n".join(spots))
    draw_image(folder / "images" / "S1.png")
    return path


def test_what_is_said_of_a_section_is_kept(tmp_path: Path, draw_image: DrawImage) -> None:
    path = _write(tmp_path, draw_image)
    spots, image = tmp_path / "spotfiles" / "S1_selection.tsv", tmp_path / "images" / "S1.png"
    section = read_section(path, patient="007", section="first", spots=spots, image=image)
    assert (section.name, section.patient) == ("first", "007")


def test_the_usual_files_are_found_beside_the_counts(tmp_path: Path, draw_image: DrawImage) -> None:
    section = read_section(_write(tmp_path, draw_image), patient="p1")
    assert list(section.barcode) == [f"{x}x{y}" for x, y in PLACES]
    assert list(section.gene) == ["A", "B", "C"]
    assert section.counts.toarray()[3].tolist() == [3, 0, 7]
    assert section.um_per_pixel == pytest.approx(
        200 / 60
    )  # 200 µm between neighbours that lie 60 pixels apart
    assert "200 µm" in section.um_per_pixel_source
    assert section.position_um[0] == pytest.approx(np.array([80, 90]) * 200 / 60)
    assert (section.spot_pitch_um, section.spot_diameter_um) == (200.0, 100.0)
    assert section.usable.all()


def test_rows_without_a_partner_are_counted_on_each_side(tmp_path: Path, draw_image: DrawImage) -> None:
    ids = [f"{x}x{y}" for x, y in PLACES[:-2]] + ["30x30"]
    section = read_section(_write(tmp_path, draw_image, ids=ids))
    assert len(section) == 10
    assert any("2 of 12 selected spots have no counts" in note for note in section.notes)
    assert any("1 of 11 rows of counts have no selected spot" in note for note in section.notes)


def test_spots_that_are_not_selected_stay_and_are_not_used(tmp_path: Path, draw_image: DrawImage) -> None:
    path = _write(tmp_path, draw_image)
    spots = tmp_path / "spotfiles" / "S1_selection.tsv"
    spots.write_text(re.sub(r"(?m)^(2\t3\t.*)\t1$", r"\1\t0", spots.read_text()))
    section = read_section(path)
    (row,) = np.flatnonzero(section.barcode == "2x3")
    assert section.reason[row] == OFF_TISSUE
    assert not section.array.in_tissue[row]
    assert (section.usable.sum(), len(section)) == (11, 12)
    assert any("1 of 12 spots with counts are not selected" in note for note in section.notes)


@pytest.mark.parametrize("value", ["2", "maybe", ""])
def test_a_mark_that_is_neither_0_nor_1_is_refused_with_its_row(
    tmp_path: Path, draw_image: DrawImage, value: str
) -> None:
    path = _write(tmp_path, draw_image)
    spots = tmp_path / "spotfiles" / "S1_selection.tsv"
    spots.write_text(re.sub(r"(?m)^(2\t3\t.*)\t1$", rf"\1\t{value}", spots.read_text()))
    with pytest.raises(DataError, match=r"S1_selection\.tsv: selected of row 6 is"):
        read_section(path)


def test_columns_of_metadata_are_no_genes(tmp_path: Path, draw_image: DrawImage) -> None:
    path = _write(tmp_path, draw_image)
    lines = [line.split("\t") for line in gzip.decompress(path.read_bytes()).decode().splitlines()]
    lines = [[*cells, more] for cells, more in zip(lines, ["total_counts", *"123456789012"], strict=True)]
    path.write_text("\n".join("\t".join(cells) for cells in lines))
    section = read_section(path)
    assert "total_counts" not in list(section.gene)
    assert any(
        "1 of 4 columns are no genes and are left out: 'total_counts'" in note for note in section.notes
    )


def test_an_image_of_another_scale_is_used_where_its_scale_is_said(
    tmp_path: Path, draw_image: DrawImage
) -> None:
    path = _write(tmp_path, draw_image)
    known = read_section(path)
    file = next(tmp_path.rglob("S1.png"))
    with Image.open(file) as image:
        image.resize((200, 150)).save(file)
    section = read_section(SectionSource(path, image_scale=0.5))
    assert section.um_per_pixel == pytest.approx(2 * known.um_per_pixel)
    assert section.full_um_per_pixel == pytest.approx(known.um_per_pixel)
    assert np.allclose(section.position_um, known.position_um)


def test_a_size_of_a_pixel_that_the_pitch_contradicts_is_noted(tmp_path: Path, draw_image: DrawImage) -> None:
    section = read_section(_write(tmp_path, draw_image), um_per_pixel=10.0)
    assert any("10 µm per pixel given are 3 times the 3.333" in note for note in section.notes)


def test_adjusted_places_are_joined_after_rounding(tmp_path: Path, draw_image: DrawImage) -> None:
    section = read_section(_write(tmp_path, draw_image, ids=[f"{x + 0.04}x{y - 0.1}" for x, y in PLACES]))
    assert len(section) == 12
    assert any("rounded" in note for note in section.notes)
    assert section.position_um[5] == pytest.approx(np.array([20 + 60 * 2, 60 * 3 - 30]) * 200 / 60)


def test_a_turned_array_is_measured_all_the_same(tmp_path: Path, draw_image: DrawImage) -> None:
    path = _write(tmp_path, draw_image)
    spots = ["x\ty\tpixel_x\tpixel_y"] + [f"{x}\t{y}\t{400 - 60 * y}\t{60 * x}" for x, y in PLACES]
    (tmp_path / "spotfiles" / "S1_selection.tsv").write_text("\n".join(spots))
    assert read_section(path).um_per_pixel == pytest.approx(200 / 60)


def test_an_image_stretched_one_way_is_refused(tmp_path: Path, draw_image: DrawImage) -> None:
    path = _write(tmp_path, draw_image)
    spots = ["x\ty\tpixel_x\tpixel_y"] + [f"{x}\t{y}\t{60 * x}\t{66 * y}" for x, y in PLACES]
    (tmp_path / "spotfiles" / "S1_selection.tsv").write_text("\n".join(spots))
    with pytest.raises(DataError, match="--mpp"):
        read_section(path)
    assert read_section(path, um_per_pixel=3.0).um_per_pixel_source == "as given"


def test_an_array_with_every_second_place_empty_needs_um_per_pixel(
    tmp_path: Path, draw_image: DrawImage
) -> None:
    path = _write(tmp_path, draw_image)
    spots = ["x\ty\tpixel_x\tpixel_y"]
    spots += [f"{x}\t{y}\t{20 + 60 * x}\t{60 * y - 30}" for x, y in PLACES if (x + y) % 2 == 0]
    (tmp_path / "spotfiles" / "S1_selection.tsv").write_text("\n".join(spots))
    with pytest.raises(DataError, match="every second place"):
        read_section(path)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("1x2\t1\t0", "line 2: 2 counts under 4 names"),
        ("1x2\t1\t0\tNA", "line 2, gene 3: 'NA' is no number"),
        ("1x2\t1\tmany\t1", "line 2, gene 2: 'many' is no number"),
        ("2x2\t1\t2\t3", "barcode '2x2' stands twice"),
    ],
)
def test_a_broken_line_of_counts_is_named(
    tmp_path: Path, draw_image: DrawImage, row: str, message: str
) -> None:
    rows = [row] + [f"{x}x{y}\t1\t2\t3" for x, y in PLACES[1:]]
    with pytest.raises(DataError, match=message):
        read_section(_write(tmp_path, draw_image, rows=rows))


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("1x2\t1\t0\t-1", "line 2, gene 3: -1.0 is no count"),
        ("1x2\t1\t0\t1.5", "line 2, gene 3: 1.5 is no count"),
    ],
)
def test_values_that_are_no_counts_are_refused_only_where_counts_are_needed(
    tmp_path: Path, draw_image: DrawImage, row: str, said: str
) -> None:
    rows = [row] + [f"{x}x{y}\t1\t2\t3" for x, y in PLACES[1:]]
    section = read_section(_write(tmp_path, draw_image, rows=rows))
    assert section.counts is None
    assert section.usable.all()
    assert any(said in note for note in section.notes)
    with pytest.raises(DataError, match=said):
        shared_genes([section])


def test_a_row_with_an_empty_cell_is_missing(tmp_path: Path, draw_image: DrawImage) -> None:
    rows = ["1x2\t1\t\t1"] + [f"{x}x{y}\t1\t2\t3" for x, y in PLACES[1:]]
    section = read_section(_write(tmp_path, draw_image, rows=rows))
    assert list(section.reason[:2]) == [COUNTS_MISSING, ""]
    assert any("1 of 12 rows of counts have cells without a number" in note for note in section.notes)


def test_spots_in_columns_are_refused_with_the_remedy(tmp_path: Path, draw_image: DrawImage) -> None:
    path = _write(tmp_path, draw_image)
    path.write_text("\t1x2\t2x2\nA\t1\t2\n")
    with pytest.raises(DataError, match="transpose"):
        read_section(path)


def test_a_table_that_swells_is_refused(tmp_path: Path, draw_image: DrawImage) -> None:
    path = _write(tmp_path, draw_image)
    bomb = gzip.compress(b"\tA\tB\n1x2\t" + b"1" * (34 << 20))
    path.write_bytes(bomb)
    with pytest.raises(DataError, match=r"not a section|no table"):
        read_section(path)


def test_half_a_gzip_file_is_refused(tmp_path: Path, draw_image: DrawImage) -> None:
    path = _write(tmp_path, draw_image)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(DataError, match=r"fresh copy|not a section"):
        read_section(path)


def test_pickle_data_are_not_opened(tmp_path: Path) -> None:
    path = tmp_path / "S1.tsv"
    path.write_bytes(b"\x80\x04\x95\x00")
    with pytest.raises(UnsafeError, match="pickle"):
        read_section(path)


def test_spots_off_the_image_are_kept_with_a_reason(tmp_path: Path, draw_image: DrawImage) -> None:
    path = _write(tmp_path, draw_image, rows=[f"{x}x{y}\t0\t0\t{int(x > 1)}" for x, y in PLACES])
    spots = tmp_path / "spotfiles" / "S1_selection.tsv"
    spots.write_text(
        spots.read_text().replace("\t260\t90\t", "\t900\t90\t").replace("\t200\t90\t", "\t\t90\t")
    )
    section = read_section(path, um_per_pixel=3.0)
    assert list(section.reason[:4]) == ["no counts", "", "no position", "off the image"]


def test_all_spots_off_the_image_are_refused(tmp_path: Path, draw_image: DrawImage) -> None:
    path = _write(tmp_path, draw_image)
    spots = tmp_path / "spotfiles" / "S1_selection.tsv"
    text = re.sub(r"\t(\d+)\t(-?\d+)\t1$", r"\t9\g<1>\t9\g<2>\t1", spots.read_text(), flags=re.M)
    spots.write_text(text)
    with pytest.raises(DataError, match=r"0 of 12 spots fall on the image .* scale factor"):
        read_section(path, um_per_pixel=3.0)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(st.integers(0, 2**31), min_size=3, max_size=3), min_size=12, max_size=12))
def test_any_counts_come_back(tmp_path: Path, draw_image: DrawImage, values: list[list[int]]) -> None:
    rows = [f"{x}x{y}\t" + "\t".join(map(str, line)) for (x, y), line in zip(PLACES, values, strict=True)]
    assert read_section(_write(tmp_path, draw_image, rows=rows)).counts.toarray().tolist() == values


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=40), st.text(max_size=40))
def test_recognising_the_kind_never_fails(first: str, second: str) -> None:
    assert looks_like_legacy_st([first, second]) in (True, False)


def test_a_real_section_is_what_pandas_reads(shared_data: Path) -> None:
    path = shared_data / "st" / "her2st" / "counts" / "C5.tsv.gz"
    section = read_section(SectionSource(path, patient="C"))
    table = pd.read_csv(path, sep="\t", index_col=0)
    assert list(section.gene) == list(table.columns)
    assert np.array_equal(section.counts.toarray(), table.loc[list(section.barcode)].to_numpy())
    spots = pd.read_csv(shared_data / "st" / "her2st" / "spotfiles" / "C5_selection.tsv", sep="\t")
    spots.index = spots["x"].astype(str) + "x" + spots["y"].astype(str)
    pixel = spots.loc[list(section.barcode), ["pixel_x", "pixel_y"]].to_numpy()
    assert section.position_um / section.um_per_pixel == pytest.approx(pixel)
    assert section.um_per_pixel == pytest.approx(0.69, abs=0.01)


def test_the_olfactory_bulb_is_read_once_its_scale_is_said(shared_data: Path) -> None:
    path = shared_data / "st" / "olfactory_bulb" / "MOB1.tsv.gz"
    with pytest.raises(DataError, match="every second place"):
        read_section(path)
    section = read_section(path, um_per_pixel=4.4)
    assert (int(section.usable.sum()), len(section), len(section.gene)) == (379, 1923, 1000)
    assert set(section.reason) == {"", OFF_TISSUE}


def test_a_smaller_copy_of_the_image_is_read_with_its_scale(tmp_path: Path, draw_image: DrawImage) -> None:
    path = _write(tmp_path, draw_image)
    full = read_section(path)
    with Image.open(tmp_path / "images" / "S1.png") as image:
        image.resize((image.width // 2, image.height // 2)).save(tmp_path / "half.png")
    half = read_section(SectionSource(path, image=tmp_path / "half.png", image_scale=0.5))
    np.testing.assert_allclose(half.position_um, full.position_um)
    np.testing.assert_allclose(half.full_pixel, full.full_pixel)
    assert half.um_per_pixel == pytest.approx(2 * full.um_per_pixel)
    assert half.full_um_per_pixel == pytest.approx(full.um_per_pixel)


def test_a_pixel_size_that_contradicts_the_pitch_is_noted(tmp_path: Path, draw_image: DrawImage) -> None:
    section = read_section(_write(tmp_path, draw_image), um_per_pixel=1.0)
    assert "0.3 times the 3.333 from the array's pitch of 200 µm; what is given is used" in section.notes[1]


def test_an_image_whose_own_scale_contradicts_the_pitch_is_refused(
    tmp_path: Path, draw_image: DrawImage
) -> None:
    path = _write(tmp_path, draw_image)
    with Image.open(tmp_path / "images" / "S1.png") as image:
        image.save(tmp_path / "S1.tif", dpi=(25_400, 25_400))
    with pytest.raises(
        DataError,
        match=r"3\.333 µm per pixel from the array's pitch of 200 µm, but 1 from the TIFF's resolution",
    ):
        read_section(path, image=tmp_path / "S1.tif")


def test_spots_on_one_pixel_are_refused(tmp_path: Path, draw_image: DrawImage) -> None:
    path = _write(tmp_path, draw_image)
    spots = tmp_path / "spotfiles" / "S1_selection.tsv"
    spots.write_text(re.sub(r"\d+\t\d+\t1$", "9\t9\t1", spots.read_text(), flags=re.MULTILINE))
    with pytest.raises(DataError, match="all spots lie on one pixel"):
        read_section(path)
