"""Clinical columns: what scikit-learn's pipeline says, with missing values, and trees beside it."""

import numpy as np
import pytest
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from spectra_dl.errors import UsageError
from spectra_dl.fusion.clinical import ClinicalColumn, ClinicalTable
from spectra_dl.fusion.estimators.clinical import ClinicalClassifier, design_matrix

N = 60


@pytest.fixture(scope="module")
def table():
    generator = np.random.default_rng(0)
    age = generator.normal(65, 8, N).round()
    age[::7] = np.nan
    grade = generator.integers(0, 3, N).astype(float)
    sex = generator.integers(0, 2, N).astype(float)
    sex[5] = np.nan
    columns = (
        ClinicalColumn("age", "numeric", age),
        ClinicalColumn("grade", "ordinal", grade, ("low", "middle", "high")),
        ClinicalColumn("sex", "category", sex, ("f", "m")),
    )
    return ClinicalTable(tuple(f"P{k}" for k in range(N)), columns)


@pytest.fixture(scope="module", params=[2, 3])
def label(request, table):
    score = table.column("grade").values + np.random.default_rng(1).normal(size=N)
    return np.array(["a", "b", "c"])[np.digitize(score, [0.9] if request.param == 2 else [0.5, 1.5])]


def test_it_says_what_the_pipeline_says(table, label):
    oracle = make_pipeline(
        SimpleImputer(strategy="median", add_indicator=True), StandardScaler(), LogisticRegression(tol=1e-6)
    )
    oracle.fit(design_matrix(table), label)
    ours = ClinicalClassifier().fit(table, label)
    expected = oracle.predict_proba(design_matrix(table))
    np.testing.assert_allclose(ours.predict_proba(table), expected, atol=1e-5)


def test_nothing_is_learnt_from_the_patients_who_are_predicted(table, label):
    model = ClinicalClassifier().fit(table, label)
    alone = [model.predict_proba(table[np.array([row])])[0] for row in range(0, N, 10)]
    np.testing.assert_allclose(alone, model.predict_proba(table)[::10], atol=1e-12)


def test_a_column_without_a_value_in_training_is_no_obstacle(table):
    empty = ClinicalTable(
        table.patients, (ClinicalColumn("x", "numeric", np.full(N, np.nan)), table.columns[0])
    )
    model = ClinicalClassifier().fit(empty, np.array(["a", "b"])[np.arange(N) % 2])
    assert np.isfinite(model.predict_proba(empty)).all()


def test_trees_take_missing_values(table, label):
    probability = ClinicalClassifier("gradient-boosting").fit(table, label).predict_proba(table)
    np.testing.assert_allclose(probability.sum(axis=1), 1.0)


def test_an_unknown_model_is_refused(table):
    with pytest.raises(UsageError, match="choose from logistic, gradient-boosting"):
        ClinicalClassifier("svm").fit(table, np.array(["a", "b"])[np.arange(N) % 2])
