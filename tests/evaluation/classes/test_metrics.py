"""Figures of merit against scikit-learn."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as oracle

from spectra_dl.evaluation.classes import metrics
from spectra_dl.evaluation.classes.metric_table import METRICS, all_metrics
from spectra_dl.evaluation.classes.resampling import ResampledPredictions


def random_case(seed, n_classes, *, decimals=1):
    """Return truth and tied probabilities in which every class occurs and is predicted."""
    generator = np.random.default_rng(seed)
    truth = np.concatenate([np.arange(n_classes), generator.integers(0, n_classes, 40)])
    raw = (
        np.round(generator.uniform(0.1, 1, (truth.size, n_classes)), decimals)
        + 0.3 * np.eye(n_classes)[truth]
    )
    raw[:n_classes] += 2 * np.eye(n_classes)
    return truth, raw / raw.sum(axis=1, keepdims=True)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.integers(0, 5)), min_size=2, max_size=60))
def test_auc_equals_scikit_learn_with_ties(rows):
    positive, score = np.array([row[0] for row in rows]), np.array([row[1] for row in rows], dtype=float)
    if positive.all() or not positive.any():
        assert np.isnan(metrics.auc(positive, score))
    else:
        assert metrics.auc(positive, score) == pytest.approx(oracle.roc_auc_score(positive, score), abs=1e-12)


def specificity_by_curve(truth, score, weight=None):
    """Return the highest specificity at a sensitivity of .9 or more, from scikit-learn's ROC curve."""
    curve = oracle.roc_curve(truth, score, sample_weight=weight, drop_intermediate=False)
    return 1 - curve[0][curve[1] >= 0.9 - 1e-12].min()


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("name", ["pr_auc", "specificity_at_90_sensitivity"])
def test_resamples_of_ranked_figures_equal_weighting_the_rows(seed, name):
    truth, probability = random_case(seed, 2)
    patient = np.random.default_rng(seed).integers(0, 15, truth.size)
    multiplicity = np.random.default_rng(seed + 1).integers(0, 4, (20, 15)).astype(float)
    drawn = METRICS[name].resampled(ResampledPredictions(truth, probability, patient, 1, multiplicity))
    weight = multiplicity[:, patient]
    by_oracle = {
        "pr_auc": lambda w: oracle.average_precision_score(truth, probability[:, 1], sample_weight=w),
        "specificity_at_90_sensitivity": lambda w: specificity_by_curve(truth, probability[:, 1], w),
    }[name]
    assert drawn == pytest.approx([by_oracle(each) for each in weight], abs=1e-12)


def test_ranked_figures_of_many_classes_are_means_of_each_against_the_rest():
    truth, probability = random_case(0, 4)
    figures = all_metrics(truth, probability, positive=None)
    each = [oracle.average_precision_score(truth == code, probability[:, code]) for code in range(4)]
    assert figures["pr_auc"] == pytest.approx(np.mean(each), abs=1e-12)
    each = [specificity_by_curve(truth == code, probability[:, code]) for code in range(4)]
    assert figures["specificity_at_90_sensitivity"] == pytest.approx(np.mean(each), abs=1e-12)


@pytest.mark.parametrize("seed", range(10))
def test_two_class_figures_equal_scikit_learn(seed):
    truth, probability = random_case(seed, 2)
    called = probability.argmax(axis=1)
    figures = all_metrics(truth, probability, positive=1)
    expected = {
        "auc": oracle.roc_auc_score(truth, probability[:, 1]),
        "balanced_accuracy": oracle.balanced_accuracy_score(truth, called),
        "sensitivity": oracle.recall_score(truth, called),
        "specificity": oracle.recall_score(truth, called, pos_label=0),
        "precision": oracle.precision_score(truth, called),
        "f1": oracle.f1_score(truth, called),
        "mcc": oracle.matthews_corrcoef(truth, called),
        "accuracy": oracle.accuracy_score(truth, called),
        "brier": oracle.brier_score_loss(truth, probability[:, 1]),
        "pr_auc": oracle.average_precision_score(truth, probability[:, 1]),
        "specificity_at_90_sensitivity": specificity_by_curve(truth, probability[:, 1]),
    }
    assert {name: figures[name] for name in expected} == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("seed", range(10))
