"""Bags are of patients or slides, whichever classes are of; where they are of images, nothing is pooled."""

from dataclasses import replace

import numpy as np
import pytest

from spectra_dl.arrays import text_array
from spectra_dl.errors import DataError
from spectra_dl.tissue.bags.of_cohort import bags_of_cohort, bags_of_input
from spectra_dl.tissue.cohort import labelled_images


def test_classes_of_patients_make_bags_of_patients(of_patients):
    bagging = bags_of_cohort(labelled_images(of_patients))
    assert bagging.of == "patient"
    assert list(bagging.name) == list(of_patients.patient)


def by_slide(images, slide):
    """The images with classes of these slides, of which each patient has two."""
    of_slide = {name: ("viable", "necrotic")[number % 2] for number, name in enumerate(sorted(set(slide)))}
    return replace(images, slide=slide, label=text_array([of_slide[name] for name in slide]))


def test_classes_of_slides_make_bags_of_slides(images):
    bagging = bags_of_cohort(labelled_images(by_slide(images, images.slide)))
    assert bagging.of == "slide"
    assert list(bagging.name) == list(images.slide)


def test_classes_of_images_make_none(images):
    assert bags_of_cohort(labelled_images(images)) is None
    assert bags_of_cohort(labelled_images(replace(images, slide=None))) is None


def test_one_image_of_another_class_makes_no_slide_a_bag(images):
    torn = by_slide(images, images.slide)
    label = torn.label.copy()
    label[0] = "necrotic" if label[0] == "viable" else "viable"
    assert bags_of_cohort(labelled_images(replace(torn, label=label))) is None


def test_spellings_of_one_patient_are_one_bag(of_patients):
    patient = of_patients.patient.copy()
    patient[0] = str(patient[0]).lower()
    names = bags_of_input(replace(of_patients, patient=patient), "patient", "attention pooling")
    assert len(set(names)) == len(set(of_patients.patient))


@pytest.mark.parametrize(("of", "option"), [("patient", "--patient COLUMN"), ("slide", "--slide COLUMN")])
def test_images_of_nobody_are_refused_with_what_to_say(of_patients, of, option):
    unknown = replace(of_patients, patient=None, slide=None)
    with pytest.raises(DataError, match=rf"nobody says which {of} each image is of: name it with {option}"):
        bags_of_input(unknown, of, "attention pooling")


def test_an_image_without_a_patient_is_refused(of_patients):
    patient = np.where(np.arange(len(of_patients)) == 4, "", of_patients.patient).astype(object)
    with pytest.raises(DataError, match="nobody says which patient"):
        bags_of_input(replace(of_patients, patient=patient), "patient", "attention pooling")
