"""What a scanner's description says besides the size of a pixel, and planes that a file doesn't describe."""

import numpy as np
import pytest
import tifffile

from fuzzing.tiff_variants import tissue
from spectra_dl.errors import DataError
from spectra_dl.expression.readers.written_sizes import image_notes, written_pixel_sizes
from spectra_dl.imaging.slide import open_tissue_image, stated_magnification


@pytest.mark.parametrize(
    ("description", "magnification"),
    [
        ("Aperio Image Library v1\r\n256x192 |AppMag = 20|MPP = 0.5", 20.0),
        ("some scanner|AppMag = 40|MPP = 0.25", 40.0),
        ("some scanner|AppMag = 0|MPP = 0.25", None),
        ("some scanner|MPP = 0.25", None),
    ],
)
def test_the_magnification_is_that_of_the_description(tmp_path, description, magnification):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, tissue(), photometric="rgb", description=description, metadata=None, tile=(64, 64))
    image = open_tissue_image(path)
    assert stated_magnification(image) == magnification
    rough = [size for size in written_pixel_sizes(image, image_scale=0.5) if size.rough]
    assert [size.um_per_pixel for size in rough] == ([5.0 / magnification] if magnification else [])


def test_pixels_that_are_nearly_square_are_noted_where_a_person_chose(tmp_path):
    path = tmp_path / "a.ome.tif"
    sizes = {"axes": "YXS", "PhysicalSizeX": 2.0, "PhysicalSizeY": 2.15}
    tifffile.imwrite(path, tissue(), photometric="rgb", ome=True, metadata=sizes)
    image = open_tissue_image(path)
    with pytest.raises(DataError, match=r"2 µm wide and 2\.15 µm high"):
        written_pixel_sizes(image)
    assert written_pixel_sizes(image, given=2.07)
    assert any("2 µm wide and 2.15 µm high" in note for note in image_notes(image))


def test_only_the_axis_that_is_stated_is_named(tmp_path):
    path = tmp_path / "a.ome.tif"
    metadata = {"axes": "YXS", "PhysicalSizeY": 2.0}
    tifffile.imwrite(path, tissue(), photometric="rgb", ome=True, metadata=metadata)
    (size,) = written_pixel_sizes(open_tissue_image(path))
    assert "PhysicalSizeY" in size.source


def test_a_stack_of_which_one_plane_is_described_is_refused(tmp_path):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, np.stack([tissue()] * 2), imagej=True)
    with tifffile.TiffFile(path, mode="r+") as file:
        first = file.pages[0]
        link = first.offset + 2 + 12 * len(first.tags)
        order = ">" if file.byteorder == ">" else "<"
    content = bytearray(path.read_bytes())
    content[link : link + 4] = (0).to_bytes(4, "big" if order == ">" else "little")
    path.write_bytes(content)
    with pytest.raises(DataError, match="a stack of 2 images by ImageJ's description"):
        open_tissue_image(path)
