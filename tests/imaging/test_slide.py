"""Slides read region by region give what the whole image gives."""

from pathlib import Path

import numpy as np
import pytest
import tifffile

from spectra_dl.errors import DataError
from spectra_dl.expression.readers import read_section
from spectra_dl.imaging import slide as slide_image
from spectra_dl.imaging import whole_image
from spectra_dl.imaging.slide import SlideImage, open_tissue_image, stated_sizes
from spectra_dl.imaging.tiff_image import TiffImage
from spectra_dl.imaging.whole_image import cut_tiles


@pytest.fixture
def pixels():
    """A smooth image with tissue in its middle."""
    row, column = np.mgrid[:700, :900]
    inside = ((row - 350) ** 2 / 300**2 + (column - 450) ** 2 / 400**2 < 1)[..., None]
    tissue = np.stack([150 + 40 * np.sin(row / 60), 90 + 40 * np.cos(column / 50), 140 + 0 * row], axis=-1)
    return np.where(inside, tissue, 242).astype(np.uint8)


@pytest.fixture
def slide(tmp_path, pixels, monkeypatch):
    """A tiled TIFF with a smaller copy of itself, large enough to be read by regions."""
    monkeypatch.setattr(slide_image, "_DECODED_WHOLE", 1000)
    monkeypatch.setattr(whole_image, "BAND_PIXELS", 100_000)
    path = tmp_path / "slide.tif"
    # 0.5 um per pixel is 20,000 pixels per centimetre.
    options = {
        "tile": (128, 128),
        "photometric": "rgb",
        "resolution": (20_000, 20_000),
        "resolutionunit": "CENTIMETER",
    }
    with tifffile.TiffWriter(path) as file:
        file.write(pixels, **options)
        file.write(pixels[::4, ::4], subfiletype=1, tile=(128, 128), photometric="rgb")
    return path


def test_a_slide_is_measured_without_being_decoded(slide):
    image = open_tissue_image(slide)
    assert isinstance(image, SlideImage)
    assert (image.width, image.height) == (900, 700)
    assert [(size.across_um, size.down_um) for size in stated_sizes(image)] == [pytest.approx((0.5, 0.5))] * 3


def test_tiles_of_a_slide_are_those_of_the_whole_image_also_beyond_its_edge(slide, pixels):
    centre = np.array([[450.0, 350.0], [10.0, 10.0], [899.0, 699.0], [-500.0, 100.0]])
    for tile, expected in zip(
        open_tissue_image(slide).cutter()(centre, 100.0, 100),
        cut_tiles(pixels, centre, 100.0, 100),
        strict=True,
    ):
        np.testing.assert_array_equal(tile, expected)


def test_a_large_tile_comes_from_the_smaller_copy(slide, pixels):
    centre = np.array([[450.0, 350.0]])
    tile = next(iter(open_tissue_image(slide).cutter()(centre, 400.0, 50)))
    expected = next(iter(cut_tiles(pixels, centre, 400.0, 50)))
    assert abs(tile.astype(int) - expected).mean() < 3


def test_the_small_image_is_put_together_from_bands(slide, pixels):
    small, scale = open_tissue_image(slide).thumbnail(225)
    assert small.shape == (175, 225, 3)
    assert scale == pytest.approx(0.25)
    assert abs(small.astype(int) - pixels[2::4, 2::4]).mean() < 3


def test_spots_are_laid_over_a_slide_by_its_own_scale(slide):
    section = read_section(slide, pitch_um=30.0)
    assert section.um_per_pixel == pytest.approx(0.5)
    assert "slide's own field" in section.um_per_pixel_source
    assert len(section) == pytest.approx(np.pi * 300 * 400 / 60**2, rel=0.1)


def test_a_large_ome_tiff_keeps_the_size_that_ome_states(tmp_path, pixels, monkeypatch):
    monkeypatch.setattr(slide_image, "_DECODED_WHOLE", 1000)
    described = {
        "axes": "YXS",
        "PhysicalSizeX": 500.0,
        "PhysicalSizeXUnit": "nm",
        "PhysicalSizeY": 500.0,
        "PhysicalSizeYUnit": "nm",
    }
    tifffile.imwrite(
        tmp_path / "a.tif", pixels, ome=True, tile=(128, 128), photometric="rgb", metadata=described
    )
    section = read_section(tmp_path / "a.tif", pitch_um=30.0)
    assert isinstance(section.image, SlideImage)
    assert section.um_per_pixel == pytest.approx(0.5)


