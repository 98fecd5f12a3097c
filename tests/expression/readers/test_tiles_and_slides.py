"""Tiles that were cut before, and images without counts."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, TiffImagePlugin

from spectra_dl.errors import DataError, UnsafeError, UsageError
from spectra_dl.expression.readers import SectionSource, read_section
from spectra_dl.expression.section import OFF_TISSUE
from spectra_dl.imaging.precut_tiles import PrecutTiles

DrawImage = Callable[[Path], Path]


@pytest.fixture
def tiles(tmp_path: Path) -> Path:
    """Four tiles of 20 pixels, each of one grey, with two genes counted in each."""
    folder = tmp_path / "tiles"
    folder.mkdir()
    lines = ["file,x,y,GENEA,GENEB"]
    for k in range(4):
        Image.fromarray(np.full((20, 20, 3), 10 * (k + 1), dtype=np.uint8)).save(folder / f"t{k}.png")
        lines.append(f"t{k}.png,{100 * k + 50},50,{k},{k + 1}")
    (folder / "tiles.csv").write_text("\n".join(lines) + "\n")
    return folder


def test_tiles_and_counts_are_joined_by_their_table(tiles: Path) -> None:
    section = read_section(tiles, um_per_pixel=0.5)
    assert isinstance(section.image, PrecutTiles)
    assert section.counts.toarray().tolist() == [[0, 1], [1, 2], [2, 3], [3, 4]]
    assert section.position_um[3].tolist() == [175.0, 25.0]
    centre = section.position_um[[2, 0]] / section.um_per_pixel
    assert [int(tile.mean()) for tile in section.image.cutter()(centre, 20.0, 10)] == [30, 10]


def test_a_smaller_tile_is_the_middle_of_the_stored_one(tiles: Path) -> None:
    pixels = np.zeros((20, 20, 3), dtype=np.uint8)
    pixels[5:15, 5:15] = 200
    Image.fromarray(pixels).save(tiles / "t0.png")
    section = read_section(tiles, um_per_pixel=0.5)
    tile = next(section.image.cutter()(section.position_um[:1] / 0.5, 10.0, 10))
    assert (tile == 200).all()


def test_a_larger_tile_than_the_stored_ones_is_refused(tiles: Path) -> None:
    section = read_section(tiles, um_per_pixel=0.5)
    with pytest.raises(DataError, match="20 pixels of the full image wide and 40"):
        next(section.image.cutter()(section.position_um / 0.5, 40.0, 10))


def test_a_place_without_tile_is_refused(tiles: Path) -> None:
    section = read_section(tiles, um_per_pixel=0.5)
    with pytest.raises(DataError, match="1 of 1 spots have no tile"):
        next(section.image.cutter()(np.array([[7.0, 7.0]]), 20.0, 10))


def test_the_small_image_shows_tiles_in_their_places(tiles: Path) -> None:
    section = read_section(tiles, um_per_pixel=0.5)
    small, scale = section.image.thumbnail(10_000)
    assert scale == 1.0
    assert small[50, 250].tolist() == [30, 30, 30]
    assert small[50, 200].tolist() == [255, 255, 255]


def test_a_missing_tile_is_listed_and_nothing_is_dropped(tiles: Path) -> None:
    (tiles / "t1.png").unlink()
    section = read_section(tiles, um_per_pixel=0.5)
    assert list(section.reason) == ["", "no tile", "", ""]


@pytest.mark.parametrize("name", ["../secret.png", "/etc/passwd", "..\\x.png", "C:\\x.png"])
def test_a_file_outside_the_folder_is_never_opened(tiles: Path, name: str) -> None:
    table = tiles / "tiles.csv"
    table.write_text(table.read_text().replace("t2.png", name))
    with pytest.raises(UnsafeError, match="line 4"):
        read_section(tiles, um_per_pixel=0.5)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (",50,2,3", ",50,two,3", "line 4, column 4: 'two' is no number"),
        (",50,2,3", ",50,2", "line 4: 4 cells for 5 columns"),
        ("t2.png", "t1.png", "barcode 't1.png' stands twice"),
        ("GENEB", "GENEA", "column 'GENEA' stands twice"),
    ],
)
def test_a_broken_table_of_tiles_is_refused_with_its_place(
    tiles: Path, old: str, new: str, said: str
) -> None:
    table = tiles / "tiles.csv"
    table.write_text(table.read_text().replace(old, new))
    with pytest.raises(DataError, match=said):
        read_section(tiles, um_per_pixel=0.5)


def test_values_that_are_no_counts_are_predicted_on_and_said(tiles: Path) -> None:
    table = tiles / "tiles.csv"
    table.write_text(table.read_text().replace(",50,2,3", ",50,2.5,3"))
    section = read_section(tiles, um_per_pixel=0.5)
    assert section.counts is None
    assert any("line 4, gene 'GENEA': 2.5 is no count" in note for note in section.notes)


def test_marks_of_tissue_and_metadata_in_a_table_of_tiles_are_no_genes(tiles: Path) -> None:
    table = tiles / "tiles.csv"
    lines = table.read_text().splitlines()
    more = ["in_tissue,array_row,array_col,cluster"] + [
        f"{int(k != 2)},0,{k},A{k}" for k in range(len(lines) - 1)
    ]
    table.write_text("\n".join(f"{line},{cells}" for line, cells in zip(lines, more, strict=True)))
    section = read_section(tiles, um_per_pixel=0.5)
    assert list(section.gene) == ["GENEA", "GENEB"]
    assert section.reason[2] == OFF_TISSUE
    assert list(section.array.column) == list(range(len(lines) - 1))
    assert any(
        "columns that are no genes are left out: 'in_tissue, array_row" in note for note in section.notes
    )


def test_a_scale_of_an_image_is_refused_for_tiles(tiles: Path) -> None:
    with pytest.raises(UsageError, match="tiles are no image that could have a scale"):
        read_section(SectionSource(tiles, um_per_pixel=0.5, image_scale=0.5))


def test_tiles_need_um_per_pixel(tiles: Path) -> None:
    with pytest.raises(DataError, match="--mpp"):
        read_section(tiles)


def test_spots_are_laid_over_tissue_and_not_over_glass(tmp_path: Path, draw_image: DrawImage) -> None:
    section = read_section(draw_image(tmp_path / "slide.png"), um_per_pixel=2.0, pitch_um=40.0)
    assert section.counts is None
    x, y = (section.position_um / 2.0).T
    assert ((x > 35) & (x < 365) & (y > 55) & (y < 265)).all()
    assert len(section) == pytest.approx(320 * 200 / 20**2, rel=0.1)
    assert np.unique(np.diff(np.unique(x))).tolist() == [20.0]


def test_an_image_without_scale_is_refused(tmp_path: Path, draw_image: DrawImage) -> None:
    with pytest.raises(DataError, match="--mpp"):
        read_section(draw_image(tmp_path / "slide.png"))


def test_an_image_without_tissue_edges_is_all_tissue(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).normal([190, 110, 170], 12, (200, 200, 3)).clip(0, 255).astype(np.uint8)
    Image.fromarray(pixels).save(tmp_path / "crop.png")
    assert len(read_section(tmp_path / "crop.png", um_per_pixel=1.0, pitch_um=20.0)) == 100


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({270: "Aperio Image|AppMag = 20|MPP = 0.4990"}, 0.499),
        ({270: '<OME><Pixels PhysicalSizeX="0.25" PhysicalSizeXUnit="µm"/></OME>'}, 0.25),
        ({270: '<OME><Pixels PhysicalSizeX="0.25" PhysicalSizeXUnit="mm"/></OME>'}, None),
        ({282: 20_000.0, 283: 20_000.0, 296: 3}, 0.5),
        ({282: 20_000.0, 283: 10_000.0, 296: 3}, None),
        ({282: 300.0, 283: 300.0, 296: 2}, None),  # for print: 85 µm
        ({}, None),
    ],
)
def test_a_tiff_says_its_own_scale(
    tmp_path: Path, draw_image: DrawImage, tags: dict[int, object], expected: float | None
) -> None:
    directory = TiffImagePlugin.ImageFileDirectory_v2()
    for tag, value in tags.items():
        directory[tag] = value.encode() if isinstance(value, str) else value
    path = tmp_path / "slide.tif"
    with Image.open(draw_image(tmp_path / "slide.png")) as image:
        image.save(path, tiffinfo=directory)
    if expected is None:
        with pytest.raises(DataError, match="--mpp"):
            read_section(path)
    else:
        assert read_section(path, pitch_um=20.0).um_per_pixel == pytest.approx(expected)


def test_a_smaller_copy_of_a_slide_has_the_full_slides_scale(tmp_path: Path, draw_image: DrawImage) -> None:
    source = SectionSource(draw_image(tmp_path / "a.png"), um_per_pixel=0.5, pitch_um=40.0, image_scale=0.25)
    section = read_section(source)
    assert (section.um_per_pixel, section.full_um_per_pixel) == (2.0, 0.5)
    np.testing.assert_allclose(section.full_pixel, 4 * section.position_um / 2.0)


def test_a_given_scale_that_contradicts_the_file_is_noted(tmp_path: Path, draw_image: DrawImage) -> None:
    with Image.open(draw_image(tmp_path / "a.png")) as image:
        image.save(tmp_path / "a.tif", dpi=(12_700, 12_700))
    section = read_section(tmp_path / "a.tif", um_per_pixel=4.0, pitch_um=80.0)
    assert "2 times the 2 from the TIFF's resolution" in section.notes[1]


def test_an_image_that_asks_to_be_turned_is_read_as_stored_and_the_notes_say_so(
    tmp_path: Path, draw_image: DrawImage
) -> None:
    with Image.open(draw_image(tmp_path / "a.png")) as image:
        exif = image.getexif()
        exif[0x0112] = 6
        image.save(tmp_path / "a.jpg", exif=exif)
    section = read_section(tmp_path / "a.jpg", um_per_pixel=2.0, pitch_um=40.0)
    assert (section.image.width, section.image.height) == (400, 300)
    assert any("EXIF orientation (6) is not applied" in note for note in section.notes)
