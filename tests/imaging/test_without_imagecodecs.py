"""A compressed TIFF that Pillow decodes, since imagecodecs is not installed, is what tifffile reads of it."""

import numpy as np
import pytest
import tifffile

from fuzzing.tiff_variants import tissue
from spectra_dl.errors import DataError, UsageError
from spectra_dl.imaging import tiff_image
from spectra_dl.imaging.slide import open_tissue_image


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("compression", ["lzw", "zlib"])
def test_the_field_orientation_is_not_applied_whoever_decodes(
    tmp_path, monkeypatch, orientation, compression
):
    path = tmp_path / "a.tif"
    field = [(274, "H", 1, orientation, True)]
    tifffile.imwrite(path, tissue(), photometric="rgb", compression=compression, extratags=field)
    monkeypatch.setattr(tiff_image, "find_spec", lambda _: None)
    np.testing.assert_array_equal(open_tissue_image(path).decoded(), tissue())


@pytest.mark.parametrize("bits", [10, 12, 14])
def test_bits_that_are_not_used_are_refused_whoever_decodes(tmp_path, monkeypatch, bits):
    deep = (tissue().astype(np.uint32) * (2**bits - 1) // 255).astype(np.uint16)
    tifffile.imwrite(tmp_path / "a.tif", deep, photometric="rgb", compression="lzw")
    monkeypatch.setattr(tiff_image, "find_spec", lambda _: None)
    with pytest.raises(DataError, match="its samples of 16 bits go up to"):
        open_tissue_image(tmp_path / "a.tif").decoded()


def test_bits_that_ome_states_need_the_reader_that_scales_by_them(tmp_path, monkeypatch):
    deep = (tissue().astype(np.uint32) * 4095 // 255).astype(np.uint16)
    metadata = {"axes": "YXS", "SignificantBits": 12}
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, deep, photometric="rgb", ome=True, metadata=metadata, compression="lzw")
    monkeypatch.setattr(tiff_image, "find_spec", lambda _: None)
    with pytest.raises(UsageError, match=r"LZW.*pip install 'spectra-dl\[slides\]'"):
        open_tissue_image(path).decoded()


def test_16_bits_in_use_are_brought_to_8(tmp_path, monkeypatch):
    deep = tissue().astype(np.uint16) * 257
    tifffile.imwrite(tmp_path / "a.tif", deep, photometric="rgb", compression="lzw")
    monkeypatch.setattr(tiff_image, "find_spec", lambda _: None)
    np.testing.assert_array_equal(open_tissue_image(tmp_path / "a.tif").decoded(), tissue())
