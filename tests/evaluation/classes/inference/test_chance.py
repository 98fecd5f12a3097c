from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spectra_dl.evaluation.classes.inference.chance import (
    NullJob,
    RefitNull,
    against_chance,
    agreeing,
    auc_and_chance,
    corrected_interval,
    patient_features,
    refit_null,
)
from spectra_dl.evaluation.classes.inference.surrogate import LinearSurrogate
from spectra_dl.evaluation.classes.inference.within_folds import comparisons_of, within_fold_auc
from spectra_dl.evaluation.intervals import Interval
from spectra_dl.evaluation.patients import read_patients

NULL = np.linspace(0.3, 0.7, 999)


def study(patients=40, width=10, seed=0):
    generator = np.random.default_rng(seed)
    truth, fold = np.arange(patients) % 2, (np.arange(patients) // 2 % 5)[None]
    return LinearSurrogate(generator.normal(size=(patients, width)), truth, fold, 2, 1)


def auc_of(score, linear):
    comparisons = comparisons_of(linear.fold, linear.truth, 2, 1)
    return within_fold_auc(np.stack([-score, score], axis=-1)[None, None], comparisons), comparisons


def test_p_counts_higher_refits_and_half_of_the_equal_ones_and_of_the_figure_itself():
    assert against_chance(0.9, NULL, "linear model", 1.0).p == 0.5 / 1000
    assert against_chance(0.7, NULL, "linear model", 1.0).p == 1 / 1000
    assert against_chance(0.3, NULL, "linear model", 1.0).p == 1 - 1 / 1000
    assert against_chance(0.5, np.full(99, 0.5), "linear model", 1.0).p == 0.5


@pytest.mark.parametrize(
    ("value", "verdict"),
    [(0.695, "better"), (0.5, "not distinguishable"), (0.305, "worse"), (np.nan, "not distinguishable")],
)
def test_the_verdict_follows_p(value, verdict):
    assert against_chance(value, NULL, "linear model", 1.0).verdict == verdict


def test_an_undefined_figure_has_no_p():
    assert np.isnan(against_chance(np.nan, NULL, "linear model", 1.0).p)


@given(
    st.floats(0, 1),
    st.floats(0, 1),
    st.floats(0, 1),
    st.sampled_from(["better", "worse", "not distinguishable"]),
)
def test_interval_and_verdict_never_contradict_each_other(value, below, above, verdict):
    interval = Interval(value, value * below, value + (1 - value) * above, "refit-corrected")
    chance = against_chance({"better": 1.0, "worse": 0.0}.get(verdict, 0.5), NULL, "linear model", 1.0)
    found = agreeing(interval, chance)
    assert found.low <= found.value <= found.high
    if chance.verdict == "not distinguishable":
        assert found.low <= 0.5 <= found.high
    elif verdict == "better" and value >= 0.5:
        assert found.low >= 0.5


def test_the_same_seed_gives_the_same_null():
    first, second = (NullJob(study(), 99, 5).run() for _ in range(2))
    np.testing.assert_array_equal(first.auc, second.auc)
    np.testing.assert_array_equal(first.inflation, second.inflation)
    assert not np.array_equal(first.auc, NullJob(study(), 99, 6).run().auc)


def test_levels_ascend_and_few_features_vary_little_where_the_signal_is_strong():
    null = refit_null(study(patients=100, width=3), 199, 0)
    assert null.levels[0] == 0.5
    assert np.all(np.diff(null.levels) > 0)
    assert np.all(null.inflation >= 1.0)
    assert null.inflation[0] > 1.2  # near the root of 2: each pair of patients counts twice
    assert null.inflation_at(0.5) > null.inflation_at(0.8)
    assert null.inflation_at(0.2) == null.inflation_at(0.8)


def test_the_interval_widens_with_the_inflation_and_stays_in_range():
    linear = study()
    auc, comparisons = auc_of(linear.truth + 0.8 * np.random.default_rng(1).normal(size=40), linear)
    narrow, wide = (
        corrected_interval(auc, comparisons, factor, linear.truth, between=False) for factor in (1.0, 1.5)
    )
    assert 0 <= wide.low < narrow.low < narrow.value == auc.value[0] < narrow.high < wide.high <= 1


def test_all_pairs_right_has_an_interval_of_some_width_and_constant_scores_have_none():
    linear = study()
    right = corrected_interval(*auc_of(linear.truth * 1.0, linear), 1.0, linear.truth, between=False)
    assert (right.value, right.high) == (1.0, 1.0)


def test_a_perfect_auc_that_rounding_lifts_above_one_is_one():
    linear = study()
    auc, comparisons = auc_of(linear.truth * 1.0, linear)
    lifted = replace(auc, value=auc.value * (1 + 2**-52))
    assert lifted.value[0] > 1
    right = corrected_interval(lifted, comparisons, 1.0, linear.truth, between=False)
    assert (right.value, right.high) == (1.0, 1.0)
    assert 0.85 < right.low < 0.95
    constant = corrected_interval(*auc_of(np.zeros(40), linear), 1.4, linear.truth, between=False)
    assert (constant.low, constant.value, constant.high) == (0.5, 0.5, 0.5)


def test_batches_that_differ_widen_the_interval_and_batches_that_do_not_leave_it():
    linear = study(patients=200)
    noise = np.random.default_rng(2).normal(size=200)
    alike, unlike = noise + linear.truth, noise + linear.truth * np.where(linear.fold[0] < 2, 4.0, -1.0)
    for score, widened in ((alike, False), (unlike, True)):
        auc, comparisons = auc_of(score, linear)
        without, between = (
            corrected_interval(auc, comparisons, 1.0, linear.truth, between=asked) for asked in (False, True)
        )
        assert (between.high - between.low > 1.3 * (without.high - without.low)) is widened


def test_a_null_of_the_model_itself_takes_the_place_of_the_surrogates():
    linear = study()
    comparisons = comparisons_of(linear.fold, linear.truth, 2, 1)
    pooled = np.random.default_rng(3).normal(size=(1, 40, 2))
    null = RefitNull(np.full(99, 0.99), np.array([0.5]), np.array([1.4]))
    _, by_surrogate = auc_and_chance(pooled, comparisons, null, linear.truth)
    _, by_itself = auc_and_chance(pooled, comparisons, null, linear.truth, own_null=np.zeros(99))
    assert (by_surrogate.refitted, by_surrogate.p) == ("linear model", 0.995)
    assert (by_itself.refitted, by_itself.p) == ("the model itself", 0.005)


def test_features_are_patients_means_and_noise_stands_in_for_rows_nobody_can_read():
    patients = read_patients(["a", "a", "b"], ["x", "x", "y"])
    rows = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    np.testing.assert_array_equal(patient_features(rows, patients), [[2.0, 3.0], [5.0, 6.0]])
    assert patient_features(None, patients).shape == (2, 2)
    assert patient_features(np.random.default_rng(0).normal(size=(3, 400)), patients).shape == (2, 100)


@pytest.mark.parametrize(
    ("higher", "verdict"),
    [
        (24, "better"),  # p = .0245
        (25, "not distinguishable"),  # p = .0255
        (974, "not distinguishable"),
        (975, "worse"),
    ],
)
def test_a_verdict_needs_one_refit_in_forty_or_fewer(higher, verdict):
    null = np.where(np.arange(999) < higher, 0.9, 0.1)
    found = against_chance(0.5, null, "linear model", 1.0)
    assert found.p == pytest.approx((higher + 0.5) / 1000)
    assert found.verdict == verdict


@pytest.mark.parametrize(
    ("value", "low", "high", "reached", "expected"),
    [
        (0.7, 0.4, 0.9, 1.0, (0.5, 0.9)),
        (0.7, 0.6, 0.9, 1.0, (0.6, 0.9)),
        (0.3, 0.1, 0.6, 0.0, (0.1, 0.5)),
        (0.3, 0.1, 0.4, 0.0, (0.1, 0.4)),
        (0.7, 0.6, 0.9, 0.5, (0.5, 0.9)),
        (0.3, 0.1, 0.4, 0.5, (0.1, 0.5)),
        (0.55, 0.4, 0.7, 0.5, (0.4, 0.7)),
    ],
)
def test_only_the_end_that_contradicts_the_verdict_moves_and_only_to_one_half(
    value, low, high, reached, expected
):
    chance = against_chance(reached, NULL, "linear model", 1.0)
    found = agreeing(Interval(value, low, high, "refit-corrected"), chance)
    assert (found.low, found.high) == expected
