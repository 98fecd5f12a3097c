"""MiniRocket against the paper's definition in plain loops, and its ridge against scikit-learn's."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.linear_model import Ridge
from sklearn.preprocessing import FunctionTransformer

from spectra_dl.errors import DataError
from spectra_dl.evaluation.folds.inner_splits import inner_folds
from spectra_dl.spectra.estimators.minirocket import MiniRocket, PatientRidge, _quantiles
from spectra_dl.spectra.networks.minirocket_kernels import dilation_counts

ROWS = np.random.default_rng(0).integers(-5, 6, size=(6, 40)).astype(np.float64)


def output_by_loops(row, combination, dilation):
    """Return the convolution of one row with zeros beyond its ends."""
    output = np.zeros(row.size)
    for at in range(row.size):
        for tap in range(9):
            place = at + (tap - 4) * dilation
            if 0 <= place < row.size:
                output[at] += (2 if tap in combination else -1) * row[place]
    return output


def features_by_loops(training_row, rows, each):
    """Return MiniRocket's features of ``rows`` with thresholds from one training row."""
    dilations = np.floor(2 ** np.linspace(0, np.log2((training_row.size - 1) / 8), each)).astype(int)
    features, feature = [], 0
    for number, dilation in enumerate(np.unique(dilations)):
        for kernel, combination in enumerate(combinations(range(9), 3)):
            cut = 4 * dilation if (number + kernel) % 2 else 0
            inner = slice(cut, training_row.size - cut)
            training_output = output_by_loops(training_row, combination, dilation)[inner]
            others = [output_by_loops(row, combination, dilation)[inner] for row in rows]
            for _ in range(np.count_nonzero(dilations == dilation)):
                feature += 1
                threshold = np.quantile(training_output, feature * (1 + 5**0.5) / 2 % 1)
                features.append([np.mean(output_values > threshold) for output_values in others])
    return np.array(features).T


def test_features_equal_the_papers_definition_in_plain_loops():
    fitted = MiniRocket(84 * 4).fit(ROWS[:1])  # one training row: no choice is left to chance
    assert fitted.dilations_.tolist() == [1, 2, 4]
    np.testing.assert_allclose(fitted.transform(ROWS), features_by_loops(ROWS[0], ROWS, 4), atol=1e-6)


@given(st.integers(0, 10**6), st.integers(1, 9), st.integers(1, 60), st.integers(1, 7))
def test_quantiles_of_many_rows_are_those_of_each(seed, rows, points, levels):
    random = np.random.default_rng(seed)
    values = random.normal(size=(rows, points)).astype(np.float32)
    at = random.uniform(size=(rows, levels))
    each = np.array([np.quantile(one, level) for one, level in zip(values, at, strict=True)])
    np.testing.assert_array_equal(_quantiles(values, at), each)


def test_each_kernel_takes_its_thresholds_from_a_training_row_drawn_for_it():
    fitted = MiniRocket(84 * 2, seed=3).fit(ROWS)
    generator = np.random.default_rng(3)
    expected = [np.empty((84, 1)), np.empty((84, 1))]
    for number, dilation in enumerate(fitted.dilations_.tolist()):
        drawn = generator.integers(len(ROWS), size=84)
        for kernel, combination in enumerate(combinations(range(9), 3)):
            cut = 4 * dilation if (number + kernel) % 2 else 0
            output = output_by_loops(ROWS[drawn[kernel]], combination, dilation)[cut : 40 - cut]
            at = (number * 84 + kernel + 1) * (1 + 5**0.5) / 2 % 1
            expected[number][kernel] = np.quantile(output, at)
    np.testing.assert_allclose(np.array(fitted.thresholds_), expected, atol=1e-5)


@given(points=st.integers(9, 5000), each=st.integers(1, 200))
def test_every_feature_has_a_dilation_that_fits_the_spectrum(points, each):
    dilations, counts = dilation_counts(points, each)
    assert counts.sum() == each
    assert counts.min() >= 1
    assert dilations[0] == 1
    assert np.all(np.diff(dilations) > 0)
    assert 8 * dilations[-1] <= points - 1


