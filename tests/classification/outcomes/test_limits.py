"""Intervals of numbers hold the truth as often as promised, and limits of probabilities are those of resampled patients."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spectra_dl.classification.outcomes.limits import ScaledRisk, half_width


@given(
    st.lists(st.floats(0, 1e6), min_size=1, max_size=60),
    st.integers(50, 99),
)
def test_an_interval_reaches_as_far_as_so_many_of_the_patients_and_one_more_need(errors, percent):
    width = half_width(np.array(errors), percent / 100)
    enough = percent * (len(errors) + 1) <= 100 * len(errors)
    assert (width is not None) == enough
    if width is not None:
        within = sum(error <= width for error in errors)
        assert 100 * within >= percent * (len(errors) + 1)


def test_intervals_hold_the_truth_of_a_new_patient_as_often_as_promised():
    generator = np.random.default_rng(0)
    errors = np.abs(generator.normal(size=(2000, 41)))
    held = np.mean([new <= half_width(known, 0.9) for *known, new in errors])
    assert held == pytest.approx(0.9, abs=0.02)


def times(risk, generator, *, until=2.0):
    time = generator.exponential(np.exp(-risk))
    return np.minimum(time, until), time <= until


def test_limits_hold_the_true_probability_about_as_often_as_they_say():
    true, held = np.exp(-np.exp(0.5)), []
    for seed in range(20):
        generator = np.random.default_rng(seed)
        risk = generator.normal(size=80)
        scaled = ScaledRisk.fit(risk, *times(risk, generator), 1.0, seed=seed)
        _, low, high = scaled.survival(np.array([0.5]), 0.95)
        held.append(low[0] <= true <= high[0])
    assert np.mean(held) >= 0.8


def test_a_risk_that_goes_the_wrong_way_says_the_same_of_everybody():
    generator = np.random.default_rng(1)
    risk = generator.normal(size=60)
    scaled = ScaledRisk.fit(-risk, *times(risk, generator), 1.0, seed=0)
    value, low, high = scaled.survival(np.array([-3.0, 3.0]), 0.95)
    assert scaled.slope == 0.0
    assert value[0] == value[1]
    assert np.all((low <= value) & (value <= high))


def test_risks_beyond_all_that_was_seen_give_probabilities_all_the_same():
    scaled = ScaledRisk(2.0, 0.0, 0.5, np.array([[2.0, 0.0, 0.5]]))
    value, _, _ = scaled.survival(np.array([-1e6, 1e6]), 0.95)
    assert value.tolist() == [1.0, 0.0]
