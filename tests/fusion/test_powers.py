"""Powers of skewed clinical columns: scikit-learn's, fitted on training patients, whatever the unit."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sklearn.preprocessing import PowerTransformer

from spectra_dl.fusion.clinical.powers import LARGEST_POWER, ColumnPowers, fit_powers

PSA = np.exp(np.random.default_rng(0).normal(2.5, 0.8, 80))
NUMERIC = np.array([True])


def test_they_are_those_of_scikit_learn():
    matrix = PSA[:, None]
    powers = fit_powers(matrix, NUMERIC)
    oracle = PowerTransformer(standardize=False).fit(matrix / np.median(PSA))
    np.testing.assert_allclose(powers.exponent, oracle.lambdas_)
    np.testing.assert_allclose(powers.transform(matrix), oracle.transform(matrix / np.median(PSA)))


@pytest.mark.parametrize("unit", [1e-9, 1e-3, 1e6])
def test_a_unit_changes_nothing(unit):
    plain, other = (fit_powers(each[:, None], NUMERIC) for each in (PSA, PSA * unit))
    np.testing.assert_allclose(other.transform(PSA[:, None] * unit), plain.transform(PSA[:, None]), rtol=1e-6)


def test_symmetric_columns_levels_and_few_values_stay_as_they_are():
    age = np.random.default_rng(1).normal(65, 8, 80)
    few = np.where(np.arange(80) < 7, PSA, np.nan)
    constant = np.where(np.arange(80) < 40, 3.0, np.nan)
    matrix = np.stack([age, few, constant, np.full(80, np.nan), np.zeros(80), PSA], axis=1)
    powers = fit_powers(matrix, np.array([True] * 5 + [False]))
    assert (powers.exponent == 1).all()
    assert powers.transform(matrix).tobytes() == matrix.tobytes()


def test_values_that_are_mostly_0_are_no_obstacle():
    powers = fit_powers(np.where(np.arange(80) % 4 == 0, PSA, 0.0)[:, None], NUMERIC)
    assert powers.scale[0] > 1
    assert powers.exponent[0] < 1


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(-1e15, 1e15), min_size=8, max_size=20))
@example([0.0] * 5 + [1.0, 4.6530888011043634e-262, 4.6530888011043634e-262])
@example([0.0] * 5 + [1.0, 5e-324, 5e-324])
def test_whatever_is_read_stays_finite_and_in_order(values):
    matrix = np.array(values)[:, None]
    powers = fit_powers(matrix, NUMERIC)
    ordered = np.sort(np.concatenate([matrix, [[-1e15], [1e15]]]), axis=0)
    moved = powers.transform(ordered)
    assert np.isfinite(moved).all()
    assert (np.diff(moved, axis=0) >= 0).all()
    assert abs(powers.exponent[0]) <= LARGEST_POWER


def test_no_rows_are_no_obstacle():
    assert ColumnPowers(np.ones(1), np.zeros(1)).transform(np.empty((0, 1))).shape == (0, 1)
