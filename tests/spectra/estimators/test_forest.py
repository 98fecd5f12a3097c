"""A smaller forest stands in where patients are left out."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.ensemble import RandomForestClassifier
from sklearn.preprocessing import StandardScaler

from spectra_dl.evaluation.estimator import fit_copy, unseen_probability
from spectra_dl.evaluation.folds.splits import inner_folds
from spectra_dl.spectra.estimators.forest import QuickForest, forest_after


def forest(trees):
    """Return an unfitted forest of so many trees."""
    return forest_after(StandardScaler(), seed=5).set_params(quickforest__n_estimators=trees)


@pytest.mark.parametrize(("trees", "asked"), [(300, 200), (20, 20)])
def test_patients_left_out_are_asked_of_by_fewer_trees(trees, asked):
    code = np.arange(60) // 3 % 2
    values = np.random.default_rng(0).normal(size=(60, 30)) + (np.arange(30) < 3) * code[:, None]
    label, patient = np.array(["a", "b"])[code], np.array([f"p{row // 3:02d}" for row in range(60)])
    fitted = forest(trees).fit(values, label)
    unseen = unseen_probability("forest", fitted, values, label, patient, classes=("a", "b"), seed=1)
    for fold in inner_folds(patient, label, seed=1):
        inner = fit_copy(forest(asked), values[fold.train], label[fold.train], patient[fold.train])
        np.testing.assert_array_equal(unseen[fold.test], inner.predict_proba(values[fold.test]))
    assert len(fitted[-1].estimators_) == trees
    assert (fitted.smaller() is fitted) == (trees == asked)


@pytest.mark.parametrize("seed", [0, 7])
def test_it_is_scikit_learns_forest_to_the_bit(seed):
    generator = np.random.default_rng(seed)
    values, label = generator.normal(size=(50, 12)), generator.choice(["a", "b", "c"], 50)
    theirs = RandomForestClassifier(40, max_features="sqrt", random_state=seed).fit(values, label)
    ours = clone(QuickForest(40, random_state=seed)).fit(values, label)
    new = generator.normal(size=(30, 12))
    np.testing.assert_array_equal(ours.predict_proba(new), theirs.predict_proba(new))
    assert ours.estimators_[3].get_params() == theirs.estimators_[3].get_params()
