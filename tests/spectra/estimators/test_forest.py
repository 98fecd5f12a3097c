"""The random forest is scikit-learn's, and a smaller one stands in for it where patients are left out."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.ensemble import RandomForestClassifier
from sklearn.preprocessing import StandardScaler

from spectra_dl.evaluation.estimator import fit_copy, unseen_probability
from spectra_dl.evaluation.folds.splits import inner_folds
from spectra_dl.spectra.estimators.forest import Forest


def study(rows=60, classes=2, points=30, seed=0):
    """Return rows of which the first points go with the class, labels and patients of three rows each."""
    drawn, code = np.random.default_rng(seed), np.arange(rows) // 3 % classes
    values = drawn.normal(size=(rows, points)) + (np.arange(points) < 3) * code[:, None]
    return values, np.array(["a", "b", "c"])[code], np.array([f"p{row // 3:02d}" for row in range(rows)])


@settings(max_examples=10, deadline=None)
@given(
    rows=st.integers(6, 60), classes=st.integers(2, 3), trees=st.integers(1, 12), seed=st.integers(0, 2**31)
)
def test_it_is_scikit_learns_forest_to_the_bit(rows, classes, trees, seed):
    values, label, _ = study(max(rows, 3 * classes), classes, seed=seed % 1000)
    theirs = RandomForestClassifier(trees, max_features="sqrt", random_state=seed)
    scaled = StandardScaler().fit(values)
    expected = theirs.fit(scaled.transform(values), label).predict_proba(scaled.transform(values[::-1]))
    ours = Forest(StandardScaler(), trees, seed).fit(values, label)
    np.testing.assert_array_equal(ours.predict_proba(values[::-1]), expected)
    np.testing.assert_array_equal(ours.classes_, theirs.classes_)


@pytest.mark.parametrize(("trees", "asked"), [(300, 100), (20, 20)])
def test_patients_left_out_are_asked_of_by_fewer_trees(trees, asked):
    values, label, patient = study()
    forest = Forest(StandardScaler(), trees, seed=5)
    unseen = unseen_probability(
        "forest", forest.fit(values, label), values, label, patient, classes=("a", "b"), seed=1
    )
    for fold in inner_folds(patient, label, seed=1):
        inner = fit_copy(
            Forest(StandardScaler(), asked, seed=5),
            values[fold.train],
            label[fold.train],
            patient[fold.train],
        )
        np.testing.assert_array_equal(unseen[fold.test], inner.predict_proba(values[fold.test]))
    assert len(forest.trees_) == trees


def test_a_row_is_said_the_same_of_in_any_company():
    values, label, _ = study()
    forest = Forest(StandardScaler(), 30).fit(values, label)
    together = forest.predict_proba(values)
    assert all(np.array_equal(forest.predict_proba(values[[row]])[0], together[row]) for row in (0, 17, 59))
