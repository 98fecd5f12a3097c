"""HEST-Benchmark's scores against its trainer written out in scikit-learn."""

import numpy as np
import pytest
from scipy.stats import pearsonr
from sklearn.decomposition import PCA
from sklearn.linear_model import Ridge
from sklearn.preprocessing import StandardScaler

from spectra_dl.errors import DataError, UsageError
from spectra_dl.expression.hest_protocol import hest_scores


def drawn(spots=200, features=40, genes=5, *, seed=0, tested=60):
    """Return training and test features and targets, the features correlated, offset and of unlike scales."""
    generator = np.random.default_rng(seed)
    latent = generator.normal(size=(spots + tested, 8))
    rows = latent @ generator.normal(size=(8, features)) + 0.3 * generator.normal(
        size=(spots + tested, features)
    )
    rows = rows * generator.uniform(0.01, 100, features) + generator.uniform(-50, 50, features)
    targets = (
        2 + latent[:, :4] @ generator.normal(size=(4, genes)) + generator.normal(size=(spots + tested, genes))
    )
    return rows[:spots], targets[:spots], rows[spots:], targets[spots:]


def as_published(train, targets, test, measured, *, components=256, solver="cholesky", tol=1e-4):
    """Return the published pipeline's scores, with a direct solver where the original iterates."""
    kept = min(components, *train.shape)
    scaler = StandardScaler().fit(train)
    reduction = PCA(kept, svd_solver="full").fit(scaler.transform(train))
    ridge = Ridge(
        solver=solver,
        alpha=100 / (kept * targets.shape[1]),
        fit_intercept=False,
        random_state=0,
        max_iter=1000,
        tol=tol,
    ).fit(reduction.transform(scaler.transform(train)), targets)
    predicted = ridge.predict(reduction.transform(scaler.transform(test)))
    return np.array([pearsonr(predicted[:, gene], measured[:, gene])[0] for gene in range(targets.shape[1])])


@pytest.mark.parametrize(
    ("spots", "features", "components"),
    [(200, 40, 256), (200, 40, 10), (60, 150, 256), (60, 150, 20), (300, 300, 256), (50, 1, 256)],
)
def test_scores_equal_the_trainer_written_out_in_scikit_learn(spots, features, components):
    data = drawn(spots, features)
    np.testing.assert_allclose(
        hest_scores(*data, components=components), as_published(*data, components=components), atol=1e-6
    )


def test_scores_equal_the_published_solver_once_it_has_converged():
    data = drawn(200, 40)
    np.testing.assert_allclose(hest_scores(*data), as_published(*data, solver="lsqr", tol=1e-12), atol=1e-6)


def test_a_constant_feature_changes_nothing_but_the_penalty():
    train, targets, test, measured = drawn(200, 40)
    train[:, 3], test[:, 3] = 0.1, 0.1
    np.testing.assert_allclose(
        hest_scores(train, targets, test, measured), as_published(train, targets, test, measured), atol=1e-6
    )


def test_spots_of_all_sections_are_pooled_so_a_difference_between_sections_scores():
    train, targets, test, measured = drawn(seed=2)
    generator = np.random.default_rng(0)
    train, test = generator.normal(size=train.shape), generator.normal(size=test.shape)
    section, unseen = np.arange(len(train)) % 2, np.arange(len(test)) % 2
    train[:, 0] += 8 * section
    test[:, 0] += 8 * unseen
    targets, measured = (
        generator.normal(size=each.shape) + 3 * side[:, None]
        for each, side in ((targets, section), (measured, unseen))
    )
    assert hest_scores(train, targets, test, measured).min() > 0.5


def test_a_gene_constant_in_the_test_spots_has_no_score():
    train, targets, test, measured = drawn()
    measured[:, 2] = 1.0
    scores = hest_scores(train, targets, test, measured)
    assert np.isnan(scores[2])
    assert np.isfinite(np.delete(scores, 2)).all()


def test_inputs_are_left_as_they_were():
    data = drawn()
    before = [each.copy() for each in data]
    hest_scores(*data)
    for each, old in zip(data, before, strict=True):
        np.testing.assert_array_equal(each, old)


@pytest.mark.parametrize("broken", [0, 1, 2, 3])
def test_a_missing_value_is_refused_with_its_place(broken):
    data = list(drawn())
    data[broken] = data[broken].copy()
    data[broken][5, 1] = np.nan
    with pytest.raises(DataError, match="row 5 column 1"):
        hest_scores(*data)


@pytest.mark.parametrize("at", [0, 1, 2, 3])
def test_arrays_that_do_not_fit_together_are_refused(at):
    data = list(drawn())
    data[at] = data[at][:, :-1] if at >= 2 else data[at][:-1]
    with pytest.raises(DataError, match="the same spots in a pair"):
        hest_scores(*data)


def test_fewer_than_one_component_is_refused():
    with pytest.raises(UsageError, match="1 or more"):
        hest_scores(*drawn(), components=0)
