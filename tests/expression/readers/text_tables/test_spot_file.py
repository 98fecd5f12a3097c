"""Spot files and tables of counts as ST-Net, STimage-1K4M, R and pandas write them: the same section every time."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from spectra_dl.errors import DataError
from spectra_dl.expression.readers import SectionSource, read_section
from spectra_dl.expression.readers.text_tables.spot_file import place_of
from spectra_dl.expression.section import OFF_TISSUE

DrawImage = Callable[[Path], Path]
PLACES = [(x, y) for y in (2, 3, 4) for x in (1, 2, 3, 4)]
PIXEL = np.array([(20 + 60 * x, 60 * y - 30) for x, y in PLACES], dtype=float)


def counts(separator: str = "\t", prefix: str = "", corner: str = "") -> str:
    """Return a table of counts of genes A and B."""
    rows = [f"{prefix}{x}x{y}{separator}{x}{separator}{y}" for x, y in PLACES]
    return "\n".join([separator.join([corner, "A", "B"]), *rows])


def put(folder: Path, draw_image: DrawImage, table: str, spots: str, name: str = "S1_selection.tsv") -> Path:
    (folder / "S1.tsv").write_text(table)
    (folder / name).write_text(spots)
    draw_image(folder / "S1.png")
    return folder / "S1.tsv"


def lines(header: str, row: str) -> str:
    """Return a spot file whose rows have i, x, y, px and py put in."""
    cells = [
        row.format(i=i, x=x, y=y, px=px, py=py)
        for i, ((x, y), (px, py)) in enumerate(zip(PLACES, PIXEL.tolist(), strict=True))
    ]
    return "\n".join([header, *cells])


LAYOUTS = {
    "commas": ("x,y,pixel_x,pixel_y,selected", "{x},{y},{px},{py},1"),
    "capitals": ("X\tY\tPIXEL_X\tPIXEL_Y", "{x}\t{y}\t{px}\t{py}"),
    "ST-Net's pixels": (",X,Y", "{x}x{y},{px},{py}"),
    "row names of R": ("x\ty\tpixel_x\tpixel_y", "{i}\t{x}\t{y}\t{px}\t{py}"),
    "index of pandas": (",x,y,pixel_x,pixel_y", "{i},{x},{y},{px},{py}"),
    "a comment first": ("# spots\nx\ty\tpixel_x\tpixel_y", "{x}\t{y}\t{px}\t{py}"),
    "ids in quotes": ('"barcode","pixel_x","pixel_y"', '"{x}x{y}",{px},{py}'),
    "imagecol": ("spot_id,imagerow,imagecol", "{x}x{y},{py},{px}"),
}


@pytest.mark.parametrize("layout", list(LAYOUTS))
@pytest.mark.parametrize("table", [counts(), counts(","), counts(",", corner='""'), counts(prefix="S1_")])
def test_a_section_is_the_same_however_its_spots_are_written(
    tmp_path: Path, draw_image: DrawImage, layout: str, table: str
) -> None:
    section = read_section(put(tmp_path, draw_image, table, lines(*LAYOUTS[layout])))
    assert section.full_pixel == pytest.approx(PIXEL)
    assert section.um_per_pixel == pytest.approx(200 / 60)
    assert section.counts is not None
    assert section.counts.toarray().tolist() == [list(place) for place in PLACES]
    assert (section.array.column.tolist(), section.array.row.tolist()) == tuple(
        map(list, zip(*PLACES, strict=True))
    )


def test_stimage_is_read_by_its_folders_and_the_radius_is_that_of_the_spots(
    tmp_path: Path, draw_image: DrawImage
) -> None:
    for folder in ("gene_exp", "coord"):
        (tmp_path / folder).mkdir()
    path = tmp_path / "gene_exp" / "Breast_A1_count.csv"
    path.write_text(counts(",", "Breast_A1_"))
    spots = lines(",yaxis,xaxis,r", "Breast_A1_{x}x{y},{py},{px},14.5")
    (tmp_path / "coord" / "Breast_A1_coord.csv").write_text(spots)
    draw_image(tmp_path / "image" / "Breast_A1.png")
    section = read_section(SectionSource(path, name="first", patient="P"))
    assert section.full_pixel == pytest.approx(PIXEL)
    assert section.spot_diameter_um == pytest.approx(2 * 14.5 * 200 / 60)
    assert section.usable.all()


def test_visium_spots_without_an_array_are_measured_by_their_pitch(
    tmp_path: Path, draw_image: DrawImage
) -> None:
    places = [(40 + 40 * x + 20 * (y % 2), 40 + 34.64 * y) for y in range(6) for x in range(7)]
    table = "\n".join([",A,B", *(f"S_{at:02d}ACGT-1,{at},1" for at in range(len(places)))])
    rows = "\n".join(f"S_{at:02d}ACGT-1,{y},{x},13" for at, (x, y) in enumerate(places))
    path = put(tmp_path, draw_image, table, f",yaxis,xaxis,r\n{rows}", "S1_coord.csv")
    section = read_section(path)
    assert section.um_per_pixel == pytest.approx(100 / 40, rel=0.01)
    assert section.spot_pitch_um == pytest.approx(100, rel=0.01)
    with pytest.raises(DataError, match="4 times"):
        read_section(path, um_per_pixel=10.0)


def test_pixels_in_the_table_of_counts_are_used_without_a_spot_file_and_held_against_one(
    tmp_path: Path, draw_image: DrawImage
) -> None:
    own = [f"{x}x{y},{px},{py},{x},{y}" for (x, y), (px, py) in zip(PLACES, PIXEL.tolist(), strict=True)]
    path = tmp_path / "S1.csv"
    path.write_text("\n".join([",pixel_x,pixel_y,A,B", *own]))
    draw_image(tmp_path / "S1.png")
    assert read_section(path).full_pixel == pytest.approx(PIXEL)
    (tmp_path / "S1_selection.tsv").write_text(
        lines("x\ty\tpixel_x\tpixel_y", "{x}\t{y}\t{px}\t{py}").replace("80.0", "75.0")
    )
    section = read_section(path)
    assert any("3 of 12 spots lie elsewhere by the table of counts" in note for note in section.notes)


@pytest.mark.parametrize(
    "name", ["tissue", "is_tissue", "Inside Tissue", "Selected", "tissue_mask", "in_tissue"]
)
@pytest.mark.parametrize(("on", "off"), [("1", "0"), ("TRUE", "FALSE")])
def test_marks_of_tissue_are_honoured_under_every_name(
    tmp_path: Path, draw_image: DrawImage, name: str, on: str, off: str
) -> None:
    spots = lines(f"x\ty\tpixel_x\tpixel_y\t{name}", "{x}\t{y}\t{px}\t{py}\t" + on)
    section = read_section(put(tmp_path, draw_image, counts(), spots[: -len(on)] + off))
    assert section.reason.tolist() == [*[""] * 11, OFF_TISSUE]


def test_names_of_tissues_are_no_marks(tmp_path: Path, draw_image: DrawImage) -> None:
    spots = lines("x\ty\tpixel_x\tpixel_y\ttissue", "{x}\t{y}\t{px}\t{py}\tbreast")
    assert read_section(put(tmp_path, draw_image, counts(), spots)).usable.all()


def test_ids_of_another_section_are_not_joined_by_place(tmp_path: Path, draw_image: DrawImage) -> None:
    spots = lines("barcode,pixel_x,pixel_y", "S2_{x}x{y},{px},{py}")
    with pytest.raises(DataError, match="none of its 12 spots stands in"):
        read_section(put(tmp_path, draw_image, counts(prefix="S1_"), spots))


def test_places_of_the_array_are_not_taken_for_pixels(tmp_path: Path, draw_image: DrawImage) -> None:
    spots = lines("barcode,x,y", "{x}x{y},{x},{y}")
    with pytest.raises(DataError, match="1 pixels apart; if these are places on the array"):
        read_section(put(tmp_path, draw_image, counts(), spots))


@pytest.mark.parametrize("cell", ["1_0", "１２", "1 0"])
@pytest.mark.parametrize("where", ["S1.tsv", "S1_selection.tsv"])
def test_what_only_python_takes_for_a_number_is_refused(
    tmp_path: Path, draw_image: DrawImage, cell: str, where: str
) -> None:
    path = put(tmp_path, draw_image, counts(), lines("x\ty\tpixel_x\tpixel_y", "{x}\t{y}\t{px}\t{py}"))
    text = (tmp_path / where).read_text()
    (tmp_path / where).write_text(text.rpartition("\t")[0] + "\t" + cell)
    with pytest.raises(DataError, match="is no number; correct it"):
        read_section(path)


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("1x2", (1, 2)),
        ("1X2", (1, 2)),
        ("X1x2", (1, 2)),
        ("S1-10x13.5", (10, 13.5)),
        ("ACGT-1", None),
        ("x", None),
    ],
)
def test_places_are_known_behind_other_words(name: str, place: tuple[float, float] | None) -> None:
    assert place_of(name) == place


def test_a_table_with_spots_in_columns_is_called_that(tmp_path: Path, draw_image: DrawImage) -> None:
    spots = lines("barcode,pixel_x,pixel_y", "AC{i}-1,{px},{py}")
    table = "\n".join(
        ["\t" + "\t".join(f"AC{i}-1" for i in range(12)), *(f"G{k}" + "\t3" * 12 for k in range(4))]
    )
    with pytest.raises(DataError, match=r"the spots of S1_selection\.tsv stand in its columns; transpose"):
        read_section(put(tmp_path, draw_image, table, spots), um_per_pixel=2.0)


def test_spots_that_two_files_name_otherwise_are_shown_of_both(tmp_path: Path, draw_image: DrawImage) -> None:
    spots = lines("barcode,pixel_x,pixel_y", "S1_AC{i}-1,{px},{py}")
    table = "\n".join(["\tA\tB", *(f"AC{k}-1\t3\t1" for k in range(12))])
    with pytest.raises(DataError, match="has 'S1_AC0-1' and others, the counts 'AC0-1'; is it"):
        read_section(put(tmp_path, draw_image, table, spots), um_per_pixel=2.0)
