"""What is scored: a patient, or a patient's images of one class."""

from dataclasses import replace

import numpy as np
import pytest

from spectra_dl.errors import DataError
from spectra_dl.tissue.cohort import labelled_images


def test_classes_are_of_images_where_patients_have_several(images):
    cohort = labelled_images(images)
    assert len(set(cohort.patient)) == 18
    assert set(cohort.subject) == set(images.patient)
    assert "6 of 6 patients have images of several" in cohort.notes[-1]


def test_classes_are_of_patients_where_each_has_one(of_patients):
    cohort = labelled_images(of_patients)
    assert list(cohort.patient) == list(of_patients.patient)
    assert not any("classes are of images" in note for note in cohort.notes)


def misspelt(images):
    label = images.label.copy()
    label[0] = next(name for name in images.label if name != label[0])
    return replace(images, label=label)


def test_one_patient_of_twelve_with_two_classes_is_rather_a_misspelt_label(of_patients):
    with pytest.raises(DataError, match="patients with more than one label: SIM01"):
        labelled_images(misspelt(of_patients))


def test_unless_it_is_said(of_patients):
    cohort = labelled_images(misspelt(of_patients), label_per_sample=True)
    assert len(set(cohort.patient)) == 13


def test_spellings_of_a_patient_are_one(of_patients):
    patient = of_patients.patient.copy()
    patient[1] = "sim01"
    cohort = labelled_images(replace(of_patients, patient=patient))
    assert len(set(cohort.patient)) == 12


@pytest.mark.parametrize(("field", "said"), [("label", "which class"), ("patient", "which patient")])
def test_images_without_class_or_patient_are_refused(images, field, said):
    with pytest.raises(DataError, match=said):
        labelled_images(replace(images, **{field: None}))


def test_rows_keep_their_names(images):
    cohort = labelled_images(images)
    np.testing.assert_array_equal(cohort.names.sample_id, images.name)
