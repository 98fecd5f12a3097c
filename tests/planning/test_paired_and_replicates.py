"""Power of paired differences, and what further spectra of a patient are worth, against simulation."""

import math

import numpy as np
import pytest

from spectra_dl.planning.paired import PairedDifference, power
from spectra_dl.planning.replicates import variance_components


def test_power_is_how_often_the_interval_excludes_0():
    generator = np.random.default_rng(0)
    estimate = generator.normal(0.05, 0.02, 200_000)
    found = np.abs(estimate) > 1.96 * 0.02
    assert power(0.05, 0.02) == pytest.approx(found.mean(), abs=0.005)


def test_the_patients_that_are_needed_have_a_power_of_80_percent():
    pilot = PairedDifference("A", "B", 0.04, 0.05, 60)
    needed = pilot.patients_needed()
    assert pilot.power_at(needed) == pytest.approx(0.8, abs=0.005)
    assert pilot.power_at(needed // 2) < 0.6
    assert PairedDifference("A", "B", 0.0, 0.05, 60).patients_needed() is None


def test_intervals_that_are_wider_than_scores_vary_are_found_out_less_often_where_power_is_small():
    estimate = np.random.default_rng(1).normal(0.1, 0.06 / 1.25, 200_000)
    assert power(0.1, 0.06, 1.25) == pytest.approx((np.abs(estimate) > 1.96 * 0.06).mean(), abs=0.005)
    assert power(0.1, 0.06, 1.25) < power(0.1, 0.06) < 0.5
    pilot = PairedDifference("A", "B", 0.1, 0.06, 100, 1.25)
    assert pilot.power_at(pilot.patients_needed()) == pytest.approx(0.8, abs=0.005)


def scores(patients, spectra, between, within, distance, seed=0):
    generator = np.random.default_rng(seed)
    patient = np.repeat(np.arange(patients), spectra)
    positive = (np.arange(patients) < patients / 2)[patient]
    mean = generator.normal(0, math.sqrt(between), patients)[patient]
    return (
        mean + generator.normal(0, math.sqrt(within), len(patient)) + distance * positive,
        patient,
        positive,
    )


def test_the_variances_that_made_the_scores_are_found():
    spectra = np.random.default_rng(3).integers(1, 7, 2000)
    found = variance_components(*scores(2000, spectra, 2.0, 0.5, 1.5))
    assert found.between == pytest.approx(2.0, rel=0.08)
    assert found.within == pytest.approx(0.5, rel=0.05)
    assert found.correlation == pytest.approx(0.8, abs=0.02)
    assert found.spectra == pytest.approx(spectra.mean())


@pytest.mark.parametrize("spectra", [1, 4])
def test_the_auc_with_so_many_spectra_is_that_of_patients_who_have_so_many(spectra):
    found = variance_components(*scores(3000, 3, 1.0, 2.0, 1.5))
    logit, patient, positive = scores(6000, spectra, 1.0, 2.0, 1.5, seed=9)
    mean = np.bincount(patient, logit) / spectra
    ill = positive[::spectra]
    wins = (mean[ill][:, None] > mean[~ill]).mean()
    assert found.auc_at(spectra) == pytest.approx(wins, abs=0.015)
    assert found.auc_at(math.inf) > found.auc_at(10)


def test_one_spectrum_per_patient_says_nothing_of_a_second():
    assert variance_components(*scores(50, 1, 1.0, 1.0, 1.0)) is None
