"""Inverse power laws are found again, never fall, and say how sure they are."""

from itertools import pairwise

import numpy as np
import pytest
from scipy.stats import norm
from sklearn.linear_model import LogisticRegression

from spectra_dl.arrays import text_array
from spectra_dl.errors import DataError
from spectra_dl.planning.learning_curve import fit_learning_curve
from spectra_dl.planning.subsampling import nested_subsampling

SIZES = np.array([20.0, 30.0, 45.0, 65.0, 100.0])


def reached(size, best=0.9, features=12):
    """The AUC of a linear discriminant of two classes of equal size, each with so many independent features."""
    distance = np.sqrt(2) * norm.ppf(best)
    return norm.cdf(distance**2 / np.sqrt(distance**2 + 4 * features / size) / np.sqrt(2))


def test_what_a_linear_discriminant_gains_is_forecast_without_noise():
    curve = fit_learning_curve(SIZES, reached(SIZES), np.full(5, 1e-3))
    gain, error = curve.gain(2.0, float(reached(100.0)))
    assert gain == pytest.approx(reached(200.0) - reached(100.0), abs=0.002)
    assert error < 0.004


def test_the_law_of_a_linear_discriminant_is_what_one_reaches():
    generator = np.random.default_rng(0)
    found = []
    for _ in range(150):
        ill = np.arange(40) % 2 == 0
        shift = np.r_[np.sqrt(2) * norm.ppf(0.9), np.zeros(11)]
        train = generator.normal(size=(40, 12)) + ill[:, None] * shift
        weights = train[ill].mean(axis=0) - train[~ill].mean(axis=0)
        found.append(norm.cdf(weights @ shift / np.linalg.norm(weights) / np.sqrt(2)))
    assert np.mean(found) == pytest.approx(reached(40.0), abs=0.015)


def test_the_error_covers_what_noise_does_to_the_gain():
    generator = np.random.default_rng(0)
    wanted = reached(200.0) - reached(100.0)
    away = []
    for _ in range(200):
        measured = reached(SIZES) + generator.normal(0, 0.02, 5) * (SIZES < 100)
        curve = fit_learning_curve(SIZES, measured, np.full(5, 0.02))
        gain, error = curve.gain(2.0, float(measured[-1]))
        away.append(abs(gain - wanted) / error)
    assert np.mean(np.array(away) <= 2) >= 0.9


def test_a_curve_that_falls_by_chance_gains_little_and_never_loses():
    curve = fit_learning_curve(SIZES, np.array([0.8, 0.79, 0.78, 0.78, 0.77]), np.full(5, 0.01))
    gain, error = curve.gain(2.0, 0.77)
    assert 0 <= gain < 0.01
    assert error > 0
    assert curve.gain(0.5, 0.77)[0] <= 0


def test_a_pilot_at_chance_is_not_made_better_by_more_patients():
    curve = fit_learning_curve(SIZES, np.full(5, 0.48), np.full(5, 0.05))
    assert curve.gain(4.0, 0.48) == (0.0, 0.0)


def test_two_sizes_are_refused():
    with pytest.raises(DataError, match="three"):
        fit_learning_curve(np.array([10.0, 20.0, 20.0]), np.array([0.6, 0.7, 0.7]), np.full(3, 0.01))


class Recorder(LogisticRegression):
    """Note which patients it was trained on."""

    seen: list = []  # noqa: RUF012 - shared by copies on purpose

    def fit(self, X, y, groups=None):
        type(self).seen.append(frozenset(groups))
        return super().fit(X, y)


def study(patients=40, spectra=2, distance=1.0, seed=0):
    generator = np.random.default_rng(seed)
    ill = np.arange(patients) % 2 == 0
    rows = np.repeat(generator.normal(size=(patients, 6)) + distance * ill[:, None], spectra, axis=0)
    label = text_array(np.repeat(np.where(ill, "ill", "well"), spectra))
    return rows, label, text_array(np.repeat([f"p{one:02d}" for one in range(patients)], spectra))


def test_subsets_are_nested_and_never_hold_a_patient_who_is_tested():
    rows, label, patient = study()
    Recorder.seen.clear()
    found = nested_subsampling(rows, label, patient, Recorder(), "ill", folds=4, repeats=2)
    subsets = [Recorder.seen[at : at + 4] for at in range(0, len(Recorder.seen), 4)]
    assert len(subsets) == 8
    for smaller_first in subsets:
        assert all(one < other for one, other in pairwise(smaller_first))
        assert len(smaller_first[-1]) == 30
    assert found.training == 30
    assert list(found.curve.sizes) == sorted(found.curve.sizes)


def test_rows_in_another_order_are_the_same_study():
    rows, label, patient = study()
    order = np.random.default_rng(1).permutation(len(rows))
    one = nested_subsampling(rows, label, patient, LogisticRegression(), "ill", repeats=1)
    other = nested_subsampling(
        rows[order], label[order], patient[order], LogisticRegression(), "ill", repeats=1
    )
    assert other.auc == pytest.approx(one.auc)
    assert other.probability == pytest.approx(one.probability[order])


def test_three_classes_and_too_few_patients_are_refused():
    rows, label, patient = study(patients=8)
    with pytest.raises(DataError, match="too few"):
        nested_subsampling(rows, label, patient, LogisticRegression(), "ill", folds=3)
    label = label.copy()
    label[:2] = "none"
    with pytest.raises(DataError, match="3 classes"):
        nested_subsampling(rows, label, patient, LogisticRegression(), "ill")
