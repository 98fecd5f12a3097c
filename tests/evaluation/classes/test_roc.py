"""The ROC curve."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score
from sklearn.metrics import roc_curve as sklearn_curve

from spectra_dl.evaluation.classes.roc import roc_curve


def scored(seed, decimals, n=80):
    generator = np.random.default_rng(seed)
    positive = np.arange(n) % 3 == 0
    return positive, np.round(generator.normal(size=n) + positive, decimals)


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 10**6), st.integers(0, 4))
def test_the_corners_are_scikit_learns_and_lose_nothing(seed, decimals):
    positive, score = scored(seed, decimals)
    curve = roc_curve("sick", positive, score)
    false_positive, sensitivity, _ = sklearn_curve(positive, score, drop_intermediate=False)
    area = np.trapezoid(curve.sensitivity, curve.false_positive_rate)
    assert area == pytest.approx(roc_auc_score(positive, score))
    every = set(zip(false_positive.round(12), sensitivity.round(12), strict=True))
    corners = set(zip(curve.false_positive_rate.round(12), curve.sensitivity.round(12), strict=True))
    assert corners <= every
    on_curve = {
        float(at): max(y for x, y in corners if x == at) for at in curve.false_positive_rate.round(12)
    }
    for x, y in every:
        if x not in on_curve:
            assert np.interp(x, curve.false_positive_rate, curve.sensitivity) == pytest.approx(y)


def test_a_faultless_score_has_three_corners_whatever_the_number_of_patients():
    positive = np.arange(2000) >= 1000
    assert len(roc_curve("sick", positive, np.arange(2000.0)).sensitivity) == 3


def test_one_class_alone_has_no_curve():
    assert np.isnan(roc_curve("sick", np.array([True, True]), np.array([0.1, 0.2])).false_positive_rate).all()
