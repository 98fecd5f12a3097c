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


def with_indicators(table):
    """Return the design matrix, medians for what is missing, and a column that says so for age and for sex."""
    matrix = design_matrix(table)
    absent = np.isnan(matrix[:, [0, 2]])
    return np.concatenate([SimpleImputer(strategy="median").fit_transform(matrix), absent], axis=1)


def test_it_says_what_the_pipeline_says(table, label):
    oracle = make_pipeline(StandardScaler(), LogisticRegression(tol=1e-6)).fit(with_indicators(table), label)
    ours = ClinicalClassifier().fit(table, label)
    expected = oracle.predict_proba(with_indicators(table))
    np.testing.assert_allclose(ours.predict_proba(table), expected, atol=1e-5)


def with_town(table, codes, levels):
    """Return the table with a category of where patients live."""
    town = ClinicalColumn("town", "category", codes, levels)
    return ClinicalTable(table.patients, (*table.columns, town))


@pytest.mark.parametrize("model", ["logistic", "gradient-boosting"])
def test_a_number_that_no_training_patient_has_changes_nothing(table, label, model):
    psa = ClinicalColumn("psa", "numeric", np.full(N, np.nan))
    more = ClinicalTable(table.patients, (table.columns[0], psa, *table.columns[1:]))
    expected = ClinicalClassifier(model).fit(table, label).predict_proba(table)
    np.testing.assert_allclose(ClinicalClassifier(model).fit(more, label).predict_proba(more), expected)


@pytest.mark.parametrize("model", ["logistic", "gradient-boosting"])
@pytest.mark.parametrize("new", ["Aachen", "Lyon", "Zagreb"])
def test_a_level_of_a_test_patient_moves_nobody_else_by_a_bit(table, label, model, new):
    codes = np.random.default_rng(3).integers(0, 2, N).astype(float)
    codes[[2, 9]] = np.nan
    names = np.array(["Bonn", "Wien"])
    levels = tuple(sorted([*names, new]))
    moved = np.array([np.nan if np.isnan(code) else levels.index(names[int(code)]) for code in codes])
    moved[50] = levels.index(new)
    before = with_town(table, codes, tuple(names))
    after = with_town(table, moved, levels)
    train, test = np.arange(40), np.arange(40, N)
    said = [
        ClinicalClassifier(model).fit(each[train], label[train]).predict_proba(each[test])
        for each in (before, after)
    ]
    others = np.flatnonzero(test != 50)
    assert said[0][others].tobytes() == said[1][others].tobytes()


def test_a_large_offset_loses_nothing(table, label):
    age = table.column("age")
    shifted = ClinicalTable(
        table.patients, (ClinicalColumn("age", "numeric", age.values + 1e9), *table.columns[1:])
    )
    plain = ClinicalClassifier().fit(table, label).predict_proba(table)
    np.testing.assert_allclose(
        ClinicalClassifier().fit(shifted, label).predict_proba(shifted), plain, atol=1e-4
    )


def test_a_category_that_no_training_patient_knows_is_no_obstacle(table, label):
    unknown = ClinicalTable(
        table.patients, (ClinicalColumn("town", "category", np.full(N, np.nan), ("a", "b")),)
    )
    probability = ClinicalClassifier().fit(unknown, label).predict_proba(unknown)
    np.testing.assert_allclose(
        probability, np.unique(label, return_counts=True)[1] / N * np.ones((N, 1)), atol=1e-3
    )


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


def test_a_skewed_number_is_not_taken_as_it_is():
    generator = np.random.default_rng(4)
    score = generator.normal(size=400)
    table = ClinicalTable(
        tuple(map(str, range(400))), (ClinicalColumn("psa", "numeric", np.exp(2 + 1.5 * score)),)
    )
    label = np.where(score + generator.normal(size=400) > 0, "sick", "well")
    model = ClinicalClassifier().fit(table, label)
    assert model.linear_.powers.exponent[0] < 0.5
    expected = make_pipeline(StandardScaler(), LogisticRegression()).fit(score[:, None], label)
    np.testing.assert_allclose(model.predict_proba(table), expected.predict_proba(score[:, None]), atol=0.1)
