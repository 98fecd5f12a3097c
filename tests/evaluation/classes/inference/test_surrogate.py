import numpy as np
import pytest
from sklearn.linear_model import Ridge

from spectra_dl.evaluation.classes.inference.surrogate import LinearSurrogate, permuted_within
from spectra_dl.evaluation.classes.inference.within_folds import comparisons_of, within_fold_auc


def surrogate(patients=30, width=6, repeats=2, n_classes=2, seed=0):
    generator = np.random.default_rng(seed)
    truth = np.arange(patients) % n_classes
    fold = np.stack([generator.permutation(patients) % 5 for _ in range(repeats)])
    features = generator.normal(size=(patients, width)) * generator.uniform(1, 9, size=width)
    return LinearSurrogate(features, truth, fold, n_classes, 1 if n_classes == 2 else None)


@pytest.mark.parametrize(("width", "n_classes"), [(6, 2), (60, 2), (6, 3)])
def test_each_refit_is_scikit_learns_ridge_on_permuted_features(width, n_classes):
    linear = surrogate(width=width, n_classes=n_classes)
    found = linear.refits(4, np.random.default_rng(9)).value
    orders = permuted_within(None, 30, 4, np.random.default_rng(9))
    spread = linear.features.std(axis=0)
    standard = (linear.features - linear.features.mean(axis=0)) / spread
    target = np.eye(n_classes)[linear.truth]
    for order, value in zip(orders, found, strict=True):
        score = np.empty((*linear.fold.shape, n_classes))
        for repeat, numbers in enumerate(linear.fold):
            for number in range(5):
                test = numbers == number
                model = Ridge(alpha=np.count_nonzero(~test)).fit(standard[order][~test], target[~test])
                score[repeat, test] = model.predict(standard[order][test])
        comparisons = comparisons_of(linear.fold, linear.truth, n_classes, linear.positive)
        assert value == pytest.approx(within_fold_auc(score[None], comparisons).value[0], abs=1e-9)


def test_without_a_relation_refits_are_about_one_half_and_vary_more_than_fixed_scores():
    auc = surrogate(patients=60, width=40, repeats=1).refits(400, np.random.default_rng(0))
    assert auc.value.mean() == pytest.approx(0.5, abs=4 * auc.value.std() / 20)
    assert auc.value.std() > 1.15 * auc.standard_error.mean()


def test_a_larger_difference_is_found_more_surely():
    linear = surrogate(patients=60, width=5)
    means = [
        linear.refits(50, np.random.default_rng(0), shift=shift).value.mean() for shift in (1.0, 3.0, 9.0)
    ]
    assert 0.5 < means[0] < means[1] < means[2]


def test_a_difference_in_the_features_themselves_is_no_relation_after_permutation():
    linear = surrogate(patients=60, width=5)
    linear.features[linear.truth == 1] += 50.0
    found = linear.refits(200, np.random.default_rng(0))
    assert found.value.mean() == pytest.approx(0.5, abs=4 * found.value.std() / np.sqrt(200))


def test_blocks_are_kept():
    block = np.array([2, 0, 1, 0, 2, 2, 1])
    orders = permuted_within(block, 7, 200, np.random.default_rng(1))
    np.testing.assert_array_equal(block[orders], np.broadcast_to(block, (200, 7)))
    assert all(sorted(order) == list(range(7)) for order in orders)
    assert len({tuple(order) for order in orders}) == 24  # 3! times 2! times 2!


def test_the_number_held_at_once_changes_nothing(monkeypatch):
    linear = surrogate()
    together = linear.refits(7, np.random.default_rng(3)).value
    monkeypatch.setattr("spectra_dl.evaluation.classes.inference.surrogate._CELLS", 1)
    again = surrogate().refits(7, np.random.default_rng(3)).value
    np.testing.assert_allclose(again, together)


def test_features_that_say_nothing_are_taken():
    linear = surrogate()
    linear.features[:] = 3.0
    np.testing.assert_allclose(linear.refits(3, np.random.default_rng(0)).value, 0.5)
