"""Parts of a TIFF that decoders pass over in silence are refused."""

import struct
import subprocess
import sys
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


@pytest.mark.parametrize("at", [1, 120])
def test_lzw_that_names_what_is_not_in_its_table_is_refused_and_the_process_lives(tmp_path, at):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, tissue(), photometric="rgb", compression="lzw")
    with tifffile.TiffFile(path) as file:
        start = file.pages[0].dataoffsets[0]
    content = bytearray(path.read_bytes())
    content[start + at] = 65 if at == 1 else 255
    path.write_bytes(content)
    words = "import sys, pathlib; from spectra_dl.imaging.slide import open_tissue_image as opened; opened(pathlib.Path(sys.argv[1])).decoded()"
    ended = subprocess.run(
        [sys.executable, "-c", words, str(path)], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 1
    assert "truncated or damaged TIFF" in ended.stderr


@pytest.mark.parametrize(
    ("width", "height", "says"),
    [
        (2**31 - 300, 192, "claims 2147483348 x 192 pixels"),
        (3_000_000, 3_000_000, "claims 3000000 x 3000000 pixels in"),
    ],
)
def test_a_slide_that_claims_more_than_it_can_hold_is_not_decoded(tmp_path, width, height, says):
    pytest.importorskip("openslide")
    path = tmp_path / "a.svs"
    words = "Aperio Image Library v1\r\n|AppMag = 20|MPP = 0.5"
    tifffile.imwrite(path, tissue(), photometric="rgb", tile=(64, 64), metadata=None, description=words)
    with tifffile.TiffFile(path, mode="r+") as file:
        file.pages[0].tags["ImageWidth"].overwrite(width)
        file.pages[0].tags["ImageLength"].overwrite(height)
    with pytest.raises(DataError, match=says):
        open_tissue_image(path).thumbnail(50)


def test_a_slide_whose_tiles_can_not_be_held_is_refused_before_openslide_reads_one(tmp_path):
    pytest.importorskip("openslide")
    path = tmp_path / "a.svs"
    words = "Aperio Image Library v1\r\n|AppMag = 20|MPP = 0.5"
    tifffile.imwrite(
        path, tissue(), photometric="rgb", compression="jpeg", tile=(64, 64), metadata=None, description=words
    )
    with tifffile.TiffFile(path) as file:
        place, order = file.pages[0].tags["TileLength"].offset, file.byteorder
    content = bytearray(path.read_bytes())
    content[place + 2 : place + 12] = struct.pack(f"{order}HII", 4, 1, 637_534_272)
    path.write_bytes(content)
    with pytest.raises(DataError, match="tiles of 64 x 637534272 pixels"):
        open_tissue_image(path).thumbnail(50)