def test_a_slide_cut_short_is_refused_or_read_as_far_as_it_goes(slide):
    content = slide.read_bytes()
    for share in (0.01, 0.3, 0.9):
        slide.write_bytes(content[: int(len(content) * share)])
        with pytest.raises(DataError, match=r"slide\.tif"):
            list(open_tissue_image(slide).cutter()(np.array([[450.0, 350.0], [850.0, 650.0]]), 100.0, 100))


def test_a_huge_stated_size_in_strips_is_refused_before_it_is_decoded(tmp_path):
    path = tmp_path / "huge.tif"
    tifffile.imwrite(path, np.zeros((10, 10, 3), dtype=np.uint8), photometric="rgb")
    with tifffile.TiffFile(path, mode="r+") as file:
        file.pages[0].tags["ImageWidth"].overwrite(100_000)
        file.pages[0].tags["ImageLength"].overwrite(100_000)
    with pytest.raises(DataError, match="100000 x 100000"):
        open_tissue_image(path)


def test_an_image_of_ordinary_size_is_decoded_whole(tmp_path, pixels):
    tifffile.imwrite(tmp_path / "small.tif", pixels, photometric="rgb")
    assert isinstance(open_tissue_image(Path(tmp_path / "small.tif")), TiffImage)


def test_what_is_no_image_is_refused(tmp_path):
    for name in ("x.svs", "x.jpg", "x.png"):
        (tmp_path / name).touch()
        with pytest.raises(DataError, match=f"{name}: an empty file; take a fresh copy"):
            open_tissue_image(tmp_path / name)
    (tmp_path / "x.svs").write_bytes(b"<html>no slide</html>")
    with pytest.raises(DataError, match="not a JPEG, PNG or TIFF"):
        open_tissue_image(tmp_path / "x.svs")


def test_a_fourth_sample_that_is_no_opacity_is_none_in_a_large_image_either(tmp_path, pixels, monkeypatch):
    monkeypatch.setattr(slide_image, "_DECODED_WHOLE", 1000)
    path = tmp_path / "four.tif"
    fourth = np.concatenate([pixels, np.zeros((*pixels.shape[:2], 1), dtype=np.uint8)], axis=2)
    tifffile.imwrite(path, fourth, photometric="rgb", tile=(128, 128), extrasamples=["unspecified"])
    (tile,) = open_tissue_image(path).cutter()(np.array([[450.0, 350.0]]), 64.0, 64)
    np.testing.assert_array_equal(tile, pixels[318:382, 418:482])


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_field_orientation_is_not_applied_to_a_large_image_either(
    tmp_path, pixels, monkeypatch, orientation
):
    monkeypatch.setattr(slide_image, "_DECODED_WHOLE", 1000)
    field = [(274, "H", 1, orientation, True)]
    path = tmp_path / "turned.tif"
    tifffile.imwrite(path, pixels, photometric="rgb", tile=(128, 128), extratags=field)
    (tile,) = open_tissue_image(path).cutter()(np.array([[450.0, 350.0]]), 64.0, 64)
    np.testing.assert_array_equal(tile, pixels[318:382, 418:482])


def test_three_samples_that_are_not_said_to_be_colours_are_taken_for_them_in_a_large_image_too(
    tmp_path, pixels, monkeypatch
):
    monkeypatch.setattr(slide_image, "_DECODED_WHOLE", 1000)
    path = tmp_path / "black.tif"
    tifffile.imwrite(path, pixels, photometric="minisblack", planarconfig="contig", tile=(128, 128))
    (tile,) = open_tissue_image(path).cutter()(np.array([[450.0, 350.0]]), 64.0, 64)
    np.testing.assert_array_equal(tile, pixels[318:382, 418:482])
