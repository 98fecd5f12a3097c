"""Differences and null distributions, from patients."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from spectra_dl.evaluation.classes.comparison import paired_differences, permutation_null, permutation_p
from spectra_dl.evaluation.classes.scores import Scores
from spectra_dl.evaluation.intervals import draw_patients

CODE = np.arange(100) % 2


def scored(noise, seed=0):
    """Return one row per patient whose score is the class and noise."""
    score = 1 / (1 + np.exp(-(2 * CODE - 1 + noise * np.random.default_rng(seed).normal(size=100))))
    return Scores(CODE, np.stack([1 - score, score], axis=1)[None], np.arange(100), 1)


def test_a_clearly_better_model_is_called_better_also_where_lower_is_better():
    differences = paired_differences(
        ("good", scored(0.5)), ("poor", scored(5.0)), draw_patients(100, resamples=500)
    )
    assert differences["auc"].verdict == "better"
    assert differences["auc"].interval.low > 0
    assert differences["brier"].verdict == "better"
    assert differences["brier"].interval.high < 0
    back = paired_differences(("poor", scored(5.0)), ("good", scored(0.5)), draw_patients(100, resamples=500))
    assert back["auc"].verdict == "worse"
    assert back["auc"].interval.value == pytest.approx(-differences["auc"].interval.value)


def test_a_model_is_not_distinguishable_from_itself():
    differences = paired_differences(
        ("one", scored(1.0)), ("same", scored(1.0)), draw_patients(100, resamples=200)
    )
    assert {difference.verdict for difference in differences.values()} == {"not distinguishable"}


def test_better_is_rarely_said_of_equally_good_models():
    multiplicity = draw_patients(100, resamples=300)
    verdicts = [
        paired_differences(("one", scored(2.0, 2 * seed)), ("two", scored(2.0, 2 * seed + 1)), multiplicity)[
            "auc"
        ].verdict
        for seed in range(60)
    ]
    assert verdicts.count("not distinguishable") >= 51  # 95 % expected; 51 of 60 leaves three standard errors


def test_the_permutation_null_equals_scikit_learn_on_permuted_patients():
    generator = np.random.default_rng(4)
    patient = np.repeat(np.arange(20), generator.integers(1, 4, 20))
    classes = np.arange(20) % 2
    positive = np.round(generator.uniform(size=patient.size), 1)
    null = permutation_null(
        np.stack([1 - positive, positive], axis=1), patient, classes, permutations=30, seed=9
    )
    permuted = np.random.default_rng(9).permuted(np.broadcast_to(classes, (30, 20)), axis=1)
    expected = [roc_auc_score(classes_drawn[patient], positive) for classes_drawn in permuted]
    np.testing.assert_allclose(null, expected, atol=1e-12)


def test_the_null_of_three_classes_is_the_macro_mean():
    generator = np.random.default_rng(1)
    classes, score = np.arange(30) % 3, generator.uniform(size=(30, 3))
    score /= score.sum(axis=1, keepdims=True)
    null = permutation_null(score, np.arange(30), classes, permutations=20, seed=2)
    permuted = np.random.default_rng(2).permuted(np.broadcast_to(classes, (20, 30)), axis=1)
    np.testing.assert_allclose(
        null,
        [roc_auc_score(classes_drawn, score, multi_class="ovr") for classes_drawn in permuted],
        atol=1e-12,
    )


def test_the_null_centres_on_one_half():
    score = scored(1.0).probability[0]
    null = permutation_null(score, np.arange(100), CODE, permutations=4000)
    assert null.mean() == pytest.approx(0.5, abs=0.005)


def test_p_counts_the_observed_value_itself():
    assert permutation_p(0.9, np.array([0.5, 0.6, 0.9])) == 0.5
    assert permutation_p(1.0, np.linspace(0.3, 0.7, 999)) == 0.001
    assert np.isnan(permutation_p(float("nan"), np.array([0.5])))


def test_a_difference_is_as_much_wider_as_refits_vary_more():
    one, other = scored(2.0, 0), scored(2.0, 1)
    drawn = draw_patients(100, resamples=300, seed=0)
    fixed = paired_differences(("one", one), ("other", other), drawn)["auc"].interval
    refitted = paired_differences(("one", one), ("other", other), drawn, inflation=1.5)["auc"].interval
    assert refitted.value == fixed.value
    assert refitted.high - refitted.value == pytest.approx(1.5 * (fixed.high - fixed.value))
    assert refitted.value - refitted.low == pytest.approx(1.5 * (fixed.value - fixed.low))
