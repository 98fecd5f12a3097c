"""What goes wrong seldom in folders of tiles and in slides, each with its own sentence."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fuzzing.sections import tile_files
from spectra_dl.errors import DataError
from spectra_dl.expression.readers import read_section, slide
from spectra_dl.imaging.slide import SlideImage


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("file,x,y\n", "no tiles in it"),
        ("file,x,y\ngone.png,1,1\n", "none of its 1 tiles is in the folder"),
        ("file,x,y\nt0.png,,1\n", "none of its 1 tiles is in the folder"),
    ],
)
def test_a_table_of_tiles_that_does_not_fit_is_refused(put, text, said):
    with pytest.raises(DataError, match=said):
        read_section(put(tile_files(), others={"tiles.csv": text}), um_per_pixel=0.5)


def test_tiles_without_counts_are_a_section_to_predict_on(put):
    text = "file,x,y\nt0.png,50,50\nt1.png,150,50\n"
    found = read_section(put(tile_files(), others={"tiles.csv": text}), um_per_pixel=0.5)
    assert found.counts is None
    assert found.usable.all()


@pytest.fixture
def tiff(tmp_path: Path) -> Callable[..., Path]:
    """Write pink tissue on white glass as TIFF."""

    def write(**options: object) -> Path:
        pixels = np.full((150, 200, 3), 245, dtype=np.uint8)
        pixels[30:130, 20:180] = (190, 110, 170)
        Image.fromarray(pixels).save(tmp_path / "a.tif", **options)
        return tmp_path / "a.tif"

    return write


def test_a_description_in_neither_latin_nor_utf_8_is_taken_as_it_is():
    assert slide._as_utf8("\u4e2d µm") == "\u4e2d µm"
    assert slide._as_utf8("Âµm") == "µm"


@pytest.mark.parametrize(
    ("um", "known"), [(0.5, (0.5, "from the slide's own field")), (None, None), (900.0, None)]
)
def test_a_slide_says_itself_how_large_its_pixels_are(um, known):
    assert slide.written_um_per_pixel(SlideImage(Path("a.svs"), 10, 10, um)) == known


def test_spots_too_close_for_a_image_are_refused(tiff):
    with pytest.raises(DataError, match="are too many or too close"):
        read_section(tiff(), um_per_pixel=100.0, pitch_um=100.0)


def test_a_image_without_tissue_under_any_spot_is_refused(tmp_path):
    Image.fromarray(np.full((150, 200, 3), 255, dtype=np.uint8)).save(tmp_path / "a.png")
    with pytest.raises(DataError, match="would lie on tissue"):
        read_section(tmp_path / "a.png", um_per_pixel=1.0)


def test_tiff_fields_that_can_not_be_read_are_refused(tiff):
    path = tiff()
    content = bytearray(path.read_bytes())
    content[:4] = b"II+\0"
    path.write_bytes(content[:6])
    with pytest.raises(DataError, match=r"TIFF fields can't be read"):
        slide._tiff_tags(path)