def test_a_spectrums_features_do_not_depend_on_its_neighbours():
    rows = np.random.default_rng(1).normal(size=(150, 60))
    fitted = MiniRocket(840).fit(rows[:100])
    alone = np.concatenate([fitted.transform(rows[[row]]) for row in (0, 63, 64, 149)])
    np.testing.assert_array_equal(alone, fitted.transform(rows)[[0, 63, 64, 149]])


@pytest.mark.parametrize("points", [48, 60, 500, 1000])
def test_nor_where_outputs_are_as_high_as_a_threshold(points):
    """In rows with steps outputs tie with thresholds, and the last bit of a sum decides."""
    steps = np.random.default_rng(0).normal(size=(20, -(-points // 16)))
    rows = np.repeat(steps, 16, axis=1)[:, :points]
    fitted = MiniRocket(168).fit(rows)
    alone = np.concatenate([fitted.transform(rows[[row]]) for row in range(20)])
    np.testing.assert_array_equal(alone, fitted.transform(rows))


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others():
    rows = np.random.default_rng(1).normal(size=(20, 60))
    first, again, reseeded = (MiniRocket(840, seed).fit(rows).transform(rows) for seed in (0, 0, 1))
    assert first.tobytes() == again.tobytes()
    assert not np.array_equal(first, reseeded)


def test_spectra_shorter_than_a_kernel_are_refused():
    with pytest.raises(DataError, match="at least 9 points; these have 8"):
        MiniRocket().fit(ROWS[:, :8])


def study(patients=30, spectra=3, seed=0):
    """Return features in which patients differ and classes a little, labels and patients."""
    generator = np.random.default_rng(seed)
    code = np.repeat(np.arange(patients) % 2, spectra)
    patient_part = np.repeat(generator.normal(size=(patients, 40)), spectra, axis=0)
    rows = patient_part + 0.3 * code[:, None] + 0.1 * generator.normal(size=patient_part.shape)
    return rows, np.array(["healthy", "sick"])[code], np.repeat([f"p{k}" for k in range(patients)], spectra)


def scikit_learns(features, label, strength):
    """Return scikit-learn's ridge regression with the same penalty."""
    values = np.linalg.eigvalsh(np.cov(features.T, bias=True)) * len(features)
    return Ridge(strength * values.sum() / len(features)).fit(features, np.where(label == "sick", 1.0, -1.0))


def test_the_ridge_equals_scikit_learns():
    rows, label, patient = study()
    model = PatientRidge(FunctionTransformer()).fit(rows, label, groups=patient)
    others = study(seed=1)[0]
    mean, scale = rows.mean(axis=0), rows.std(axis=0)
    ridge = scikit_learns((rows - mean) / scale, label, model.strength_)
    expected = model.curve_.predict_proba(ridge.predict((others - mean) / scale)[:, None])
    np.testing.assert_allclose(model.predict_proba(others), expected, atol=1e-9)


def test_out_of_fold_probabilities_come_from_ridges_that_never_saw_the_patient():
    rows, label, patient = study()
    model = PatientRidge(FunctionTransformer()).fit(rows, label, groups=patient)
    features = (rows - rows.mean(axis=0)) / rows.std(axis=0)
    for fold in inner_folds(label, patient, 0):
        assert not set(patient[fold.train]) & set(patient[fold.test])
        ridge = scikit_learns(features[fold.train], label[fold.train], model.strength_)
        expected = model.curve_.predict_proba(ridge.predict(features[fold.test])[:, None])
        np.testing.assert_allclose(model.out_of_fold_probability_[fold.test], expected, atol=1e-9)


def test_knowing_the_patients_gives_a_larger_penalty():
    rows, label, patient = study(spectra=6)
    by_patient = PatientRidge(FunctionTransformer()).fit(rows, label, groups=patient)
    by_spectrum = PatientRidge(FunctionTransformer()).fit(rows, label)
    assert by_patient.strength_ > 10 * by_spectrum.strength_


def test_features_that_never_change_do_no_harm():
    rows, label, patient = study()
    model = PatientRidge(FunctionTransformer())
    constant = np.hstack([rows, np.full((len(rows), 2), 0.7)])
    np.testing.assert_allclose(
        clone(model).fit(constant, label, groups=patient).predict_proba(constant),
        clone(model).fit(rows, label, groups=patient).predict_proba(rows),
        atol=1e-9,
    )
