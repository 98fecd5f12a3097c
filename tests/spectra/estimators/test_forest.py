"""A smaller forest stands in where patients are left out."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.ensemble import RandomForestClassifier
from sklearn.preprocessing import StandardScaler

from spectra_dl.evaluation.estimator import fit_copy, unseen_probability
from spectra_dl.evaluation.folds.splits import inner_folds
from spectra_dl.spectra.estimators.forest import QuickForest, QuickTree, forest_after


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
    np.testing.assert_array_equal(ours.estimators_samples_, theirs.estimators_samples_)


def test_forests_of_several_threads_do_not_share_their_random_numbers():
    values = np.random.default_rng(0).normal(size=(40, 10))
    label = np.arange(40) % 2
    alone = [QuickForest(60, random_state=seed).fit(values, label).predict_proba(values) for seed in range(6)]
    with ThreadPoolExecutor(6) as pool:
        together = pool.map(lambda seed: QuickForest(60, random_state=seed).fit(values, label), range(6))
        for fitted, probability in zip(together, alone, strict=True):
            np.testing.assert_array_equal(fitted.predict_proba(values), probability)


def test_a_tree_without_a_seed_draws_anew_and_one_with_a_seed_starts_again():
    assert QuickTree().random_state is None
    tree = QuickTree(random_state=3)
    assert tree.random_state.randint(1 << 30) == tree.random_state.randint(1 << 30)
    assert tree.random_state.randint(1 << 30) == np.random.RandomState(3).randint(1 << 30)
