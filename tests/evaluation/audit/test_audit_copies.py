"""Copies of spectra under two patients are found, also changed ones, and measurements are not taken for copies."""

import numpy as np
import pytest

from spectra_dl.evaluation.audit.copies import check_identical_rows, check_near_copies
from spectra_dl.evaluation.audit.inputs import AuditInputs
from spectra_dl.spectra.readers import ReadOptions, read_spectra

OWN = np.array([f"p{row:02d}" for row in range(40)])
AXIS = np.linspace(0.0, 1.0, 300)


def spectra(seed, n=40, noise=0.05):
    """Return spectra of many patients: their own bands, and white noise."""
    generator = np.random.default_rng(seed)
    bands = np.exp(-0.5 * ((AXIS - np.linspace(0.05, 0.95, 12)[:, None]) / 0.015) ** 2)
    height = 1.0 + 0.3 * generator.normal(size=(n, 12))
    return 5.0 + height @ bands + noise * generator.normal(size=(n, AXIS.size))


def changed(row, change):
    """Return a copy of a row, changed in one way."""
    generator = np.random.default_rng(9)
    return {
        "scaled": 3.7 * row,
        "shifted": row + 1e3,
        "tilted": 0.2 * row + 40 * AXIS - 7,
        "rounded": np.round(row * 1000),
        "noisy": row + 0.01 * generator.normal(size=row.size),
    }[change]


def test_identical_spectra_of_two_patients_are_named_by_row():
    rows = spectra(0)
    rows[35] = rows[0]
    finding = check_identical_rows(rows, OWN)
    assert finding.severity == "warn"
    assert "in rows 1 and 36" in finding.sentence


def test_identical_spectra_of_one_patient_are_fine():
    assert check_identical_rows(np.ones((3, 4)), ["a", "a", "a"]).severity == "fine"


def test_zero_and_minus_zero_are_identical():
    assert check_identical_rows(np.array([[0.0, 1.0], [-0.0, 1.0]]), ["a", "b"]).severity != "fine"


def test_copies_in_more_than_a_tenth_of_the_patients_stop():
    rows = spectra(0)
    rows[20:25] = rows[:5]
    assert check_identical_rows(rows, OWN).severity == "stop"


@pytest.mark.parametrize("change", ["scaled", "shifted", "tilted", "rounded", "noisy"])
@pytest.mark.parametrize("noise", [0.05, 0.3])
def test_a_changed_copy_is_named_by_row(change, noise):
    rows = spectra(1, noise=noise)
    rows[30] = changed(rows[4], change)
    finding = check_near_copies(rows, OWN)
    assert finding.severity == "warn"
    assert "in rows 5 and 31:" in finding.sentence


def test_a_copy_of_ones_own_spectrum_is_fine():
    rows, patient = spectra(1), OWN.copy()
    rows[30], patient[30] = 2 * rows[4], patient[4]
    assert check_near_copies(rows, patient).severity == "fine"


def test_exact_copies_are_left_to_the_other_check():
    rows = spectra(1)
    rows[30] = rows[4]
    assert check_near_copies(rows, OWN).severity == "fine"


def test_copies_far_apart_in_a_large_study_are_found():
    rows = spectra(2, n=1300)
    rows[1200] = 2 * rows[3]
    assert "in rows 4 and 1201:" in check_near_copies(rows, np.arange(1300).astype(str)).sentence


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("noise", [0.002, 0.05, 1.0])
def test_spectra_of_their_own_are_no_copies(seed, noise):
    assert check_near_copies(spectra(seed, noise=noise), OWN).severity == "fine"


@pytest.mark.parametrize("seed", range(3))
def test_two_measurements_of_one_sample_are_no_copies(seed):
    generator = np.random.default_rng(seed)
    truth = np.repeat(spectra(seed, n=20, noise=0.0), 2, axis=0)
    rows = truth + 0.05 * generator.normal(size=truth.shape)
    assert check_near_copies(rows, OWN).severity == "fine"


@pytest.mark.parametrize("seed", range(3))
def test_smoothed_spectra_are_no_copies(seed):
    rows = np.apply_along_axis(np.convolve, 1, spectra(seed), np.ones(9) / 9, "valid")
    assert check_near_copies(rows, OWN).severity == "fine"


def test_straight_and_empty_rows_are_no_copies():
    rows = np.concatenate([np.zeros((2, 300)), np.outer([1.0, 2.0], AXIS), spectra(0, n=36)])
    assert check_near_copies(rows, OWN).severity == "fine"


def test_real_serum_replicates_are_no_copies_even_if_each_were_a_patient(shared_data):
    file = shared_data / "raman" / "covid_serum" / "original_covid_and_healthy_spectra.csv"
    rows = read_spectra(file, ReadOptions(label="diagnostic")).intensity
    assert check_near_copies(rows, np.arange(len(rows)).astype(str)).severity == "fine"


def test_smooth_spectra_that_differ_by_more_than_their_noise_are_no_copies():
    generator = np.random.default_rng(3)
    place = generator.uniform(0.05, 0.95, size=(40, 12))
    rows = np.exp(-0.5 * ((AXIS - place[..., None]) / 0.02) ** 2).sum(axis=1)
    rows[1] = rows[0] + 0.05 * np.exp(-0.5 * ((AXIS - 0.5) / 0.02) ** 2)  # one band is a twentieth higher
    noisy = rows + 1e-4 * generator.normal(size=rows.shape)
    assert check_near_copies(noisy, OWN).severity == "fine"


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_matrix_with_a_missing_value_gets_no_checks_of_rows(value):
    """An estimator may fill what is missing; the checks of rows need finite numbers."""
    rows = np.random.default_rng(0).normal(size=(12, 30))
    assert AuditInputs.of_rows(rows).row_checks
    rows[3, 4] = value
    assert not AuditInputs.of_rows(rows).row_checks


@pytest.mark.parametrize("apart", [1.0, 1e-3])
def test_copies_far_apart_in_the_file_are_all_found_and_nothing_else(apart):
    rows = spectra(3, n=1300)
    rows = rows.mean(axis=0) + apart * (
        rows - rows.mean(axis=0)
    )  # all nearly alike: single precision would not do
    generator = np.random.default_rng(5)
    first, second = generator.permutation(1300)[:60].reshape(2, 30)
    rows[second] = 2 * rows[first] + 0.005 * apart * generator.normal(size=(30, AXIS.size))
    finding = check_near_copies(rows, np.array([f"p{row}" for row in range(1300)]))
    named = sorted(
        (min(pair) + 1, max(pair) + 1) for pair in zip(first.tolist(), second.tolist(), strict=True)
    )
    listed = ", ".join(f"{one} and {other}" for one, other in named[:5])
    assert f"in rows {listed} and 25 more: copies" in finding.sentence
