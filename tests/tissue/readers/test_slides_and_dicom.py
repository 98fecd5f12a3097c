"""Sheets of slides and of DICOM files: one row becomes as many images as it has tiles or frames."""

import numpy as np
import pytest
import tifffile
from PIL import Image

from spectra_dl.errors import DataError, UsageError
from spectra_dl.tissue.cohort import labelled_images
from spectra_dl.tissue.encoding import encode_images
from spectra_dl.tissue.image_networks import image_hashes
from spectra_dl.tissue.readers import read_images
from spectra_dl.tissue.readers.dicom_facts import dicom_notes
from spectra_dl.tissue.readers.parts import ListedFile
from spectra_dl.tissue.readers.stated import StatedImage
from spectra_dl.tissue.reading_options import ImageOptions
from spectra_dl.tissue.sources import TILE_PIXELS
from tissue.example_dicom import CAPTURE, write_dicom, write_radiographs
from tissue.example_slides import UM, VIABLE, slide_pixels, write_slide, write_study

pytestmark = pytest.mark.xdist_group("slides and DICOM")

CUT = ImageOptions(tile_um=64.0, annotations=("Viable=viable", "Necrosis=necrotic"))


@pytest.fixture(scope="module")
def sheet(tmp_path_factory):
    return write_study(tmp_path_factory.mktemp("slides"), patients=2)


def write_sheet(folder, header, *lines):
    (folder / "sheet.csv").write_text("\n".join([header, *lines]) + "\n")
    return folder / "sheet.csv"


def test_slides_become_tiles_with_place_class_and_patient(sheet):
    images = read_images(sheet, CUT)
    assert set(images.label) == {"viable", "necrotic"}
    assert set(zip(images.patient, images.slide, strict=True)) == {("P0", "0.tif"), ("P1", "1.tif")}
    assert images.name[0] == f"0.tif#{images.position[0, 0]:.0f}-{images.position[0, 1]:.0f}"
    assert (images.side == 128).all()
    assert np.allclose(images.mpp, UM * 128 / TILE_PIXELS)
    assert images.parts.tile_um == 64.0
    assert len(set(images.name)) == len(images)
    assert (
        "tiles of 64 um were cut from 2 slides, 50% of each or more inside areas of its class"
        in images.notes[0]
    )


def test_the_two_programs_annotations_cut_the_same_tiles(sheet):
    images = read_images(sheet, CUT)
    first, second = (images[images.patient == name] for name in ("P0", "P1"))
    assert (first.position == second.position).all()
    assert list(first.label) == list(second.label)


def test_pixels_are_those_of_the_slide_at_the_tiles_place(sheet):
    images, whole = read_images(sheet, CUT), slide_pixels(0)
    rows = [5, 0, 3]
    for row, tile in zip(rows, images.files.read(rows), strict=True):
        x, y = images.position[row].astype(int)
        expected = Image.fromarray(whole[y : y + 128, x : x + 128]).resize(
            (TILE_PIXELS, TILE_PIXELS), Image.Resampling.BOX
        )
        assert tile.shape == (TILE_PIXELS, TILE_PIXELS, 3)
        assert np.abs(tile.astype(int) - np.asarray(expected)).max() <= 1


def test_each_tile_is_known_by_its_own_digest_whatever_stands_beside_it(sheet):
    images = read_images(sheet, CUT)
    hashes = image_hashes(images)
    assert len(set(hashes)) == len(images)
    some = np.array([7, 3])
    assert image_hashes(images[some]) == [hashes[7], hashes[3]]


def test_slides_of_one_class_each_are_cut_over_tissue(tmp_path):
    for number in range(2):
        write_slide(tmp_path / f"{number}.tif", number)
    images = read_images(
        write_sheet(tmp_path, "path,patient,label", "0.tif,P0,a", "1.tif,P1,b"), ImageOptions(tile_um=64.0)
    )
    assert {(name, label) for name, label in zip(images.slide, images.label, strict=True)} == {
        ("0.tif", "a"),
        ("1.tif", "b"),
    }
    assert "on tissue" in images.notes[0]
    assert encode_images(images, ["colour-texture"]).values.shape == (len(images), 47)


