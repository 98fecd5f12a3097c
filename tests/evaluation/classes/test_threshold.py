"""The decision threshold."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_curve

from spectra_dl.errors import DataError, UsageError
from spectra_dl.evaluation.classes.threshold import choose_threshold, smooth_threshold


def patients(seed, n=40, decimals=1):
    """Return probabilities with many ties, and classes that go with them."""
    generator = np.random.default_rng(seed)
    positive = np.arange(n) % 2 == 0
    score = generator.normal(size=n) + positive
    return np.round(1 / (1 + np.exp(-score)), decimals), positive


def shares(probability, positive, threshold):
    called = probability >= threshold
    return called[positive].mean(), (~called[~positive]).mean()


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 6))
def test_youdens_threshold_reaches_the_best_point_of_scikit_learns_roc_curve(seed, decimals):
    probability, positive = patients(seed, decimals=decimals)
    false_positive, sensitivity, _ = roc_curve(positive, probability)
    reached = shares(probability, positive, choose_threshold(probability, positive))
    assert sum(reached) - 1 == pytest.approx((sensitivity - false_positive).max())


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from([0.05, 0.5, 0.8, 0.9, 0.95, 1.0]))
def test_a_wanted_specificity_is_kept_at_the_highest_sensitivity(seed, wanted):
    probability, positive = patients(seed)
    false_positive, sensitivity, _ = roc_curve(positive, probability, drop_intermediate=False)
    reached, kept = shares(probability, positive, choose_threshold(probability, positive, wanted))
    assert kept >= wanted - 1e-9
    assert reached == pytest.approx(sensitivity[1 - false_positive >= wanted - 1e-9].max())


def test_the_threshold_lies_halfway_between_separated_classes():
    threshold = choose_threshold(np.array([0.1, 0.2, 0.6, 0.9]), np.array([False, False, True, True]))
    assert threshold == pytest.approx(0.4)


def test_of_equal_thresholds_the_one_nearest_one_half_is_taken():
    probability = np.array([0.02, 0.1, 0.2, 0.4, 0.6, 0.9])
    positive = np.array([False, True, False, True, False, True])
    assert choose_threshold(probability, positive) == pytest.approx(0.3)  # as good as 0.06 and 0.75


def test_equal_probabilities_make_everybody_positive():
    assert choose_threshold(np.full(4, 0.5), np.array([True, False, True, False])) == 0.25


def test_no_patient_is_positive_where_no_threshold_keeps_the_specificity():
    probability, positive = np.array([0.2, 0.4, 1.0]), np.array([True, True, False])
    assert choose_threshold(probability, positive, 1.0) > 1.0


def test_neighbouring_doubles_are_separated():
    low, high = 0.3, np.nextafter(0.3, 1.0)
    threshold = choose_threshold(np.array([low, high]), np.array([False, True]))
    assert low < threshold <= high


@pytest.mark.parametrize("rule", ["best", 0.0, 1.5, float("nan")])
def test_a_rule_that_is_none_is_refused(rule):
    with pytest.raises(UsageError, match="say 'youden', or the specificity"):
        choose_threshold(np.array([0.1, 0.9]), np.array([False, True]), rule)


@pytest.mark.parametrize(
    ("probability", "positive", "sentence"),
    [
        ([0.1], [True, False], "one of each per patient"),
        ([0.1, np.nan], [True, False], "not between 0 and 1"),
        ([0.1, 0.2], [True, True], "both classes"),
        ([], [], "both classes"),
    ],
)
def test_patients_without_a_threshold_are_refused(probability, positive, sentence):
    with pytest.raises(DataError, match=sentence):
        choose_threshold(np.array(probability), np.array(positive, dtype=bool))


@pytest.mark.parametrize(
    ("negatives", "wanted", "called_positive"),
    [
        (19, 0.95, 0),  # 18 of 19 are .947
        (20, 0.95, 1),
        (21, 0.95, 1),
        (39, 0.95, 1),
        (40, 0.95, 2),
        (19, 0.9, 1),
        (20, 0.9, 2),
        (19, 18 / 19, 1),
        (30, 0.7, 9),
        (3, 0.5, 1),
    ],
)
def test_no_more_negatives_are_called_positive_than_the_wanted_specificity_allows(
    negatives, wanted, called_positive
):
    # Each negative stands just above a positive: a lower threshold finds one more of both.
    place = np.arange(1, negatives + 1) / (negatives + 2)
    probability = np.concatenate([place, place - 1e-4])
    positive = np.repeat([False, True], negatives)
    threshold = choose_threshold(probability, positive, wanted)
    assert np.count_nonzero(probability[~positive] >= threshold) == called_positive
    assert np.count_nonzero(probability[positive] >= threshold) == called_positive


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 20), st.integers(1, 30))
def test_youdens_index_does_not_follow_the_larger_class(seed, n_positive, n_negative):
    generator = np.random.default_rng(seed)
    positive = np.repeat([True, False], [n_positive, n_negative])
    probability = np.round(1 / (1 + np.exp(-generator.normal(size=positive.size) - positive)), 2)
    reached = shares(probability, positive, choose_threshold(probability, positive))
    every = [shares(probability, positive, threshold) for threshold in np.linspace(0.005, 1.005, 101)]
    assert sum(reached) == pytest.approx(max(map(sum, every)))


def normal_scores(seed, n, distance=1.8):
    """Return true probabilities of as many patients of each class, whose AUC is .90."""
    positive = np.repeat([False, True], n)
    score = np.random.default_rng(seed).normal(size=2 * n) + distance * (positive - 0.5)
    return 1 / (1 + np.exp(-distance * score)), positive


def test_smoothing_makes_the_threshold_vary_less_and_costs_no_accuracy():
    studies = [normal_scores(seed, 30) for seed in range(60)]
    plain = np.array([choose_threshold(*study) for study in studies])
    smooth = np.array([smooth_threshold(*study).value for study in studies])
    assert smooth.std() < 0.8 * plain.std()
    new = normal_scores(1000, 5000)
    reached = [np.mean([sum(shares(*new, at)) / 2 for at in each]) for each in (plain, smooth)]
    assert reached[1] >= reached[0]


def test_the_spread_holds_nine_in_ten_resamples_and_the_threshold():
    probability, positive = normal_scores(0, 30)
    found = smooth_threshold(probability, positive)
    generator = np.random.default_rng(9)
    again = []
    for _ in range(500):
        drawn = np.concatenate([generator.integers(0, 30, 30), generator.integers(30, 60, 30)])
        again.append(choose_threshold(probability[drawn], positive[drawn]))
    inside = np.mean((found.low <= np.array(again)) & (np.array(again) <= found.high))
    assert 0.8 <= inside <= 0.97
    assert found.value == pytest.approx(np.mean(again), abs=4 * np.std(again) / np.sqrt(200))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.integers(2, 60), st.integers(1, 16), st.sampled_from(["youden", 0.3, 0.95]))
def test_resamples_together_are_resamples_one_by_one(seed, n, decimals, rule):
    probability, positive = patients(seed, n, decimals)
    found = smooth_threshold(probability, positive, rule, seed=seed)
    generator = np.random.default_rng(seed)
    each = [np.flatnonzero(~positive), np.flatnonzero(positive)]
    again = []
    for _ in range(200):
        drawn = np.concatenate([generator.choice(rows, rows.size) for rows in each])
        again.append(choose_threshold(probability[drawn], positive[drawn], rule))
    low, high = np.percentile(again, (5, 95))
    value = np.mean(again) if rule == "youden" else choose_threshold(probability, positive, rule)
    assert (found.value, found.low, found.high) == (value, low, high)


def test_many_patients_are_resampled_a_few_at_a_time(monkeypatch):
    study = normal_scores(3, 40)
    together = smooth_threshold(*study)
    monkeypatch.setattr("spectra_dl.evaluation.classes.threshold._COUNTS_AT_ONCE", 1000)  # 12 resamples
    assert smooth_threshold(*study) == together


def test_more_patients_narrow_the_spread():
    few, many = (smooth_threshold(*normal_scores(3, n)) for n in (20, 400))
    assert many.high - many.low < few.high - few.low


def test_a_specificity_that_is_asked_for_is_kept_and_only_its_spread_comes_from_resamples():
    probability, positive = normal_scores(0, 30)
    found = smooth_threshold(probability, positive, 0.9)
    assert found.value == choose_threshold(probability, positive, 0.9)
    assert found.low < found.high


def test_the_same_seed_gives_the_same_threshold():
    study = normal_scores(0, 30)
    assert smooth_threshold(*study, seed=1) == smooth_threshold(*study, seed=1)
    assert smooth_threshold(*study, seed=1) != smooth_threshold(*study, seed=2)
