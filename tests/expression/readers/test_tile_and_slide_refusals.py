"""What goes wrong seldom in folders of tiles and in slides, each with its own sentence."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from fuzzing.sections import tile_files
from spectra_dl.errors import DataError
from spectra_dl.expression.readers import read_section
from spectra_dl.expression.readers.pixel_size import PixelSize
from spectra_dl.expression.readers.written_sizes import written_pixel_sizes
from spectra_dl.imaging.pixel_fields import StatedSize
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


@pytest.mark.parametrize("sign", ["\u00b5", "\u03bc"])
def test_micrometres_are_read_with_either_sign_of_unicode(tiff, sign):
    path = tiff()
    text = f'<OME><Pixels PhysicalSizeX="2" PhysicalSizeY="2" PhysicalSizeXUnit="{sign}m" PhysicalSizeYUnit="{sign}m"/></OME>'
    tifffile.imwrite(path, tifffile.imread(path), description=text.encode(), photometric="rgb", metadata=None)
    assert read_section(path).um_per_pixel == 2.0


SIZE = "from the slide's own field"


@pytest.mark.parametrize(
    ("sizes", "known"), [((StatedSize(0.5, 0.502, SIZE),), [PixelSize(0.501, SIZE)]), ((), [])]
)
def test_a_slide_says_itself_how_large_its_pixels_are(sizes, known):
    assert written_pixel_sizes(SlideImage(Path("a.svs"), 10, 10, sizes)) == known


def test_pixels_that_are_not_square_are_refused_unless_a_person_says_their_size():
    image = SlideImage(Path("a.svs"), 10, 10, (StatedSize(2.0, 4.0, SIZE),))
    with pytest.raises(DataError, match="2 µm wide and 4 µm high"):
        written_pixel_sizes(image)
    assert [size.um_per_pixel for size in written_pixel_sizes(image, given=3.0)] == [2.0, 4.0]


def test_spots_too_close_for_a_image_are_refused(tiff):
    with pytest.raises(DataError, match="are too many or too close"):
        read_section(tiff(), um_per_pixel=100.0, pitch_um=100.0)


def test_a_image_without_tissue_under_any_spot_is_refused(tmp_path):
    Image.fromarray(np.full((150, 200, 3), 255, dtype=np.uint8)).save(tmp_path / "a.png")
    with pytest.raises(DataError, match="would lie on tissue"):
        read_section(tmp_path / "a.png", um_per_pixel=1.0)


def test_a_tiff_cut_in_its_head_is_refused(tiff):
    path = tiff()
    path.write_bytes(b"II+\0" + path.read_bytes()[4:6])
    with pytest.raises(DataError, match="truncated or damaged TIFF"):
        read_section(path, um_per_pixel=1.0)


def test_an_image_whose_colours_are_all_grey_is_refused(tiff):
    path = tiff()
    grey = Image.open(path).convert("L")
    grey.convert("RGB").save(path)
    with pytest.raises(DataError, match="a grey image, red, green and blue are the same"):
        read_section(path, um_per_pixel=1.0)
