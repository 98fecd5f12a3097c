"""DICOM files: what is read of them, and what is refused before a pixel is decoded."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pydicom.encaps import encapsulate
from pydicom.uid import DeflatedExplicitVRLittleEndian, JPEGBaseline8Bit, JPEGLSLossless, RLELossless

from spectra_dl.errors import DataError
from spectra_dl.imaging.dicom.file import is_whole_slide, open_dicom
from tissue.example_dicom import CAPTURE, dataset, write_dicom

GREY = np.arange(48, dtype=np.uint8).reshape(6, 8) * 5
SHOWN = {"WindowCenter": "128", "WindowWidth": "256"}


def jpeg_file(pixels, **fields):
    """A DICOM file whose frame is a JPEG of pixels that may have another size than its header says."""
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "JPEG", quality=100)
    file = dataset(GREY, **fields)
    file.file_meta.TransferSyntaxUID = JPEGBaseline8Bit
    file.PixelData = encapsulate([stream.getvalue()])
    file["PixelData"].is_undefined_length = True
    return file


def saved(path, file):
    file.save_as(path, enforce_file_format=True)
    return path


def test_a_radiograph_is_three_equal_colours(tmp_path):
    file = open_dicom(write_dicom(tmp_path / "a.dcm", GREY, **SHOWN))
    assert (file.width, file.height, file.frames, file.stretched, file.text) == (8, 6, 1, False, "no")
    (pixels,) = file.read([0])
    assert (pixels == pixels[..., :1]).all()
    assert np.abs(pixels[..., 0].astype(int) - GREY).max() <= 1


def test_frames_are_read_one_at_a_time_in_any_order(tmp_path):
    stored = np.stack([GREY, GREY[::-1], GREY // 2])
    file = open_dicom(write_dicom(tmp_path / "a.dcm", stored, **SHOWN))
    assert file.frames == 3
    for frame, pixels in zip([2, 0], file.read([2, 0]), strict=True):
        assert np.abs(pixels[..., 0].astype(int) - stored[frame]).max() <= 1


def test_files_of_scanners_that_come_with_pydicom_are_read():
    from pydicom.data import get_testdata_file

    for name, size, stretched in (
        ("CT_small.dcm", (128, 128), True),
        ("MR_small_RLE.dcm", (64, 64), False),
        ("SC_rgb_rle_2frame.dcm", (100, 100), False),
        ("examples_palette.dcm", (800, 350), False),
    ):
        file = open_dicom(Path(get_testdata_file(name, download=False)))
        pixels = next(file.read([0]))
        assert (file.width, file.height, file.stretched) == (*size, stretched)
        assert pixels.max() == 255


def test_colours_are_kept(tmp_path):
    colours = np.random.default_rng(0).integers(0, 255, (5, 4, 3), dtype=np.uint8)
    (pixels,) = open_dicom(write_dicom(tmp_path / "a.dcm", colours)).read([0])
    assert (pixels == colours).all()


def test_compressed_frames_are_read(tmp_path):
    runs = dataset(np.stack([GREY, GREY[::-1]]), **SHOWN)
    runs.compress(RLELossless, generate_instance_uid=False)
    (_, second) = open_dicom(saved(tmp_path / "runs.dcm", runs)).read([0, 1])
    assert np.abs(second[..., 0].astype(int) - GREY[::-1]).max() <= 1
    (pixels,) = open_dicom(saved(tmp_path / "jpeg.dcm", jpeg_file(GREY, **SHOWN))).read([0])
    assert np.abs(pixels[..., 0].astype(int) - GREY).max() <= 4


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"BurnedInAnnotation": "YES"}, "yes"),
        ({"BurnedInAnnotation": "NO", "SOPClassUID": CAPTURE}, "no"),
        ({"SOPClassUID": CAPTURE}, "maybe"),
        ({"SOPClassUID": CAPTURE + ".1"}, "maybe"),
        ({"ConversionType": "DF"}, "maybe"),
        ({}, "no"),
    ],
)
def test_text_that_may_be_burnt_in_is_known(tmp_path, fields, text):
    assert open_dicom(write_dicom(tmp_path / "a.dcm", GREY, **fields)).text == text


def test_nothing_but_the_scanner_and_the_id_is_kept(tmp_path):
    file = open_dicom(write_dicom(tmp_path / "a.dcm", GREY))
    assert (file.scanner, file.patient) == ("Acme Ray 2", "MRN-777")
    assert not [word for word in ("Zzyzx", "1948", "Xanadu") if word in repr(file)]


def absent_pixels(file):
    del file.PixelData


def without_size(file):
    del file.Rows


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (absent_pixels, "a DICOM file without pixel data"),
        (without_size, "a DICOM file without an image"),
        (lambda file: setattr(file, "Rows", 60_000), "more than the file holds"),
        (lambda file: setattr(file, "NumberOfFrames", "2000000"), "claims 2000000 frames of 8 x 6"),
        (lambda file: setattr(file, "NumberOfFrames", "9999"), "more than the file holds"),
        (lambda file: setattr(file, "PhotometricInterpretation", "CMYK"), "pixels of kind 'CMYK'"),
        (lambda file: setattr(file, "BitsAllocated", 64), "without pixel data|more than the file"),
        (lambda file: setattr(file.file_meta, "TransferSyntaxUID", DeflatedExplicitVRLittleEndian), "a deflated DICOM file"),
        (lambda file: setattr(file, "PixelRepresentation", 7), "damaged DICOM"),
    ],
)  # fmt: skip
def test_what_can_not_be_an_image_is_refused_in_a_sentence(tmp_path, change, said):
    file = dataset(GREY)
    change(file)
    with pytest.raises(DataError, match=f"a.dcm: .*({said})"):
        list(open_dicom(saved(tmp_path / "a.dcm", file)).read([0]))


def test_a_compression_without_decoder_is_named(tmp_path):
    file = jpeg_file(GREY)
    file.file_meta.TransferSyntaxUID = JPEGLSLossless
    with pytest.raises(
        DataError, match="'JPEG-LS Lossless Image Compression', which nothing installed decodes"
    ):
        open_dicom(saved(tmp_path / "a.dcm", file))


def test_a_frame_that_would_swell_is_not_decoded(tmp_path):
    file = jpeg_file(np.zeros((3000, 3000), dtype=np.uint8))
    opened = open_dicom(saved(tmp_path / "a.dcm", file))
    with pytest.raises(DataError, match="states 3000 x 3000 pixels where the header says 8 x 6"):
        next(opened.read([0]))


def test_a_file_cut_short_is_refused_without_repeating_anything_of_it(tmp_path):
    whole = write_dicom(tmp_path / "a.dcm", GREY).read_bytes()
    for length in (132, 140, 300, len(whole) - 20):
        (tmp_path / "a.dcm").write_bytes(whole[:length])
        with pytest.raises(DataError) as said:
            list(open_dicom(tmp_path / "a.dcm").read([0]))
        assert "Zzyzx" not in str(said.value)


def test_whole_slides_are_known(tmp_path):
    slide = "1.2.840.10008.5.1.4.1.1.77.1.6"
    assert is_whole_slide(write_dicom(tmp_path / "a.dcm", GREY, SOPClassUID=slide))
    assert not is_whole_slide(write_dicom(tmp_path / "b.dcm", GREY))


@pytest.mark.parametrize("factor", [1, 257])
def test_a_palette_of_16_bits_may_hold_eight(tmp_path, factor):
    palette = {}
    for colour in ("Red", "Green", "Blue"):
        palette[f"{colour}PaletteColorLookupTableDescriptor"] = [256, 0, 16]
        palette[f"{colour}PaletteColorLookupTableData"] = (np.arange(256) * factor).astype("<u2").tobytes()
    path = write_dicom(tmp_path / "a.dcm", GREY, PhotometricInterpretation="PALETTE COLOR", **palette)
    (pixels,) = open_dicom(path).read([0])
    assert (pixels == GREY[..., np.newaxis]).all()
