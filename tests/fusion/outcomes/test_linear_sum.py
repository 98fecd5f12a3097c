"""Regressions with all that stands before them are one weighted sum, whatever the features' size."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.decomposition import PCA
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from spectra_dl.evaluation.outcomes.regressions import PartialLeastSquares
from spectra_dl.evaluation.outcomes.survival.pooled_cox import PooledCox
from spectra_dl.evaluation.outcomes.tuning import TunedNumber
from spectra_dl.fusion.clinical.table import ClinicalColumn, ClinicalTable
from spectra_dl.fusion.estimators.clinical import design_matrix
from spectra_dl.fusion.estimators.outcomes.clinical import clinical_cox, clinical_number
from spectra_dl.fusion.outcomes.linear_sum import fitted_steps, linear_columns, linear_sum

ROWS = 40
NAMES = [f"p{number:02d}" for number in range(ROWS)]
MODELS = {
    "ridge": lambda: TunedNumber(
        {"a": make_pipeline(StandardScaler(), StandardScaler(), Ridge(1.0)), "b": make_pipeline(Ridge(9.0))}
    ),
    "pls": lambda: make_pipeline(StandardScaler(), PartialLeastSquares(3)),
    "cox": PooledCox,
    "pca-cox": lambda: PooledCox(make_pipeline(StandardScaler(), PCA(0.9, svd_solver="full"))),
}


def target_of(values, *, timed):
    return np.stack([np.exp(values / 4), np.arange(ROWS) % 3 > 0], axis=1) if timed else values


@pytest.mark.parametrize("name", MODELS)
@given(seed=st.integers(0, 2**16), size=st.sampled_from([1e-3, 1.0, 1e4]))
@settings(max_examples=5, deadline=None)
def test_a_sum_says_what_the_fitted_model_says(name, seed, size):
    generator = np.random.default_rng(seed)
    rows = size * (generator.normal(size=(ROWS, 5)) + np.array([0, 5, 50, -5, 0]))
    rows[:, 4] = size  # a feature that is the same for all
    target = target_of(rows[:, 0] / size + generator.normal(size=ROWS), timed="cox" in name)
    model = MODELS[name]()
    fitted = model.fit(rows, target) if name == "pls" else model.fit(rows, target, groups=NAMES)
    np.testing.assert_allclose(linear_sum(fitted_steps(fitted)).of(rows), fitted.predict(rows), atol=1e-9)


@pytest.mark.parametrize("timed", [False, True])
@given(seed=st.integers(0, 2**16))
@settings(max_examples=5, deadline=None)
def test_clinical_columns_with_missing_values_powers_and_unknown_levels_are_one_sum(timed, seed):
    generator = np.random.default_rng(seed)
    psa = np.exp(2 * generator.normal(size=ROWS))
    sex = generator.integers(0, 2, ROWS).astype(float)
    psa[generator.random(ROWS) < 0.2] = np.nan
    sex[generator.random(ROWS) < 0.2] = np.nan
    table = ClinicalTable(
        tuple(NAMES),
        (ClinicalColumn("sex", "category", sex, ("f", "m", "x")), ClinicalColumn("psa", "numeric", psa)),
    )
    target = target_of(np.nan_to_num(sex) + generator.normal(size=ROWS), timed=timed)
    model = clinical_cox(0) if timed else clinical_number("ridge", 0)
    fitted = model.fit(table, target, groups=NAMES)
    matrix = design_matrix(table)
    said = linear_columns(fitted, matrix.shape[1]).logits(matrix)[:, 0]
    np.testing.assert_allclose(said, fitted.predict(table), atol=1e-9)


def test_what_is_no_weighted_sum_is_none():
    rows = np.arange(20.0)[:, None]
    with pytest.raises(TypeError, match="RandomForestRegressor"):
        linear_sum([RandomForestRegressor(5).fit(rows, rows[:, 0])])
    with pytest.raises(TypeError, match="RandomForestRegressor"):
        linear_sum([RandomForestRegressor(5), Ridge().fit(rows, rows[:, 0])])
    with pytest.raises(TypeError, match="Ridge makes no features"):
        linear_columns(make_pipeline(Ridge(), Ridge()), 1)
