"""A curve from distances to probabilities never reverses what a classifier says."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from spectra_dl.evaluation.rising_curve import rising_curve
from spectra_dl.spectra.estimators.minirocket import MiniRocket, PatientRidge


def test_it_is_plain_logistic_regression_where_that_rises():
    random = np.random.default_rng(0)
    label = np.repeat(["a", "b"], 40)
    distance = (label == "b")[:, None] + random.normal(size=(80, 1))
    plain = LogisticRegression(C=1e3, max_iter=1000).fit(distance, label)
    np.testing.assert_array_equal(rising_curve(distance, label).coef_, plain.coef_)


def test_distances_that_go_the_wrong_way_say_nothing():
    label = np.array(["a", "a", "a", "b", "b", "b", "b", "b"])
    distance = np.array([3.0, 2.0, 1.0, -1.0, -2.0, 0.5, -3.0, -1.0])[:, None]
    probability = rising_curve(distance, label).predict_proba(np.array([[-9.0], [9.0]]))
    np.testing.assert_allclose(probability[:, 1], 5 / 8, atol=1e-3)


def test_of_several_classes_only_the_wrong_one_is_left_out():
    random = np.random.default_rng(1)
    label = np.repeat(["a", "b", "c"], 30)
    distance = (label[:, None] == np.array(["a", "b", "c"])) * 2.0 + random.normal(size=(90, 3))
    distance[:, 1] *= -1
    slopes = np.diag(rising_curve(distance, label).coef_)
    assert slopes[1] == 0
    assert (slopes[[0, 2]] > 0).all()


@pytest.mark.parametrize("seed", range(8))
def test_minirockets_probabilities_never_fall_with_its_score(seed):
    """Twenty patients without any signal: half of such studies have scores that go the wrong way."""
    rows = np.random.default_rng(seed).normal(size=(20, 40))
    label = np.repeat(["a", "b"], 10)
    model = PatientRidge(MiniRocket(n_features=84)).fit(rows, label)
    assert model.curve_.coef_[0, 0] >= 0
