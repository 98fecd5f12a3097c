"""A table of tiles states places, sizes and marks; what contradicts itself is refused, not read one way."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from spectra_dl.errors import DataError
from spectra_dl.expression.readers import read_section
from spectra_dl.expression.section import OFF_TISSUE
from spectra_dl.imaging.precut_tiles import PrecutTiles

Tiles = Callable[..., Path]
PLACES = [(x, y) for y in (1, 2, 3) for x in (1, 2, 3)]


@pytest.fixture
def tiles(tmp_path: Path) -> Tiles:
    """Write nine tiles of 20 pixels, 100 apart, and a table with these columns for place ``(x, y)``."""

    def write(header: str, row: Callable[[int, int, int], str], ending: str = ".png") -> Path:
        lines = [header]
        for at, (x, y) in enumerate(PLACES):
            pixels = np.full((20, 20, 3), (200 - at, 120, 180), dtype=np.uint8)
            Image.fromarray(pixels).save(tmp_path / f"t{at}{ending}")
            lines.append(row(at, x, y))
        (tmp_path / "tiles.csv").write_text("\n".join(lines))
        return tmp_path

    return write


def plain(at: int, x: int, y: int) -> str:
    return f"t{at}.png,{100 * x},{100 * y},{at}"


@pytest.mark.parametrize("name", ["in_tissue", "tissue", "is_tissue", "selected", "Inside tissue"])
def test_marks_of_tissue_are_honoured_under_every_name(tiles: Tiles, name: str) -> None:
    folder = tiles(f"file,x,y,A,{name}", lambda at, x, y: f"{plain(at, x, y)},{int(at > 0)}")
    section = read_section(folder, um_per_pixel=0.5)
    assert section.reason.tolist()[0] == OFF_TISSUE
    assert list(section.gene) == ["A"]


@pytest.mark.parametrize("names", ["array_row,array_col", "Array_Row,arrayCol"])
def test_places_on_the_array_are_known_in_any_case_of_their_letters(tiles: Tiles, names: str) -> None:
    section = read_section(
        tiles(f"file,x,y,A,{names}", lambda at, x, y: f"{plain(at, x, y)},{y},{x}"), um_per_pixel=0.5
    )
    assert section.array.row.tolist() == [y for _, y in PLACES]


@pytest.mark.parametrize(
    "names", ["pixel_x,pixel_y", "pxl_col_in_fullres,pxl_row_in_fullres", "imagecol,imagerow"]
)
def test_places_on_an_array_beside_pixels_are_not_taken_for_pixels(tiles: Tiles, names: str) -> None:
    folder = tiles(f"barcode,x,y,{names},A", lambda at, x, y: f"t{at},{x},{y},{100 * x},{100 * y},{at}")
    with pytest.raises(DataError, match=r"line 2: x and y are 1, 1, but .* 100, 100; call the position"):
        read_section(folder, um_per_pixel=0.5)


def test_the_same_pixels_twice_are_read(tiles: Tiles) -> None:
    folder = tiles("file,x,y,A,pixel_x,pixel_y", lambda at, x, y: f"{plain(at, x, y)},{100 * x},{100 * y}")
    assert read_section(folder, um_per_pixel=0.5).full_pixel[0].tolist() == [100, 100]


def test_places_on_an_array_alone_are_refused(tiles: Tiles) -> None:
    folder = tiles("file,x,y,A", lambda at, x, y: f"t{at}.png,{x},{y},{at}")
    with pytest.raises(DataError, match="20 pixels wide and lie 1 pixels apart"):
        read_section(folder, um_per_pixel=0.5)


def test_the_pixel_size_that_the_table_states_is_used_and_held_against_the_one_given(tiles: Tiles) -> None:
    folder = tiles("file,x,y,A,mpp", lambda at, x, y: f"{plain(at, x, y)},0.25")
    assert read_section(folder).um_per_pixel == 0.25
    section = read_section(folder, um_per_pixel=0.5)
    assert any("2 times the 0.25 from the column mpp" in note for note in section.notes)
    text = (folder / "tiles.csv").read_text()
    (folder / "tiles.csv").write_text(text[: -len("0.25")] + "0.5")
    with pytest.raises(DataError, match=r"column 'mpp' goes from 0\.25 to 0\.5"):
        read_section(folder)


@pytest.mark.parametrize("size", [(40, 40), (20, 13)])
def test_a_tile_of_another_size_is_refused_when_it_is_cut(tiles: Tiles, size: tuple[int, int]) -> None:
    folder = tiles("file,x,y,A", plain)
    Image.new("RGB", size, "pink").save(folder / "t3.png")
    section = read_section(folder, um_per_pixel=0.5)
    assert isinstance(section.image, PrecutTiles)
    with pytest.raises(DataError, match=rf"t3\.png: {size[0]} x {size[1]} pixels, where t0\.png has 20 x 20"):
        list(section.image.cutter()(section.full_pixel, 20.0, 20))


def test_tiles_that_are_not_square_are_refused(tiles: Tiles) -> None:
    folder = tiles("file,x,y,A", plain)
    Image.new("RGB", (20, 30), "pink").save(folder / "t0.png")
    with pytest.raises(DataError, match="a tile of 20 x 30 pixels; tiles are square"):
        read_section(folder, um_per_pixel=0.5)


def test_one_file_for_two_spots_is_refused(tiles: Tiles) -> None:
    folder = tiles("barcode,file,x,y,A", lambda at, x, y: f"s{at},t{at % 8}.png,{100 * x},{100 * y},{at}")
    with pytest.raises(DataError, match=r"file 't0\.png' stands twice"):
        read_section(folder, um_per_pixel=0.5)


def test_two_tables_of_tiles_are_named(tiles: Tiles) -> None:
    folder = tiles("file,x,y,A", plain)
    (folder / "old.csv").write_text("file,x,y\n")
    with pytest.raises(DataError, match="2 tables of tiles"):
        read_section(folder, um_per_pixel=0.5)


@pytest.mark.parametrize("header", ["barcode,x,y,A", "file,x,y,A"])
def test_files_are_found_whatever_the_case_of_their_ending(tiles: Tiles, header: str) -> None:
    folder = tiles(header, lambda at, x, y: f"t{at},{100 * x},{100 * y},{at}", ending=".JPG")
    assert read_section(folder, um_per_pixel=0.5).usable.sum() == 8  # the first has no counts


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("\tA\tB\n1x2\t1\t2\n".encode("utf-16"), "text in UTF-16, as Excel writes it"),
        (b"\tA\tB\r1x2\t1\t2\r", "lines end as on old Macs"),
        ("\tGén\tB\n1x2\t1\t2\n".encode("latin-1"), r"no UTF-8 \(byte 3\); save it as UTF-8"),
    ],
)
def test_text_of_another_encoding_is_named(tmp_path: Path, content: bytes, says: str) -> None:
    (tmp_path / "S1.tsv").write_bytes(content)
    with pytest.raises(DataError, match=says):
        read_section(tmp_path / "S1.tsv")