def test_a_slide_with_a_class_of_its_own_is_cut_inside_its_annotation(sheet):
    folder = sheet.parent
    images = read_images(
        write_sheet(folder, "path,patient,label,annotation", "0.tif,P0,good,0.geojson", "1.tif,P1,poor,"),
        ImageOptions(tile_um=64.0, annotations=("Viable",)),
    )
    first = images[images.patient == "P0"]
    assert set(first.label) == {"good"}
    assert (first.position[:, 1] < VIABLE[3]).all()
    assert set(images[images.patient == "P1"].label) == {"poor"}
    assert any("1 slide with both a label and an annotation" in note for note in images.notes)


def test_slides_stand_beside_images_that_are_none(sheet):
    folder = sheet.parent
    Image.new("RGB", (48, 48), "purple").save(folder / "tile.png")
    lines = ("0.tif,P0,,0.geojson", "tile.png,P2,viable,")
    images = read_images(write_sheet(folder, "path,patient,label,annotation", *lines), ImageOptions())
    assert images.name[-1] == "tile.png"
    assert any(
        note.startswith("1 image taken whole beside slides that are cut, such as 'tile.png'")
        for note in images.notes
    )
    assert list(images.parts.cut[-2:]) == [True, False]
    assert np.isnan(images.position[-1]).all()
    assert [pixels.shape for pixels in images[-2:].pixels()] == [(TILE_PIXELS, TILE_PIXELS, 3), (48, 48, 3)]


@pytest.mark.parametrize("missing", ["NA", "nan", " n/a "])
def test_a_word_for_a_missing_label_leaves_the_annotations_classes(sheet, missing):
    images = read_images(
        write_sheet(sheet.parent, "path,patient,label,annotation", f"0.tif,P0,{missing},0.geojson"), CUT
    )
    assert set(images.label) == {"viable", "necrotic"}
    assert not any("both a label" in note for note in images.notes)


def test_one_annotation_of_two_slides_is_warned_of(sheet):
    folder = sheet.parent
    (folder / "copy.geojson").write_bytes((folder / "0.geojson").read_bytes())
    path = write_sheet(folder, "path,patient,annotation", "0.tif,P0,0.geojson", "1.tif,P1,copy.geojson")
    (warning,) = [note for note in read_images(path, CUT).notes if "same annotation" in note]
    assert warning.startswith("WARNING: 0.tif, 1.tif have the same annotation, byte for byte: check")
    assert not any("same annotation" in note for note in read_images(sheet, CUT).notes)


def test_two_whole_slides_have_two_names(sheet):
    lines = ("0.tif,P0,S1,0.geojson", "1.tif,P0,S1,1.xml")
    path = write_sheet(sheet.parent, "path,patient,slide,annotation", *lines)
    for labelled in (True, False):
        with pytest.raises(DataError, match=r"0.tif, 1.tif are two whole slides, and both are called 'S1'"):
            read_images(path, CUT, labelled=labelled)


def test_annotations_of_frames_are_refused(sheet):
    write_dicom(sheet.parent / "a.dcm", np.arange(64, dtype=np.uint8).reshape(8, 8))
    lines = ("0.tif,P0,0.geojson", "a.dcm,P1,1.xml")
    with pytest.raises(DataError, match=r"line 3: 'a.dcm' is a DICOM file of frames, of which no annotation"):
        read_images(write_sheet(sheet.parent, "path,patient,annotation", *lines), CUT)


def test_annotations_that_are_not_read_are_said(sheet):
    images = read_images(sheet, CUT, labelled=False)
    assert any(note.startswith("2 annotations not read") for note in images.notes)
    assert images.label is None
    lines = ("0.tif,P0,0.geojson", "1.tif,P1,")
    some = write_sheet(sheet.parent, "path,patient,annotation", *lines)
    assert set(read_images(some, CUT, labelled=False).patient) == {"P0", "P1"}
    with pytest.raises(DataError, match="1 of 2 images have no label"):
        read_images(some, CUT)


def test_scales_of_slides_are_no_scales_of_images(sheet):
    lines = ("0.tif,P0,0.5,0.geojson", "1.tif,P1,,1.xml")
    notes = read_images(write_sheet(sheet.parent, "path,patient,mpp,annotation", *lines), CUT).notes
    assert not any("mpp" in note or "at one magnification" in note for note in notes)


def test_notes_of_files_that_are_not_shown_are_counted(sheet):
    for number in range(5):
        write_slide(sheet.parent / f"n{number}.tif", number)
    lines = [f"n{number}.tif,P{number},a,1" for number in range(5)]
    notes = read_images(write_sheet(sheet.parent, "path,patient,label,mpp", *lines), CUT).notes
    assert sum("the sheet is followed" in note for note in notes) == 3
    assert "and 2 notes more of this kind on other files" in notes


