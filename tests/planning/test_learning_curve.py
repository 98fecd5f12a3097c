"""Inverse power laws are found again, never fall, and say how sure they are."""

from itertools import pairwise

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from spectra_dl.arrays import text_array
from spectra_dl.errors import DataError
from spectra_dl.planning.learning_curve import fit_learning_curve
from spectra_dl.planning.subsampling import nested_subsampling

SIZES = np.array([20.0, 30.0, 45.0, 65.0, 100.0])


def test_a_law_without_noise_is_found_again():
    auc = 0.9 - 0.8 * SIZES**-0.6
    curve = fit_learning_curve(SIZES, auc, np.full(5, 1e-4))
    gain, error = curve.gain(100, 200)
    assert curve.at(200) == pytest.approx(0.9 - 0.8 * 200**-0.6, abs=0.001)
    assert gain == pytest.approx(0.8 * (100**-0.6 - 200**-0.6), abs=0.002)
    assert error < 0.005


def test_the_error_covers_what_noise_does_to_the_gain():
    generator = np.random.default_rng(0)
    true = 0.85 - 1.2 * SIZES**-0.8
    wanted = 1.2 * (100**-0.8 - 200**-0.8)
    away = []
    for _ in range(200):
        curve = fit_learning_curve(SIZES, true + generator.normal(0, 0.01, 5), np.full(5, 0.01))
        gain, error = curve.gain(100, 200)
        away.append(abs(gain - wanted) / error)
    assert np.mean(np.array(away) <= 2) >= 0.9


def test_a_curve_that_falls_by_chance_is_taken_as_flat():
    curve = fit_learning_curve(SIZES, np.array([0.8, 0.79, 0.78, 0.78, 0.77]), np.full(5, 0.01))
    gain, error = curve.gain(100, 200)
    assert gain == pytest.approx(0.0, abs=1e-6)
    assert error > 0


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
