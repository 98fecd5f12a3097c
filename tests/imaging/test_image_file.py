"""Images from strangers: refused before they are decoded, or read as they are."""

import numpy as np
import pytest
from PIL import Image

from example_images import REFUSED, strip, tiff
from spectra_dl.errors import DataError, UnsafeError
from spectra_dl.imaging.image_file import jpeg_pixels, open_image
from spectra_dl.imaging.whole_image import cut_tiles


@pytest.mark.parametrize("fault", REFUSED)
def test_what_is_no_image_or_states_an_impossible_size_is_refused_by_name(tmp_path, fault):
    path = tmp_path / "image.png"
    path.write_bytes(REFUSED[fault])
    with pytest.raises(DataError, match=r"image\.png") as refusal:
        open_image(path)
    assert len(str(refusal.value)) <= 500


@pytest.mark.parametrize("protocol", [2, 4, 5])
def test_a_pickle_under_an_images_name_is_never_opened(tmp_path, protocol):
    path = tmp_path / "image.png"
    path.write_bytes(bytes([0x80, protocol]) + b"cos\nsystem\n")
    with pytest.raises(UnsafeError, match="pickle"):
        open_image(path)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF"])
def test_an_image_cut_short_is_refused_and_never_half_grey(tmp_path, kind):
    path = tmp_path / "image"
    pixels = np.random.default_rng(0).integers(0, 256, (200, 200, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(path, kind)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(DataError, match="truncated or damaged"):
        open_image(path).decoded()


def test_a_strip_that_lies_beyond_the_end_is_refused(tmp_path):
    path = tmp_path / "image.tif"
    path.write_bytes(tiff(strip(10, 10, 10**6, 100)))
    with pytest.raises(DataError, match=r"image\.tif"):
        open_image(path).decoded()


def test_a_directory_that_points_to_itself_does_not_hang(tmp_path):
    path = tmp_path / "image.tif"
    entries = strip(10, 10, 8 + 2 + 9 * 12 + 4, 100)
    path.write_bytes(tiff(entries, next_directory=8, tail=bytes(range(100))))
    assert open_image(path).decoded()[0, :3, 0].tolist() == [0, 1, 2]


def test_what_is_transparent_is_put_on_white(tmp_path):
    pixels = np.zeros((8, 8, 4), dtype=np.uint8)
    pixels[:4] = (200, 0, 0, 255)
    Image.fromarray(pixels).save(tmp_path / "p.png")
    whole = open_image(tmp_path / "p.png").decoded()
    assert whole[0, 0].tolist() == [200, 0, 0]
    assert whole[7, 7].tolist() == [255, 255, 255]


def test_an_image_larger_than_a_band_is_decoded_whole(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (1300, 40, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "p.png")
    np.testing.assert_array_equal(open_image(tmp_path / "p.png").decoded(), pixels)


def test_one_pixel_gives_a_tile_that_is_white_but_for_it():
    (tile,) = cut_tiles(np.full((1, 1, 3), 9, dtype=np.uint8), np.array([[0.5, 0.5]]), 3.0, 3)
    assert (tile == 9).sum() == 3
    assert (tile == 255).sum() == 24


@pytest.mark.parametrize("place", [(-500.0, 5.0), (5.0, 1e9), (15.0, 0.0)])
def test_a_tile_beyond_the_edge_is_white_there(place):
    (tile,) = cut_tiles(np.zeros((10, 10, 3), dtype=np.uint8), np.array([place]), 8.0, 8)
    assert (tile == 255).any()


def test_a_folder_a_pipe_and_a_missing_file_are_refused(tmp_path):
    import os

    os.mkfifo(tmp_path / "pipe.png")
    for path in (tmp_path, tmp_path / "pipe.png", tmp_path / "none.png"):
        with pytest.raises(DataError):
            open_image(path)


@pytest.mark.parametrize("content", [b"", b"\xff\xd8\xff", b"text"])
def test_a_damaged_tile_in_memory_is_refused_by_its_place(content):
    with pytest.raises(DataError, match="tile 7"):
        jpeg_pixels(content, "tile 7")
