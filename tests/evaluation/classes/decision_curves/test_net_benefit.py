"""The net benefit of acting on a model."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spectra_dl.errors import DataError
from spectra_dl.evaluation.classes.decision_curves.net_benefit import decision_curve, net_benefit
from spectra_dl.evaluation.intervals import draw_patients


def test_a_case_worked_by_hand():
    # Ten patients, four sick. From .2 on seven are called, the four sick among them: 4/10 - 3/10 x .2/.8 = .325.
    # From .5 on three are called, two of them sick: 2/10 - 1/10 x 1 = .1. From .8 on one, not sick: -1/10 x 4 = -.4.
    sick = np.array([1, 1, 1, 1, 0, 0, 0, 0, 0, 0], dtype=bool)
    probability = np.array([0.7, 0.6, 0.4, 0.2, 0.8, 0.3, 0.25, 0.1, 0.05, 0.0])
    threshold = np.array([0.2, 0.5, 0.8])
    assert net_benefit(sick, probability, threshold) == pytest.approx([0.325, 0.1, -0.4])
    curve = decision_curve(sick, probability, np.ones((100, 10)), threshold)
    # Everybody: .4 - .6 x w, with w of 1/4, 1 and 4; the better of that and 0 is .25, 0 and 0.
    assert curve.treat_all == pytest.approx([0.25, -0.2, -2.0])
    assert [each.value for each in curve.gain] == pytest.approx([0.075, 0.1, -0.4])
    assert [each.value for each in curve.standardised] == pytest.approx([0.8125, 0.25, -1.0])
    assert [each.low for each in curve.net_benefit] == pytest.approx([0.325, 0.1, -0.4])


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 10**6))
def test_a_weight_counts_patients_as_if_they_were_repeated(seed):
    generator = np.random.default_rng(seed)
    sick, probability = generator.random(12) < 0.4, generator.random(12)
    threshold, weight = np.array([0.1, 0.35, 0.6]), draw_patients(12, resamples=3, seed=seed)
    for row, drawn in zip(net_benefit(sick, probability, threshold, weight), weight, strict=True):
        order = np.repeat(np.arange(12), drawn.astype(int))
        assert row == pytest.approx(net_benefit(sick[order], probability[order], threshold))


def test_a_faultless_model_reaches_the_prevalence_and_chance_gains_nothing():
    generator = np.random.default_rng(0)
    sick = np.arange(400) < 120
    faultless = decision_curve(sick, sick.astype(float), draw_patients(400, resamples=200))
    assert {each.value for each in faultless.net_benefit} == {0.3}
    assert {each.high for each in faultless.standardised} == {1.0}
    chance = decision_curve(sick, generator.random(400), draw_patients(400, resamples=200))
    assert all(each.low <= 0.02 for each in chance.gain)


def test_the_interval_of_the_gain_holds_the_truth_about_as_often_as_it_says():
    generator, threshold = np.random.default_rng(1), np.array([0.4])
    held = 0
    for seed in range(200):
        sick = generator.random(150) < 0.4
        probability = np.where(generator.random(150) < 0.25, ~sick, sick) * 0.6 + 0.2
        gain = decision_curve(
            sick, probability, draw_patients(150, resamples=400, seed=seed), threshold
        ).gain[0]
        # Three of four of each class are called rightly: .4 x .75 - .6 x .25 x 2/3 = .2; everybody: .4 - .6 x 2/3 = 0.
        held += gain.low <= 0.2 <= gain.high
    assert 175 <= held <= 199


@pytest.mark.parametrize(
    ("probability", "threshold", "said"),
    [([0.5, 0.5], [1.0], "above 0 and below 1"), ([0.5, np.nan], [0.5], "from 0 to 1"), ([0.5, 2.0], [0.5], "from 0 to 1")],
)  # fmt: skip
def test_what_is_no_probability_is_refused(probability, threshold, said):
    with pytest.raises(DataError, match=said):
        net_benefit(np.array([True, False]), np.array(probability), np.array(threshold))
