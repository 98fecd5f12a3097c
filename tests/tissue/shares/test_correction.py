"""What was predicted is corrected by what a model mistakes."""

import numpy as np
import pytest

from spectra_dl.tissue.shares.correction import corrected_composition

MISTAKES = np.array([[0.8, 0.15, 0.05], [0.1, 0.85, 0.05], [0.1, 0.2, 0.7]])


def test_two_classes_are_the_estimator_of_rogan_and_gladen():
    sensitivity, specificity, positive = 0.9, 0.8, 0.62
    confusion = np.array([[sensitivity, 1 - sensitivity], [1 - specificity, specificity]])
    by_hand = (positive + specificity - 1) / (sensitivity + specificity - 1)
    corrected = corrected_composition(np.array([[positive, 1 - positive]]), confusion)
    assert corrected[0] == pytest.approx([by_hand, 1 - by_hand])


def test_what_was_predicted_of_a_known_composition_gives_that_composition():
    true = np.array([[0.2, 0.5, 0.3], [0.0, 0.9, 0.1], [1.0, 0.0, 0.0]])
    np.testing.assert_allclose(corrected_composition(true @ MISTAKES, MISTAKES), true, atol=1e-9)


def test_a_model_that_mistakes_nothing_changes_nothing():
    counted = np.random.default_rng(0).dirichlet(np.ones(4), size=50)
    np.testing.assert_allclose(corrected_composition(counted, np.eye(4)), counted, atol=1e-12)


def test_shares_stay_between_0_and_1_and_sum_to_1_whatever_was_predicted():
    predicted = np.random.default_rng(1).dirichlet(np.full(3, 0.3), size=300)
    corrected = corrected_composition(predicted, MISTAKES)
    assert corrected.min() >= 0
    np.testing.assert_allclose(corrected.sum(axis=1), 1, atol=1e-9)


def test_what_no_composition_explains_is_the_nearest_of_all_compositions():
    predicted = np.array([[0.02, 0.9, 0.08], [0.05, 0.05, 0.9]])
    step = np.linspace(0, 1, 201)
    grid = np.array([(a, b, 1 - a - b) for a in step for b in step if a + b <= 1 + 1e-9])
    distance = ((grid @ MISTAKES)[:, np.newaxis] - predicted) ** 2
    nearest = grid[distance.sum(axis=2).argmin(axis=0)]
    np.testing.assert_allclose(corrected_composition(predicted, MISTAKES), nearest, atol=0.006)


@pytest.mark.parametrize(
    "confusion", [np.full((2, 2), 0.5), [[0.51, 0.49], [0.49, 0.51]], [[0.0, 1.0], [0.0, 1.0]]]
)
def test_of_classes_that_a_model_does_not_tell_apart_nothing_is_known(confusion):
    assert np.isnan(corrected_composition(np.array([[0.4, 0.6]]), np.array(confusion))).all()