def test_many_class_figures_equal_scikit_learn_macro_means(seed):
    truth, probability = random_case(seed, 4)
    called = probability.argmax(axis=1)
    figures = all_metrics(truth, probability, positive=None)
    expected = {
        "auc": oracle.roc_auc_score(truth, probability, multi_class="ovr"),
        "sensitivity": oracle.recall_score(truth, called, average="macro"),
        "precision": oracle.precision_score(truth, called, average="macro"),
        "f1": oracle.f1_score(truth, called, average="macro"),
        "mcc": oracle.matthews_corrcoef(truth, called),
        "accuracy": oracle.accuracy_score(truth, called),
        "brier": oracle.brier_score_loss(truth, probability, scale_by_half=True),
    }
    assert {name: figures[name] for name in expected} == pytest.approx(expected, abs=1e-12)


def test_specificity_of_each_class_is_its_recall_against_the_rest():
    truth, probability = random_case(3, 3)
    called = probability.argmax(axis=1)
    each = [oracle.recall_score(truth != code, called != code) for code in range(3)]
    assert all_metrics(truth, probability, None)["specificity"] == pytest.approx(np.mean(each), abs=1e-12)


def test_calibration_error_of_a_hand_worked_case():
    # Bins (0.2, 0.3] and (0.8, 0.9]: said .25 for two of whom one is positive, said .9 for two of whom both are.
    positive = np.array([0.25, 0.25, 0.9, 0.9])
    error = metrics.calibration_error(np.array([0, 1, 1, 1]), np.stack([1 - positive, positive], axis=1))
    assert error == pytest.approx((2 * 0.25 + 2 * 0.1) / 4)


def test_undefined_figures_are_nan():
    figures = all_metrics(np.array([0, 0, 1]), np.array([[0.9, 0.1]] * 3), positive=1)
    assert np.isnan(figures["precision"])
    assert np.isnan(figures["mcc"])
    assert figures["f1"] == 0.0
    assert figures["auc"] == 0.5


def test_a_patients_probability_is_the_softmax_of_the_mean_logit():
    generator = np.random.default_rng(0)
    logits, patient = generator.normal(size=(12, 3)), np.repeat([2, 0, 1, 3], 3)
    soft = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    mean = np.stack([logits[patient == person].mean(axis=0) for person in range(4)])
    expected = np.exp(mean) / np.exp(mean).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(metrics.pool_by_patient(soft, patient, 4), expected, rtol=1e-12)


def test_a_probability_of_zero_pools_to_a_finite_one():
    pooled = metrics.pool_by_patient(np.array([[1.0, 0.0], [0.0, 1.0]]), np.array([0, 0]), 1)
    np.testing.assert_allclose(pooled, [[0.5, 0.5]])


def error_by_hand(truth, probability, bins):
    """Return the classwise calibration error by a loop over bins (k / 10, (k + 1) / 10], the first with 0 in it."""
    total = 0.0
    for code in range(probability.shape[1]):
        for k in range(bins):
            inside = [
                row
                for row, value in enumerate(probability[:, code])
                if k / bins < value <= (k + 1) / bins or (k == 0 and value == 0.0)
            ]
            if inside:
                said = sum(probability[row, code] for row in inside) / len(inside)
                seen = sum(truth[row] == code for row in inside) / len(inside)
                total += len(inside) / len(truth) * abs(said - seen)
    return total / probability.shape[1]


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("seed", range(5))
def test_calibration_error_equals_a_loop_over_ten_bins_with_their_upper_edge(seed, n_classes):
    generator = np.random.default_rng(seed)
    tenths = generator.multinomial(10, np.full(n_classes, 1 / n_classes), size=60)
    between = generator.dirichlet(np.ones(n_classes), size=60)
    probability = np.concatenate([tenths / 10, np.eye(n_classes), between])
    truth = generator.integers(0, n_classes, len(probability))
    error = metrics.calibration_error(truth, probability)
    assert error == pytest.approx(error_by_hand(truth, probability, 10), abs=1e-12)
    assert error != pytest.approx(error_by_hand(truth, probability, 11), abs=1e-6)


@pytest.mark.parametrize(("edge", "bin_of"), [(0.0, 0), (0.1, 0), (0.3, 2), (0.5, 4), (0.9, 8), (1.0, 9)])
def test_a_probability_on_an_edge_belongs_to_the_bin_below(edge, bin_of):
    probability = np.array([[1 - edge, edge]])
    gaps = metrics.calibration_gaps(np.array([0]), probability, np.array([0]))
    of_second = gaps.reshape(2, 10)[1]
    wanted = np.zeros(10)
    wanted[bin_of] = edge
    np.testing.assert_array_equal(of_second, wanted)
