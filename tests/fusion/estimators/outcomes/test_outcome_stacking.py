"""Weights of blocks in a number and in a log risk: against plain optimisers, and what a block without information gets."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spectra_dl.evaluation.outcomes.survival.cox import fit_cox
from spectra_dl.fusion.estimators.outcomes.stacking import fit_number_stack, fit_risk_stack


def drawn(seed, patients=80, missing=0.0):
    """Return two blocks of which the first says something, with a number and times that follow from it."""
    generator = np.random.default_rng(seed)
    blocks = generator.normal(size=(2, patients))
    value = blocks[0] + generator.normal(size=patients)
    time, event = generator.exponential(np.exp(-blocks[0])) + 1e-3, generator.random(patients) < 0.8
    lacking = generator.random((2, patients)) < missing
    return np.where(lacking, np.nan, blocks), value, time, event


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.floats(-50, 50), st.floats(0.01, 100))
def test_units_of_the_number_change_nothing(seed, shift, scale):
    blocks, value, _, _ = drawn(seed, missing=0.2)
    plain = fit_number_stack(blocks, value).predict(blocks)
    other = fit_number_stack(shift + scale * blocks, shift + scale * value).predict(shift + scale * blocks)
    np.testing.assert_allclose(other, shift + scale * plain, rtol=1e-5, atol=1e-5 * (abs(shift) + scale))


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000))
def test_units_of_time_change_no_risk_and_weights_are_not_negative(seed):
    blocks, _, time, event = drawn(seed, missing=0.3)
    stack, scale = fit_risk_stack(blocks, time, event)
    other, of_days = fit_risk_stack(blocks, 30 * time, event)
    np.testing.assert_allclose(stack.predict(blocks), other.predict(blocks), atol=1e-5)
    np.testing.assert_allclose(scale.hazard, of_days.hazard, rtol=1e-5)
    assert (stack.weight >= 0).all()


def test_a_block_that_says_nothing_says_little_and_one_that_errs_nothing():
    blocks, value, time, event = drawn(3, patients=300)
    number, (risk, _) = fit_number_stack(blocks, value), fit_risk_stack(blocks, time, event)
    assert number.weight[0] > 0.8 > 0.2 > number.weight[1]
    assert risk.weight[0] > 0.7 > 0.2 > risk.weight[1]
    assert fit_number_stack(-blocks[:1], value).weight.tolist() == [0.0]
    assert fit_risk_stack(-blocks[:1], time, event)[0].weight.tolist() == [0.0]


def test_one_block_is_scaled_as_a_regression_on_it_scales_it():
    blocks, value, time, event = drawn(5, patients=2000)
    slope = np.polyfit(blocks[0], value, 1)[0]
    assert fit_number_stack(blocks[:1], value).weight[0] == pytest.approx(slope, rel=0.01)
    cox = fit_cox(blocks[:1].T, time, event, 1e-9)
    stack, scale = fit_risk_stack(blocks[:1], time, event)
    assert stack.weight[0] == pytest.approx(cox.coefficient[0], rel=0.01)
    at = np.quantile(time, [0.2, 0.5])
    one = scale.survival(scale.risk(stack.predict(blocks[:1])[:, None]), at)
    np.testing.assert_allclose(one, cox.survival(cox.risk(blocks[:1].T), at), atol=0.01)


def test_what_is_missing_is_an_offset_and_predictions_stay_finite():
    blocks, value, time, event = drawn(7, patients=200)
    blocks[0, value > 1] = np.nan  # missing where the number is high
    stack = fit_number_stack(blocks, value)
    assert stack.offset[0] > 0.5
    assert np.isfinite(stack.predict(np.full((2, 3), np.nan))).all()
    risk, _ = fit_risk_stack(np.full((1, 200), np.nan), time, event)
    assert risk.predict(np.full((1, 2), np.nan)).tolist() == [risk.offset[0]] * 2
