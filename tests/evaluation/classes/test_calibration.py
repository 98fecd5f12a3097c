"""One temperature on out-of-fold patients, and how honest probabilities are."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit, log_softmax, logit, softmax
from sklearn.linear_model import LogisticRegression

from spectra_dl.errors import DataError
from spectra_dl.evaluation.classes.calibration import fit_temperature, recalibration, reliability
from spectra_dl.evaluation.classes.metrics import calibration_error


def overconfident(factor, n_classes=3):
    """Return logits ``factor`` times too large, and classes drawn from the honest ones."""
    generator = np.random.default_rng(0)
    honest = generator.normal(size=(4000, n_classes)) * 2
    truth = np.array([generator.choice(n_classes, p=row) for row in softmax(honest, axis=1)])
    return honest * factor, truth


@pytest.mark.parametrize("factor", [0.5, 1.0, 3.0])
def test_the_temperature_undoes_overconfidence(factor):
    assert fit_temperature(*overconfident(factor)) == pytest.approx(factor, rel=0.06)


def test_no_other_temperature_is_likelier():
    logits, truth = overconfident(2.0)
    logits, truth = logits[:50], truth[:50]

    def surprise(temperature):
        return -log_softmax(logits / temperature, axis=1)[np.arange(50), truth].mean()

    best = surprise(fit_temperature(logits, truth))
    assert all(best <= surprise(temperature) + 1e-12 for temperature in np.linspace(0.06, 19, 500))


def test_the_calibration_error_falls():
    logits, truth = overconfident(3.0)
    temperature = fit_temperature(logits, truth)
    before, after = softmax(logits, axis=1), softmax(logits / temperature, axis=1)
    assert calibration_error(truth, after) < 0.3 * calibration_error(truth, before)


def test_faultless_patients_give_the_lower_end():
    assert fit_temperature(np.array([[5.0, 0.0], [0.0, 5.0]]), np.array([0, 1])) == pytest.approx(
        0.05, rel=1e-3
    )


@pytest.mark.parametrize(
    ("logits", "truth", "sentence"),
    [
        (np.array([[np.nan, 0.0]]), np.array([0]), "not finite"),
        (np.zeros((2, 2)), np.array([0]), "for 1 patients"),
        (np.zeros((0, 2)), np.array([], dtype=int), "for 0 patients"),
    ],
)
def test_unusable_logits_are_refused(logits, truth, sentence):
    with pytest.raises(DataError, match=sentence):
        fit_temperature(logits, truth)


def simulated(n=300, factor=1.0, shift=0.0, seed=1):
    """Return probabilities whose log odds are ``factor`` times too large and ``shift`` too high, and classes."""
    generator = np.random.default_rng(seed)
    odds = 1.5 * generator.normal(size=n)
    positive = generator.random(n) < expit(odds)
    return expit(factor * odds + shift), positive


@pytest.mark.parametrize(("factor", "shift"), [(1.0, 0.0), (3.0, 0.0), (0.4, 1.0)])
def test_slope_and_intercept_are_those_of_scikit_learns_logistic_regression(factor, shift):
    probability, positive = simulated(factor=factor, shift=shift)
    slope, intercept = recalibration(probability, positive)
    fitted = LogisticRegression(C=np.inf, tol=1e-10, max_iter=1000).fit(logit(probability)[:, None], positive)
    assert slope == pytest.approx(fitted.coef_[0, 0], rel=1e-4)
    assert expit(logit(probability) + intercept).mean() == pytest.approx(positive.mean())


def test_the_slope_says_how_many_times_too_sure_a_model_is():
    slope, intercept = recalibration(*simulated(n=20_000, factor=2.0))
    assert slope == pytest.approx(0.5, rel=0.05)
    assert intercept == pytest.approx(0.0, abs=0.05)


def test_a_threshold_without_fault_has_no_slope_and_equal_probabilities_neither():
    faultless = np.array([0.1, 0.2, 0.7, 1.0]), np.array([False, False, True, True])
    assert np.isnan(recalibration(*faultless)[0])
    assert np.isfinite(recalibration(*faultless)[1])
    slope, intercept = recalibration(np.full(4, 0.5), np.array([True, True, True, False]))
    assert np.isnan(slope)
    assert intercept == pytest.approx(np.log(3))


def test_one_class_alone_can_not_be_recalibrated():
    assert np.isnan(recalibration(np.array([0.2, 0.4]), np.array([True, True]))).all()


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 300), st.integers(0, 6))
def test_every_patient_is_in_one_bin_and_no_bin_is_empty(seed, n, decimals):
    probability, positive = simulated(n=n, seed=seed)
    probability = probability.round(decimals)
    bins = reliability(probability, positive)
    assert sum(each.patients for each in bins) == n
    assert sum(each.observed.value * each.patients for each in bins) == pytest.approx(positive.sum())
    assert sum(each.mean_probability * each.patients for each in bins) == pytest.approx(probability.sum())
    assert all(lower.high < upper.low for lower, upper in pairwise(bins))
    assert len(bins) <= 10


def test_bins_have_the_same_number_of_patients():
    assert [each.patients for each in reliability(*simulated(n=66))] == [11] * 6
