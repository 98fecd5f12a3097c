"""Grey JPEG, PNG and TIFF files of radiographs and scans."""

import numpy as np
import pytest
from PIL import Image

from spectra_dl.errors import DataError
from spectra_dl.imaging.grey_file import open_grey

GREY = np.arange(256, dtype=np.uint8).reshape(16, 16)


@pytest.mark.parametrize("name", ["a.png", "a.tif", "a.jpg"])
def test_eight_bits_stay_as_they_are(tmp_path, name):
    Image.fromarray(GREY).save(tmp_path / name, quality=100)
    pixels = open_grey(tmp_path / name).decoded()
    assert pixels.shape == (16, 16, 3)
    assert np.abs(pixels.astype(int) - GREY[..., None]).max() <= (3 if name == "a.jpg" else 0)


@pytest.mark.parametrize("name", ["a.png", "a.tif"])
def test_more_bits_are_stretched_between_percentiles(tmp_path, name):
    values = np.linspace(1000, 3000, 10_000).reshape(100, 100).astype(np.uint16)
    values[0, 0] = 65535  # one bright pixel
    Image.fromarray(values).save(tmp_path / name)
    file = open_grey(tmp_path / name)
    assert file.deep
    pixels = file.decoded()[..., 0]
    assert (pixels.min(), pixels.max()) == (0, 255)
    assert 120 < np.median(pixels) < 136


def test_an_even_image_is_grey_all_over(tmp_path):
    Image.fromarray(np.full((4, 4), 777, dtype=np.uint16)).save(tmp_path / "a.png")
    assert set(np.unique(open_grey(tmp_path / "a.png").decoded())) == {128}


def test_transparent_is_white_and_colours_are_not_grey(tmp_path):
    Image.new("LA", (4, 4), (0, 0)).save(tmp_path / "clear.png")
    assert set(np.unique(open_grey(tmp_path / "clear.png").decoded())) == {255}
    Image.new("RGB", (4, 4)).save(tmp_path / "colours.png")
    assert open_grey(tmp_path / "colours.png") is None


def test_one_cut_short_is_refused(tmp_path):
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (64, 64), dtype=np.uint8)).save(
        tmp_path / "a.png"
    )
    (tmp_path / "a.png").write_bytes((tmp_path / "a.png").read_bytes()[:900])
    with pytest.raises(DataError, match="truncated or damaged PNG"):
        open_grey(tmp_path / "a.png").decoded()
