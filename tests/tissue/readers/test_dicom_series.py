"""A DICOM slide in several files is one slide, cut once; of its files the same must be said."""

import numpy as np
import pytest

from fuzzing.dicom_slide import write_dicom_slide
from spectra_dl.errors import DataError
from spectra_dl.tissue.readers import read_images
from spectra_dl.tissue.reading_options import ImageOptions
from tissue.example_slides import slide_pixels

UM, CUT = 2.0, ImageOptions(tile_um=200.0)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Two slides: of one three levels in a file each, of the other its largest alone."""
    folder = tmp_path_factory.mktemp("series")
    for number, levels in ((0, 3), (1, 1)):
        pixels = slide_pixels(number)[::4, ::4]
        for level in range(levels):
            step = 2**level
            write_dicom_slide(
                folder / f"{number}{level}.dcm",
                pixels[::step, ::step],
                UM * step,
                series=f"1.2.3.{number + 1}",
                level=level,
            )
    return folder


def read(folder, *lines, header="path,patient,label", **how):
    sheet = folder / "slides.csv"
    sheet.write_text("\n".join([header, *lines]) + "\n")
    return read_images(sheet, CUT, **how)


FILES = ("00.dcm,P0,a", "01.dcm,P0,a", "02.dcm,P0,a", "10.dcm,P1,b")


@pytest.mark.parametrize("labelled", [True, False])
def test_a_slide_in_three_files_is_cut_once(folder, labelled):
    images = read(folder, *FILES, labelled=labelled)
    alone = read(folder, FILES[0], FILES[3], labelled=labelled)
    assert list(images.name) == list(alone.name)
    for one, other in zip(images.pixels(), alone.pixels(), strict=True):
        np.testing.assert_array_equal(one, other)
    (note,) = [note for note in images.notes if "several files" in note]
    assert (
        "1 DICOM slide in several files, each cut once: 2 files of levels or parts go with the first" in note
    )
    assert not any("several files" in note for note in alone.notes)


def test_whichever_file_is_listed_first_the_tiles_are_those_of_the_slide(folder):
    backwards = read(folder, FILES[2], FILES[0], FILES[3])
    corners = [name.split("#")[1] for name in backwards.name if name.startswith("02")]
    assert corners == [name.split("#")[1] for name in read(folder, *FILES).name if name.startswith("00")]


@pytest.mark.parametrize(
    ("header", "lines", "said"),
    [
        ("path,patient,label", ("00.dcm,P0,a", "01.dcm,P0,b", "10.dcm,P1,b"), "label is a, b"),
        ("path,patient,label", ("00.dcm,P0,a", "01.dcm,P2,a", "10.dcm,P1,b"), "patient is P0, P2"),
        ("path,patient,label,mpp", ("00.dcm,P0,a,2", "01.dcm,P0,a,4", "10.dcm,P1,b,2"), "mpp is 2, 4"),
        (
            "path,patient,label,slide",
            ("00.dcm,P0,a,S1", "01.dcm,P0,a,S2", "10.dcm,P1,b,S3"),
            "slide is S1, S2",
        ),
    ],
)
def test_files_of_one_slide_of_which_not_the_same_is_said_are_refused(folder, header, lines, said):
    with pytest.raises(
        DataError, match=f"line 3: 00.dcm, 01.dcm are files of one DICOM slide, and {said}; say the same"
    ):
        read(folder, *lines, header=header)


def test_a_series_torn_between_folders_of_two_patients_is_refused(tmp_path):
    for patient, level in (("P0", 0), ("P1", 1)):
        (tmp_path / "a" / patient).mkdir(parents=True)
        pixels = slide_pixels(0)[:: 4 * 2**level, :: 4 * 2**level]
        write_dicom_slide(tmp_path / "a" / patient / "x.dcm", pixels, UM * 2**level, level=level)
    with pytest.raises(DataError, match="are files of one DICOM slide, and patient is P0, P1"):
        read_images(tmp_path, CUT)
