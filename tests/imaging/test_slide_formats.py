"""Slides of scanners: opened by OpenSlide, or a refusal that names what is missing."""

import sys
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from fuzzing.dicom_slide import write_dicom_slide
from fuzzing.tiff_variants import tissue
from spectra_dl.errors import DataError, UsageError
from spectra_dl.expression.readers import read_section
from spectra_dl.imaging import tiff_image
from spectra_dl.imaging.slide import SlideImage, is_slide, open_tissue_image
from spectra_dl.imaging.tiff_image import TiffImage

APERIO = "Aperio Image Library v12\r\n200x150 (64x64) J2K/{kind} Q=70|AppMag = 20|MPP = {mpp}"


def write_svs(path: Path, compression: int, *, mpp: float = 2.0, **options: object) -> np.ndarray:
    """Write an Aperio SVS with a thumbnail and a label after the slide, and return its pixels."""
    described = APERIO.format(kind=compression, mpp=mpp)
    with tifffile.TiffWriter(path) as file:
        common = {"photometric": "rgb", "metadata": None}
        file.write(
            tissue(), description=described, tile=(64, 64), compression=compression, **common, **options
        )
        file.write(tissue()[::4, ::4], description=described, **common)
        file.write(tissue()[::2, ::5], description="Aperio Image Library v12\r\nlabel 40x75", **common)
    return tissue()


@pytest.mark.parametrize("compression", [1, 7, 33005])
def test_an_svs_is_read_through_openslide_with_its_mpp(tmp_path, compression):
    pixels = write_svs(tmp_path / "a.svs", compression)
    section = read_section(tmp_path / "a.svs", pitch_um=20.0)
    assert isinstance(section.image, SlideImage)
    assert section.um_per_pixel == 2.0
    (tile,) = section.image.cutter()(np.array([[100.0, 75.0]]), 40.0, 40)
    assert abs(tile.astype(int) - pixels[55:95, 80:120]).mean() < 3


@pytest.mark.parametrize("compression", [1, 7, 33005])
def test_without_openslide_the_largest_page_of_an_svs_is_read_with_the_same_mpp(
    tmp_path, monkeypatch, compression
):
    pixels = write_svs(tmp_path / "a.svs", compression)
    monkeypatch.setitem(sys.modules, "openslide", None)
    section = read_section(tmp_path / "a.svs", pitch_um=20.0)
    assert isinstance(section.image, TiffImage)
    assert section.um_per_pixel == 2.0
    assert abs(section.image.decoded().astype(int) - pixels).mean() < 3


def test_without_both_readers_the_extra_is_named_for_jpeg_2000(tmp_path, monkeypatch):
    write_svs(tmp_path / "a.svs", 33005)
    monkeypatch.setitem(sys.modules, "openslide", None)
    monkeypatch.setattr(tiff_image, "find_spec", lambda _: None)
    with pytest.raises(
        UsageError, match=r"APERIO_JP2000_RGB \(compression 33005\).*pip install 'spectra-dl\[slides\]'"
    ):
        read_section(tmp_path / "a.svs")


def test_an_svs_whose_mpp_and_resolution_differ_is_refused_with_both(tmp_path):
    write_svs(tmp_path / "a.svs", 1, resolution=(20_000, 20_000), resolutionunit="CENTIMETER")
    with pytest.raises(
        DataError, match=r"2 µm per pixel from the slide's own field, but 0\.5 from the TIFF's resolution"
    ):
        read_section(tmp_path / "a.svs")


def test_an_svs_with_an_mpp_that_no_tissue_has_asks_for_it(tmp_path):
    write_svs(tmp_path / "a.svs", 1, mpp=499.0)
    with pytest.raises(DataError, match="say --mpp"):
        read_section(tmp_path / "a.svs")


@pytest.mark.parametrize("by_folder", [True, False])
def test_a_dicom_slide_is_read_by_its_file_or_folder_with_its_pixel_spacing(tmp_path, by_folder):
    (tmp_path / "slide").mkdir()
    write_dicom_slide(tmp_path / "slide" / "a.dcm", tissue(), 2.0)
    section = read_section(tmp_path / "slide" if by_folder else tmp_path / "slide" / "a.dcm", pitch_um=20.0)
    assert section.name == ("slide" if by_folder else "a")
    assert section.um_per_pixel == 2.0
    (tile,) = section.image.cutter()(np.array([[100.0, 75.0]]), 40.0, 40)
    np.testing.assert_array_equal(tile, tissue()[55:95, 80:120])


def test_the_digest_of_a_dicom_slide_depends_on_every_file_of_it(tmp_path):
    for name in ("a.dcm", "b.dcm"):
        write_dicom_slide(tmp_path / name, tissue(), 2.0)
    before = open_tissue_image(tmp_path / "a.dcm").sha256()
    (tmp_path / "b.dcm").write_bytes((tmp_path / "b.dcm").read_bytes()[:-1] + b"\1")
    assert open_tissue_image(tmp_path / "a.dcm").sha256() != before


def test_a_dicom_file_that_is_no_slide_is_named_as_dicom(tmp_path):
    (tmp_path / "a.dcm").write_bytes(bytes(128) + b"DICM" + bytes(100))
    with pytest.raises(DataError, match="DICOM file that is no whole slide"):
        read_section(tmp_path / "a.dcm")


@pytest.mark.parametrize("name", ["a.dcm", "a.mrxs"])
def test_without_openslide_a_slide_that_needs_it_names_the_extra(tmp_path, monkeypatch, name):
    write_dicom_slide(tmp_path / "a.dcm", tissue(), 2.0)
    Image.fromarray(tissue()).save(tmp_path / "a.mrxs", "JPEG")
    monkeypatch.setitem(sys.modules, "openslide", None)
    with pytest.raises(UsageError, match=r"pip install 'spectra-dl\[slides\]'"):
        read_section(tmp_path / name)


def test_a_mirax_file_without_its_folder_is_never_read_as_its_thumbnail(tmp_path):
    Image.fromarray(tissue()).save(tmp_path / "a.mrxs", "JPEG")
    with pytest.raises(
        DataError, match=r"lies in the folder a/ beside it \(with Slidedat.ini\), which is missing"
    ):
        read_section(tmp_path / "a.mrxs", um_per_pixel=2.0)


def test_a_mirax_folder_that_is_damaged_is_refused_with_openslides_reason(tmp_path):
    Image.fromarray(tissue()).save(tmp_path / "a.mrxs", "JPEG")
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "Slidedat.ini").write_text("[GENERAL]\nSLIDE_VERSION = 01.02\n")
    with pytest.raises(DataError, match=r"a\.mrxs: truncated or damaged slide"):
        read_section(tmp_path / "a.mrxs", um_per_pixel=2.0)


def test_a_missing_file_is_no_slide(tmp_path):
    assert not is_slide(tmp_path / "none")