@pytest.mark.parametrize(
    ("header", "line", "said"),
    [
        ("path,patient,annotation", "0.tif,P0,../secret.xml", "leads out of the sheet's folder"),
        ("path,patient,annotation", "0.tif,P0,gone.xml", "there is no file 'gone.xml'"),
        ("path,patient,label,annotation", "0.tif,P0,,", "1 of 1 images have no label"),
        ("path,patient,label,x,y", "0.tif,P0,a,5,5", "this is a whole slide; leave them empty"),
        ("path,patient,annotation", "0.tif,P0,slides.csv", "neither GeoJSON"),
        ("path,patient,label,mpp", "0.tif,P0,a,0", "mpp is µm per pixel"),
        ("path,patient,label,mpp", "0.tif,P0,a,-1", "mpp is µm per pixel"),
    ],
)
def test_what_does_not_fit_is_refused(sheet, header, line, said):
    with pytest.raises(DataError, match=said):
        read_images(write_sheet(sheet.parent, header, line), ImageOptions(tile_um=64.0))


def test_a_name_that_no_slide_has_leaves_nothing(sheet):
    with pytest.raises(DataError, match=r"no tile of 0.tif, 1.tif is taken: .*there are: Viable, Necrosis"):
        read_images(sheet, ImageOptions(tile_um=64.0, annotations=("Tumour",)))


@pytest.mark.parametrize("stated", [("=a",), ("a=",), ("a", "a=b"), ("",)])
def test_annotations_without_a_name_are_refused(stated):
    with pytest.raises(UsageError, match="--annotation"):
        ImageOptions(annotations=stated)


def test_a_damaged_slide_is_refused_alone_where_it_is_to_be_predicted(sheet):
    (sheet.parent / "broken.tif").write_bytes((sheet.parent / "0.tif").read_bytes()[:2000])
    images = read_images(write_sheet(sheet.parent, "path", "broken.tif", "0.tif"), CUT, labelled=False)
    faults = images.files.faults()
    assert faults[0]
    assert not any(faults[1:])
    assert len(faults) > 40


def test_a_slide_of_unknown_scale_is_refused_alone_where_it_is_to_be_predicted(sheet):
    tifffile.imwrite(sheet.parent / "scaleless.tif", slide_pixels(0), tile=(256, 256))
    for lines in (["scaleless.tif", "0.tif"], ["scaleless.tif"]):
        images = read_images(write_sheet(sheet.parent, "path", *lines), CUT, labelled=False)
        faults = images.files.faults()
        assert faults[0] == "scaleless.tif: a slide that could not be cut into tiles; see the notes"
        assert not any(faults[1:])
        assert len(set(image_hashes(images))) == len(images)
        assert any("say it in the sheet's column mpp" in note for note in images.notes)


def test_radiographs_go_through_the_door_of_images(tmp_path):
    images = read_images(write_radiographs(tmp_path, patients=4))
    assert list(images.name) == ["0.dcm", "1.dcm", "2.dcm", "3.dcm"]
    assert images.slide is None
    assert len(labelled_images(images).images) == 4
    first, second = (pixels[16:48, 16:48].mean() for pixels in images[:2].pixels())
    assert second - first > 50


def test_frames_of_a_series_are_images_of_one_patient(tmp_path):
    stored = np.random.default_rng(0).integers(0, 255, (3, 16, 16), dtype=np.uint8)
    write_dicom(tmp_path / "series.dcm", stored)
    write_dicom(tmp_path / "one.dcm", stored[0])
    images = read_images(write_sheet(tmp_path, "path,patient,label", "series.dcm,P0,a", "one.dcm,P1,b"))
    assert list(images.name) == ["series.dcm#1", "series.dcm#2", "series.dcm#3", "one.dcm"]
    assert list(images.slide) == ["series.dcm"] * 3 + ["one.dcm"]
    assert images.position is None
    assert images.files.sizes().tolist() == [[16, 16]] * 4
    assert len(set(image_hashes(images))) == 4


def test_text_that_may_name_a_person_and_missing_windows_are_said(tmp_path):
    stored = np.arange(64, dtype=np.uint8).reshape(8, 8)
    write_dicom(tmp_path / "a.dcm", stored, BurnedInAnnotation="YES")
    write_dicom(tmp_path / "b.dcm", stored + 1, SOPClassUID=CAPTURE, PatientID="other")
    images = read_images(write_sheet(tmp_path, "path,patient,label", "a.dcm,P0,a", "b.dcm,P1,b"))
    assert sum(note.startswith("WARNING: 1 DICOM file ") for note in images.notes) == 2
    assert any("2 DICOM files without a window" in note for note in images.notes)


