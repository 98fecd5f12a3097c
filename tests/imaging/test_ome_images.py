"""Several images or pages in one TIFF: the largest is read with a note, of equal ones none is chosen."""

import numpy as np
import pytest
import tifffile

from fuzzing.tiff_variants import tissue
from spectra_dl.errors import DataError
from spectra_dl.imaging.slide import open_tissue_image


def write_ome(path, *images):
    """Write an image of OME for each name and pixels."""
    with tifffile.TiffWriter(path, ome=True) as file:
        for name, pixels in images:
            file.write(pixels, photometric="rgb", metadata={"axes": "YXS", "Name": name})
    return path


def test_two_images_of_one_size_are_refused_by_name(tmp_path):
    path = write_ome(tmp_path / "a.tif", ("Section 1", tissue()), ("Section 2", tissue()))
    with pytest.raises(
        DataError, match=r"'Section 1', 'Section 2'.*200 x 150 pixels.*export the one"
    ) as refusal:
        open_tissue_image(path)
    assert len(str(refusal.value)) <= 500


@pytest.mark.parametrize("turn", [1, -1])
def test_the_largest_of_several_images_is_read_and_a_note_says_so(tmp_path, turn):
    images = [("macro", tissue()[::4, ::4]), ("tissue", tissue())]
    image = open_tissue_image(write_ome(tmp_path / "a.tif", *images[::turn]))
    np.testing.assert_array_equal(image.decoded(), tissue())
    assert "of 2 images in OME-XML" in image.notes[0]
    assert "the largest is read, 'tissue' of 200 x 150 pixels" in image.notes[0]


def test_one_image_in_ome_needs_no_note(tmp_path):
    assert not open_tissue_image(write_ome(tmp_path / "a.tif", ("tissue", tissue()))).notes


@pytest.mark.parametrize("first", [True, False])
def test_a_grey_page_beside_the_only_one_in_colours_is_no_stack(tmp_path, first):
    mask = np.zeros(tissue().shape[:2], dtype=np.uint8)
    pages = [(mask, "minisblack"), (tissue(), "rgb")]
    with tifffile.TiffWriter(tmp_path / "a.tif") as file:
        for pixels, photometric in pages if first else pages[::-1]:
            file.write(pixels, photometric=photometric, metadata=None)
    image = open_tissue_image(tmp_path / "a.tif")
    np.testing.assert_array_equal(image.decoded(), tissue())
    assert f"page {1 + first} of 2 is used, the only one of its size in colours" in image.notes[0]
