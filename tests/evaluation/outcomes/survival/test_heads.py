"""Targets of the losses of the time to an event, and probabilities of what networks put out."""

import numpy as np
import pytest

from spectra_dl.evaluation.outcomes.survival.heads import (
    interval_ends,
    intervals_observed,
    scaled_risk,
    survival_of_hazards,
)


def test_intervals_hold_as_many_events_each_and_count_who_was_seen_for_half_of_one():
    ends = interval_ends(np.arange(1.0, 17.0))
    assert len(ends) == 8
    assert ends[-1] == 16.0
    observed = intervals_observed(
        np.array([0.5, 16.0, 20.0, 1.0, 4.0]),
        np.array([True, True, False, False, True]),
        np.array([2.0, 6.0, 16.0]),
    )
    assert observed.tolist() == [[1.0, 1.0], [3.0, 1.0], [3.0, 0.0], [1.0, 0.0], [2.0, 1.0]]


def test_equal_times_leave_fewer_intervals():
    assert interval_ends(np.array([3.0] * 10)).tolist() == [3.0]
    assert interval_ends(np.zeros(10)).tolist() == [1.0]


def test_hazards_of_one_half_halve_who_is_left_in_each_interval():
    said = survival_of_hazards(np.zeros((1, 2)), np.array([1.0, 3.0]), np.array([0.0, 1.0, 2.0, 3.0, 9.0]))
    np.testing.assert_allclose(said[0], [1.0, 0.5, 0.5**1.5, 0.25, 0.25], atol=1e-5)


def test_a_risk_that_goes_the_wrong_way_says_nothing_of_the_time():
    generator = np.random.default_rng(0)
    risk = generator.normal(size=200)
    time, event = generator.exponential(np.exp(-risk)), np.ones(200, dtype=bool)
    assert scaled_risk(risk, time, event).coefficient[0] == pytest.approx(1.0, abs=0.2)
    assert scaled_risk(-risk, time, event).coefficient[0] == 0.0