def test_patients_are_called_by_the_files_where_that_is_asked_for(tmp_path):
    write_radiographs(tmp_path, patients=2)
    sheet = write_sheet(tmp_path, "path,label", "0.dcm,a", "1.dcm,b")
    (tmp_path / "radiographs.csv").unlink()
    images = read_images(sheet, ImageOptions(patient="PatientID"))
    assert list(images.patient) == ["MRN-0", "MRN-1"]
    assert any("results repeat it" in note for note in images.notes)
    assert read_images(sheet).patient is None
    with pytest.raises(DataError, match="leave one of them out"):
        read_images(write_sheet(tmp_path, "path,patient", "0.dcm,P0"), ImageOptions(patient="PatientID"))
    Image.new("RGB", (8, 8)).save(tmp_path / "a.png")
    with pytest.raises(DataError, match="has no PatientID"):
        read_images(write_sheet(tmp_path, "path,label", "a.png,b"), ImageOptions(patient="PatientID"))


def test_a_person_under_two_ids_is_said_without_the_id(tmp_path):
    for number, tag in enumerate(["A-1", "A-1", "B-2"]):
        write_dicom(tmp_path / f"{number}.dcm", np.full((8, 8), number * 9, np.uint8), PatientID=tag)
    lines = ("0.dcm,P0,a", "1.dcm,P1,b", "2.dcm,P1,b")
    notes = read_images(write_sheet(tmp_path, "path,patient,label", *lines)).notes
    assert any(
        "1 value of PatientID in files of several patients, such as 0.dcm, 1.dcm" in note for note in notes
    )
    assert any("1 patient with several values of PatientID in the files" in note for note in notes)
    assert not any("A-1" in note for note in notes)


@pytest.mark.parametrize(
    ("tags", "said"),
    [
        (["A-1", "A-1"], "all DICOM files have one PatientID, and are given to 2 patients"),
        (["A-1", "a-1 ", "B-2"], "1 value of PatientID in files of several patients, such as 0.dcm, 1.dcm"),
    ],
)
def test_a_person_under_two_ids_is_said_however_the_files_spell_it(tmp_path, tags, said):
    lines = []
    for number, tag in enumerate(tags):
        write_dicom(tmp_path / f"{number}.dcm", np.full((8, 8), number * 9, np.uint8), PatientID=tag)
        lines.append(f"{number}.dcm,P{number},{'ab'[number % 2]}")
    notes = read_images(write_sheet(tmp_path, "path,patient,label", *lines)).notes
    assert any(note.startswith(said) for note in notes)
    assert not any("A-1" in note for note in notes)


def test_grey_files_are_images(tmp_path):
    for number in range(2):
        Image.fromarray(np.full((9, 9), 40 * number + 9, np.uint8)).save(tmp_path / f"{number}.png")
    Image.fromarray(np.full((9, 9), 7, np.uint8)).save(tmp_path / "2.tif")
    images = read_images(
        write_sheet(tmp_path, "path,patient,label", "0.png,P0,a", "1.png,P1,b", "2.tif,P2,a")
    )
    assert [int(pixels[0, 0, 0]) for pixels in images.pixels()] == [9, 49, 7]
    assert images.files.sizes().tolist() == [[9, 9]] * 3
    assert images.files.faults() == [""] * 3


def test_folders_hold_dicom_files_too(tmp_path):
    for label, patient in (("benign", "P0"), ("malignant", "P1")):
        (tmp_path / label / patient).mkdir(parents=True)
        write_dicom(tmp_path / label / patient / "x.dcm", np.full((8, 8), len(label), np.uint8))
    images = read_images(tmp_path)
    assert list(zip(images.label, images.patient, strict=True)) == [("benign", "P0"), ("malignant", "P1")]


def test_whole_slides_of_dicom_say_whose_they_are_too(tmp_path):
    files = []
    for number in range(2):
        write_dicom(tmp_path / f"{number}.dcm", np.zeros((8, 8), np.uint8), PatientID="A-1")
        files.append(ListedFile(StatedImage(f"{number}.dcm", "", {"patient": f"P{number}"}), "slide"))
    (note,) = dicom_notes(tmp_path, files, by_tag=False)
    assert "one PatientID, and are given to 2 patients" in note
