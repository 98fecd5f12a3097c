"""The model that ships works, is small and says what it is."""

import pytest

from spectra_dl.classification.patient_pooling import PatientTally
from spectra_dl.evaluation.classes.metrics import auc
from spectra_dl.spectra.predictor import SpectraPredictor
from spectra_dl.spectra.report_context import SPECTRA_WORDS
from spectra_dl.spectra.simulation.serum_study import POSITIVE_LABEL, StudySettings, simulate_study
from spectra_dl_datasets.shipped import SHIPPED_MODEL


@pytest.fixture(scope="module")
def shipped():
    return SpectraPredictor.load(SHIPPED_MODEL)


def test_it_says_that_it_is_simulated_and_is_a_few_hundred_kilobytes(shipped):
    assert shipped.header.training.simulated
    assert shipped.classification.positive_class == POSITIVE_LABEL
    assert 100_000 < SHIPPED_MODEL.stat().st_size < 1_000_000


def test_it_was_trained_on_the_study_of_its_seed(shipped):
    study = simulate_study(StudySettings(seed=shipped.header.training.seed))
    assert shipped.seen_in_training(study.table.select(range(30))) == 30


def test_it_classifies_new_simulated_patients(shipped):
    study = simulate_study(StudySettings(patients=120, seed=77))
    spectra, _ = shipped.predict(study.table)
    tally = PatientTally(spectra.classes, SPECTRA_WORDS)
    tally.add(spectra)
    (patients,) = tally.patients(shipped.classification.calibration.temperature)
    score = patients.probability[:, patients.classes.index(POSITIVE_LABEL)]
    assert list(patients.patient) == list(study.truth.patient)
    assert auc(study.truth.positive, score) > 0.75
    assert (spectra.status == "warned").mean() < 0.1
