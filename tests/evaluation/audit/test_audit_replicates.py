"""Replicates that were called patients give themselves away by their order."""

import numpy as np
import pytest

from spectra_dl.evaluation.audit.replicates import check_hidden_replicates
from spectra_dl.evaluation.patients import read_patients
from spectra_dl.spectra.readers import ReadOptions, read_spectra
from spectra_dl.spectra.simulation.serum_study import StudySettings, simulate_study


def simulated(seed, patients, spectra):
    """Return rows, labels and patient ids of a simulated study."""
    settings = StudySettings(patients=patients, spectra_per_patient=spectra, n_wavenumbers=300, seed=seed)
    table = simulate_study(settings).table
    return table.intensity, table.label, table.patient


def as_patients(label):
    """Call each row a patient."""
    return read_patients([f"r{row:04d}" for row in range(len(label))], label)


@pytest.mark.parametrize(("patients", "spectra"), [(60, 2), (40, 3), (40, 5)])
@pytest.mark.parametrize("seed", range(3))
def test_replicates_called_patients_are_found_with_their_number(patients, spectra, seed):
    rows, label, _ = simulated(seed, patients, spectra)
    finding = check_hidden_replicates(rows, as_patients(label))
    assert finding.severity != "fine"
    assert f"say --replicates {spectra}," in finding.sentence


@pytest.mark.parametrize("spectra", [1, 3])
@pytest.mark.parametrize("seed", range(6))
def test_patients_who_are_patients_raise_nothing(seed, spectra):
    rows, label, patient = simulated(seed, 60 + 20 * seed, spectra)
    assert check_hidden_replicates(rows, read_patients(patient, label)).severity == "fine"


def test_half_of_a_patients_spectra_called_a_patient_are_found():
    rows, label, _ = simulated(1, 60, 4)
    halves = np.repeat([f"h{k:03d}" for k in range(120)], 2)
    finding = check_hidden_replicates(rows, read_patients(halves, label))
    assert "say --replicates 4," in finding.sentence


def test_classes_that_alternate_are_no_replicates_of_a_run():
    rows, label, patient = simulated(2, 80, 1)
    order = np.argsort(label, kind="stable").reshape(2, 40).T.reshape(20, 4)[:, [0, 2, 1, 3]].ravel()
    assert (
        check_hidden_replicates(rows[order], read_patients(patient[order], label[order])).severity == "fine"
    )


def test_a_slow_drift_is_no_replicate():
    rows, label, patient = simulated(3, 100, 1)
    drift = 1.0 + 0.3 * np.outer(np.linspace(-1, 1, 100), np.sin(np.linspace(0, 6, 300)))
    assert check_hidden_replicates(rows * drift, read_patients(patient, label)).severity == "fine"


def test_the_serum_triplicates_are_found_when_each_spectrum_is_called_a_patient(shared_data):
    file = shared_data / "raman" / "covid_serum" / "original_covid_and_healthy_spectra.csv"
    table = read_spectra(file, ReadOptions(label="diagnostic", replicates=3))
    assert (
        check_hidden_replicates(table.intensity, read_patients(table.patient, table.label)).severity == "fine"
    )
    finding = check_hidden_replicates(table.intensity, as_patients(table.label))
    assert finding.severity == "stop"
    assert "say --replicates 3," in finding.sentence
