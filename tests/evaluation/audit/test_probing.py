"""A probe learns everything, the scale of its features too, from training rows alone."""

import numpy as np
import pytest

from spectra_dl.evaluation.audit.probing import probe_auc
from spectra_dl.evaluation.folds.splits import patient_folds
from spectra_dl.evaluation.patients import read_patients

PATIENTS = 60


@pytest.fixture(scope="module")
def study():
    """Return features of two useful columns and one of noise, folds, and the patients; a row for each."""
    generator = np.random.default_rng(4)
    code = np.arange(PATIENTS) % 2
    features = generator.normal(size=(PATIENTS, 3))
    features[:, :2] += 0.7 * code[:, None]
    patient, label = [f"p{number:02d}" for number in range(PATIENTS)], np.where(code == 1, "sick", "healthy")
    return features, patient_folds(patient, label, folds=3, seed=0), read_patients(patient, label)


def auc_among(features, folds, patients, people):
    """Return the AUC of these patients alone."""
    drawn = np.zeros((1, PATIENTS))
    drawn[0, people] = 1.0
    interval = probe_auc(features, patients, folds, drawn)
    assert interval.low == interval.high
    return interval.low


@pytest.mark.parametrize("column", [0, 1, 2])
@pytest.mark.parametrize("garbage", [-1e7, 300.0, 1e7])
def test_garbage_in_a_test_row_changes_no_other_patients_rank(study, column, garbage):
    features, folds, patients = study
    spoilt, *others = folds[1].test
    poisoned = features.copy()
    poisoned[spoilt, column] = garbage
    before = auc_among(features, folds, patients, others)
    assert 0.6 < before < 1.0
    assert auc_among(poisoned, folds, patients, others) == before


def test_the_scale_and_offset_of_a_feature_change_nothing(study):
    features, folds, patients = study
    everybody = np.arange(PATIENTS)
    scaled = features * np.array([1e-6, 1.0, 1e5]) + np.array([3.0, -700.0, 0.0])
    assert auc_among(scaled, folds, patients, everybody) == pytest.approx(
        auc_among(features, folds, patients, everybody), abs=1e-3
    )
