"""Parts of a TIFF that decoders pass over in silence are refused."""

import time

import pytest
import tifffile

from fuzzing.tiff_variants import tissue
from spectra_dl.errors import DataError
from spectra_dl.imaging import tiff_image
from spectra_dl.imaging.slide import open_tissue_image, stated_sizes


@pytest.mark.parametrize("codecs", [True, False])
@pytest.mark.parametrize("share", [0.3, 0.9, 0.98])
@pytest.mark.parametrize("stored", [{"rowsperstrip": 48}, {"tile": (64, 64)}])
def test_a_jpeg_cut_short_in_a_tiff_is_refused_whoever_decodes(tmp_path, monkeypatch, stored, share, codecs):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, tissue(), photometric="rgb", compression="jpeg", **stored)
    with tifffile.TiffFile(path, mode="r+") as file:
        field = file.pages[0].tags["StripByteCounts" if "rowsperstrip" in stored else "TileByteCounts"]
        lengths = list(field.value)
        lengths[2] = int(lengths[2] * share)
        field.overwrite(lengths)
    if not codecs:
        monkeypatch.setattr(tiff_image, "find_spec", lambda _: None)
    with pytest.raises(DataError, match="strip or tile 3: a JPEG without its end"):
        open_tissue_image(path).decoded()


def test_a_side_of_many_numbers_is_refused_at_once(tmp_path):
    path = tmp_path / "a.tif"
    tifffile.imwrite(
        path, tissue(), photometric="rgb", extratags=[(65000, "I", 200_000, [7] * 200_000, True)]
    )
    with tifffile.TiffFile(path) as file:
        page = file.pages[0]
        width, many = page.tags["ImageWidth"].offset, page.tags[65000].offset
    content = bytearray(path.read_bytes())
    content[width + 2 : width + 12] = content[many + 2 : many + 12]
    path.write_bytes(content)
    start = time.monotonic()
    with pytest.raises(DataError, match="truncated or damaged TIFF"):
        open_tissue_image(path)
    assert time.monotonic() - start < 2


def test_a_field_whose_name_is_no_text_is_passed_over(tmp_path):
    openslide = pytest.importorskip("openslide")
    path = tmp_path / "a.tif"
    words = b"Aperio Image Library v1\r\n|App\xffag = 20|MPP = 0.5"
    field = [(270, "s", 0, words, True)]
    tifffile.imwrite(path, tissue(), photometric="rgb", tile=(64, 64), metadata=None, extratags=field)
    assert openslide.OpenSlide.detect_format(path) == "aperio"
    assert [size.across_um for size in stated_sizes(open_tissue_image(path))][:1] == [0.5]
