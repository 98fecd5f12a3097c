"""Intervals over few units: how often they hold the truth."""

import numpy as np
import pytest
import scipy.stats

from spectra_dl.evaluation.intervals import draw_patients
from spectra_dl.evaluation.profiles.units import interval_over_units, known_mean, unit_means


def test_interval_of_few_units_is_students():
    values = np.array([0.1, 0.2, 0.4, 0.25])
    interval = interval_over_units(values, resamples=200, seed=0)
    expected = scipy.stats.ttest_1samp(values, 0.0).confidence_interval(0.95)
    assert (interval.low, interval.high, interval.method) == (
        pytest.approx(expected.low),
        pytest.approx(expected.high),
        "student",
    )


def test_thirty_units_are_resampled_and_twenty_nine_are_not():
    assert interval_over_units(np.linspace(0, 1, 29), resamples=500, seed=0).method == "student"
    interval = interval_over_units(np.linspace(0, 1, 30), resamples=500, seed=0)
    assert interval.method == "percentile"
    assert 0 < interval.low < interval.value < interval.high < 1


def test_one_unit_has_no_interval():
    interval = interval_over_units(np.array([0.3, np.nan]), resamples=200, seed=0)
    assert interval.value == 0.3
    assert np.isnan([interval.low, interval.high]).all()


def test_of_four_units_students_interval_covers_what_resampling_misses():
    generator = np.random.default_rng(0)
    samples = generator.normal(size=(2000, 4))
    intervals = [interval_over_units(sample, resamples=200, seed=0) for sample in samples]
    student = np.mean([interval.low <= 0 <= interval.high for interval in intervals])
    drawn = samples @ draw_patients(4, resamples=500).T / 4
    low, high = np.quantile(drawn, [0.025, 0.975], axis=1)
    resampled = np.mean((low <= 0) & (high >= 0))
    assert 0.93 < student < 0.97
    assert resampled < 0.86


def test_of_thirty_units_resampling_covers_nearly_what_it_states():
    samples = np.random.default_rng(1).normal(size=(1000, 30))
    intervals = [interval_over_units(sample, resamples=500, seed=0) for sample in samples]
    assert 0.92 < np.mean([interval.low <= 0 <= interval.high for interval in intervals]) < 0.97


def test_sections_are_averaged_in_their_patient_first():
    values = np.array([1.0, 3.0, np.nan, 10.0])
    np.testing.assert_array_equal(unit_means(values, ["a", "a", "a", "b"]), [2.0, 10.0])


def test_mean_of_nothing_known_is_undefined_without_a_warning():
    np.testing.assert_array_equal(known_mean(np.array([[np.nan, 1.0], [np.nan, 3.0]])), [np.nan, 2.0])


def test_an_interval_is_cut_where_the_figure_can_not_be():
    interval = interval_over_units(np.array([0.1, 0.9]), resamples=200, seed=0, within=(-1.0, 1.0))
    assert (interval.low, interval.high) == (-1.0, 1.0)
