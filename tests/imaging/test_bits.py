"""Colours of 16 bits in PNG and TIFF: brought to 8 with a note, or refused where what white is can't be known."""

import numpy as np
import pytest
import tifffile

from fuzzing.tiff_variants import tissue
from spectra_dl.errors import DataError
from spectra_dl.imaging.slide import open_tissue_image

BITS = [10, 12, 14]


def write(path, white, *, opacity=False):
    """Write tissue of 16 bits whose white is ``white``."""
    codecs = pytest.importorskip("imagecodecs")
    deep = (tissue().astype(np.uint32) * white // 255).astype(np.uint16)
    if opacity:
        deep = np.concatenate([deep, np.full((*deep.shape[:2], 1), 65535, dtype=np.uint16)], axis=2)
    if path.suffix == ".png":
        path.write_bytes(codecs.png_encode(deep))
    else:
        extra = {"extrasamples": ["unassalpha"]} if opacity else {}
        tifffile.imwrite(path, deep, photometric="rgb", **extra)
    return path


@pytest.mark.parametrize("name", ["a.png", "a.tif"])
@pytest.mark.parametrize("opacity", [False, True])
def test_all_16_bits_are_brought_to_8_with_a_note(tmp_path, name, opacity):
    image = open_tissue_image(write(tmp_path / name, 65535, opacity=opacity))
    assert image.notes == (f"{name}: colours of 16 bits are brought to 8",)
    assert abs(image.decoded().astype(int) - tissue()).max() <= 1


@pytest.mark.parametrize("name", ["a.png", "a.tif"])
@pytest.mark.parametrize("opacity", [False, True])
@pytest.mark.parametrize("bits", BITS)
def test_16_bits_of_which_fewer_are_used_are_refused_in_words(tmp_path, name, opacity, bits):
    path = write(tmp_path / name, 2**bits - 1, opacity=opacity)
    says = rf"{name}: its samples of 16 bits go up to \d+, so what white is .*export it as 8-bit RGB"
    with pytest.raises(DataError, match=says):
        open_tissue_image(path)


@pytest.mark.parametrize("bits", BITS)
def test_bits_that_ome_states_are_scaled_by(tmp_path, bits):
    deep = (tissue().astype(np.uint32) * (2**bits - 1) // 255).astype(np.uint16)
    metadata = {"axes": "YXS", "SignificantBits": bits}
    tifffile.imwrite(tmp_path / "a.tif", deep, photometric="rgb", ome=True, metadata=metadata)
    assert abs(open_tissue_image(tmp_path / "a.tif").decoded().astype(int) - tissue()).max() <= 1


def test_a_png_of_8_bits_needs_no_note(tmp_path):
    codecs = pytest.importorskip("imagecodecs")
    (tmp_path / "a.png").write_bytes(codecs.png_encode(tissue()))
    assert not open_tissue_image(tmp_path / "a.png").notes
