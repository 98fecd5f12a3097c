"""Folders by class and patient, and names that a pattern reads, say what images are."""

import numpy as np
import pytest
from PIL import Image

from spectra_dl.errors import DataError, UsageError
from spectra_dl.tissue.readers import read_images
from spectra_dl.tissue.readers.name_pattern import NamePattern
from spectra_dl.tissue.reading_options import ImageOptions

PATTERN = "{label}___{case}-{slide}-{x}-{y}_{}"


def placed(folder, *names):
    for number, name in enumerate(names):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        pixels = np.random.default_rng(number).integers(0, 255, size=(8, 8, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / name)
    return folder


def test_folders_are_class_and_patient(tmp_path):
    images = read_images(placed(tmp_path, "viable/P1/a.png", "necrotic/P1/b.png", "viable/P2/c.png"))
    assert list(zip(images.label, images.patient, strict=True)) == [
        ("necrotic", "P1"),
        ("viable", "P1"),
        ("viable", "P2"),
    ]
    assert images.slide is None


def test_a_folder_below_the_patient_is_its_slide(tmp_path):
    images = read_images(placed(tmp_path, "viable/P1/1/a.png", "necrotic/P2/1/b.png"))
    assert sorted(images.slide) == ["P1/1", "P2/1"]


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["viable/a.png", "necrotic/b.png"], "don't say class and patient"),
        (["train/P1/a.png", "test/P2/b.png"], "parts of a split, not classes"),
        ([], "no JPEG, PNG, TIFF, DICOM or slide in it"),
    ],
)
def test_folders_that_say_no_patient_are_refused(tmp_path, names, said):
    with pytest.raises(DataError, match=said):
        read_images(placed(tmp_path, *names))


def test_hidden_files_and_links_are_left_alone(tmp_path):
    placed(tmp_path, "viable/P1/a.png", "viable/P1/.b.png")
    (tmp_path / "viable" / "P1" / "c.png").symlink_to(tmp_path / "viable" / "P1" / "a.png")
    assert list(read_images(tmp_path).name) == ["viable/P1/a.png"]


def test_a_pattern_reads_names_and_shows_what_came_of_it(tmp_path):
    placed(tmp_path, "Viable___Case-48-P5-C14-54171-23668_115.jpg", "Non-Tumor___P9-B7-22066-28200_115.jpg")
    images = read_images(tmp_path, ImageOptions(name_pattern=PATTERN))
    assert list(images.label) == ["Non-Tumor", "Viable"]
    assert list(images.patient) == ["P9", "Case-48-P5"]
    assert list(images.slide) == ["P9/B7", "Case-48-P5/C14"]
    np.testing.assert_array_equal(images.position, [[22066, 28200], [54171, 23668]])
    assert "label 'Non-Tumor', patient 'P9'" in images.notes[0]
    assert "2 values of patient: Case-48-P5, P9" in images.notes


def test_names_that_could_be_cut_in_another_way_are_noted(tmp_path):
    placed(tmp_path, "Viable___Case-48-P5-C14-54171-23668_115.jpg")
    notes = read_images(tmp_path, ImageOptions(name_pattern=PATTERN)).notes
    assert any("1 names could be cut in another way" in note and "patient 'Case'" in note for note in notes)


def test_a_pattern_with_a_slash_is_of_the_path_and_other_fields_are_columns(tmp_path):
    placed(tmp_path, "roomA/P1_viable.png", "roomB/P2_dead.png")
    images = read_images(tmp_path, ImageOptions(name_pattern="{scanner}/{patient}_{class}"))
    assert list(images.label) == ["viable", "dead"]
    assert list(images.metadata["scanner"]) == ["roomA", "roomB"]


def test_a_name_that_does_not_match_is_refused(tmp_path):
    placed(tmp_path, "Viable___P9-B7-1-2_115.jpg", "odd.jpg")
    with pytest.raises(DataError, match=r"1 of 2 names don't match --name-pattern .*odd.jpg"):
        read_images(tmp_path, ImageOptions(name_pattern=PATTERN))


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("{label}-{slide", "a brace is open"),
        ("{label}{patient}", "no text parts two fields"),
        ("{label}-{class}-{patient}", "a field stands twice"),
        ("{label}-{slide}", r"it names no \{patient\}"),
    ],
)
def test_patterns_that_mean_nothing_are_refused(pattern, said):
    with pytest.raises(UsageError, match=said):
        NamePattern.of(pattern)


def test_images_to_be_predicted_need_neither_class_nor_patient(tmp_path):
    images = read_images(placed(tmp_path, "a.png", "b.png"), labelled=False)
    assert list(images.name) == ["a.png", "b.png"]
    assert images.label is None
    assert images.patient is None
