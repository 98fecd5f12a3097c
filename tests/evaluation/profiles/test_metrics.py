"""Figures of columns, against scipy and scikit-learn, and what is said of columns that don't vary."""

import numpy as np
import pytest
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.metrics import mean_squared_error, r2_score

from spectra_dl.errors import DataError
from spectra_dl.evaluation.profiles.metrics import (
    pearson_per_column,
    skill_per_column,
    spearman_per_column,
)

# Whole numbers give ties and constant columns, and no column that varies by rounding alone.
COUNTS = arrays(
    np.float64, st.tuples(st.just(2), st.integers(3, 12), st.integers(1, 4)), elements=st.integers(-5, 5)
)


def by_column(function, first, second):
    return [
        np.nan if np.ptp(a) == 0 or np.ptp(b) == 0 else function(a, b).statistic
        for a, b in zip(first.T, second.T, strict=True)
    ]


@settings(max_examples=60, deadline=None)
@given(COUNTS)
def test_correlations_equal_scipys_column_by_column(pair):
    first, second = pair
    np.testing.assert_allclose(
        pearson_per_column(first, second), by_column(scipy.stats.pearsonr, first, second), atol=1e-12
    )
    np.testing.assert_allclose(
        spearman_per_column(first, second), by_column(scipy.stats.spearmanr, first, second), atol=1e-12
    )


def test_r2_and_squared_error_equal_scikit_learns():
    generator = np.random.default_rng(0)
    predicted, measured = generator.normal(size=(2, 30, 4))
    skill = skill_per_column(predicted, measured)
    np.testing.assert_allclose(skill.explained, r2_score(measured, predicted, multioutput="raw_values"))
    np.testing.assert_allclose(
        skill.squared_error, mean_squared_error(measured, predicted, multioutput="raw_values")
    )


def test_a_column_measured_constant_is_undefined():
    skill = skill_per_column(np.array([[1.0], [2.0], [3.0]]), np.full((3, 1), 0.3))
    assert np.isnan([skill.pearson[0], skill.spearman[0], skill.explained[0]]).all()


def test_a_column_predicted_constant_scores_zero():
    skill = skill_per_column(np.full((3, 1), 0.1), np.array([[1.0], [2.0], [3.0]]))
    assert (skill.pearson[0], skill.spearman[0]) == (0.0, 0.0)


@pytest.mark.parametrize("scale", [1e-12, 1.0, 1e12])
def test_rounding_does_not_make_a_constant_column_vary(scale):
    rounded = np.full((7, 1), 0.1 * scale) * (1 + np.array([[0], [1], [0], [-1], [0], [1], [0]]) * 2**-52)
    varied = np.arange(7.0)[:, None]
    assert np.isnan(pearson_per_column(rounded, varied)[0])
    assert np.isnan(spearman_per_column(rounded, varied)[0])


def test_correlation_survives_a_large_offset():
    values = np.arange(10.0)[:, None]
    assert pearson_per_column(values + 1e8, -values)[0] == pytest.approx(-1.0, abs=1e-9)


@pytest.mark.parametrize("second", [np.zeros((3, 1)), np.zeros((4, 2)), np.zeros(3)])
def test_profiles_of_two_shapes_are_refused(second):
    with pytest.raises(DataError, match="one shape"):
        pearson_per_column(np.zeros((3, 2)), second)
