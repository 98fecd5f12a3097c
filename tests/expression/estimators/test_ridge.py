"""Ridge regression against scikit-learn, and where its penalty comes from."""

import numpy as np
import pytest
from scipy.stats import pearsonr
from sklearn.linear_model import Ridge

from spectra_dl.expression.estimators.ridge import PENALTIES, RidgePath, fit_ridge

TALL, SQUARE, WIDE = (60, 8), (20, 20), (15, 40)


def drawn(shape, genes=3, *, noise=1.0, seed=0):
    """Return inputs away from zero and targets that follow them."""
    generator = np.random.default_rng(seed)
    rows = generator.normal(size=shape) + generator.uniform(-5, 5, shape[1])
    weight = generator.normal(size=(shape[1], genes))
    return rows, 4 + rows @ weight + noise * generator.normal(size=(shape[0], genes))


def squared_length(rows):
    """Return the mean squared length of a row around their mean."""
    return ((rows - rows.mean(axis=0)) ** 2).sum() / len(rows)


@pytest.mark.parametrize("penalty", [1e-3, 1.0, 250.0])
@pytest.mark.parametrize("shape", [TALL, SQUARE, WIDE])
def test_weights_and_bias_are_those_of_scikit_learn(shape, penalty):
    rows, targets = drawn(shape)
    fitted, expected = RidgePath(rows, targets).at(penalty), Ridge(alpha=penalty).fit(rows, targets)
    np.testing.assert_allclose(fitted.weight, expected.coef_.T, atol=1e-8)
    np.testing.assert_allclose(fitted.bias, expected.intercept_, atol=1e-7)


@pytest.mark.parametrize("shape", [TALL, WIDE])
def test_rows_that_were_not_seen_are_told_as_scikit_learn_tells_them(shape):
    rows, targets = drawn(shape)
    unseen, _ = drawn(shape, seed=1)
    expected = Ridge(alpha=2.0).fit(rows, targets).predict(unseen)
    np.testing.assert_allclose(RidgePath(rows, targets).at(2.0)(unseen), expected, atol=1e-7)


@pytest.mark.parametrize("genes", [3, 60])
@pytest.mark.parametrize("shape", [TALL, WIDE])
def test_predictions_of_all_penalties_are_those_of_scikit_learns_cholesky(shape, genes):
    rows, targets = drawn(shape, genes)
    unseen, _ = drawn((10, shape[1]), seed=1)  # fewer rows than genes, and more
    penalties = (0.1, 2.0, 50.0)
    found = list(RidgePath(rows, targets).predictions(unseen, penalties))
    for penalty, predicted in zip(penalties, found, strict=True):
        expected = Ridge(alpha=penalty, solver="cholesky").fit(rows, targets).predict(unseen)
        np.testing.assert_allclose(predicted, expected, rtol=1e-9, atol=1e-9)


def test_a_penalty_below_rounding_still_gives_the_least_squares_map():
    rows, targets = drawn(TALL, noise=0.0)
    fitted = RidgePath(np.concatenate([rows, rows], axis=1), targets).at(1e-300)
    np.testing.assert_allclose(fitted(np.concatenate([rows, rows], axis=1)), targets, atol=1e-6)


def test_one_path_answers_for_penalties_in_any_order():
    rows, targets = drawn(TALL)
    path = RidgePath(rows, targets)
    first = path.at(3.0).weight
    path.at(0.01)
    np.testing.assert_array_equal(path.at(3.0).weight, first)


def test_columns_that_repeat_each_other_share_their_weight():
    rows, targets = drawn(TALL)
    fitted = RidgePath(np.concatenate([rows, rows], axis=1), targets).at(1.0).weight
    np.testing.assert_allclose(fitted[:8], fitted[8:], atol=1e-9)


@pytest.mark.parametrize("shape", [TALL, WIDE])
def test_a_named_penalty_is_in_mean_squared_lengths_of_a_row(shape):
    rows, targets = drawn(shape)
    fitted, penalty = fit_ridge(rows, targets, np.full(len(rows), "a", dtype=object), penalty=0.3)
    expected = Ridge(alpha=0.3 * squared_length(rows)).fit(rows, targets)
    assert penalty == 0.3
    np.testing.assert_allclose(fitted.weight, expected.coef_.T, atol=1e-8)


def test_inputs_in_another_unit_are_told_the_same():
    rows, targets = drawn(TALL)
    group = np.full(len(rows), "a", dtype=object)
    plain, larger = (fit_ridge(rows * unit, targets, group, penalty=0.1)[0](rows * unit) for unit in (1, 1e4))
    np.testing.assert_allclose(plain, larger, atol=1e-8)


def test_inputs_that_never_differ_give_the_training_mean():
    targets = drawn(TALL)[1]
    fitted, _ = fit_ridge(np.full(TALL, 7.0), targets, np.repeat(["a", "b"], 30).astype(object))
    np.testing.assert_allclose(fitted(np.full((2, 8), 7.0)), np.tile(targets.mean(axis=0), (2, 1)))


def left_out_score(rows, targets, group, penalty):
    """Return the mean correlation on each section left out, by a fit with scikit-learn on the others."""
    scores = []
    for name in sorted(set(group)):
        out = group == name
        model = Ridge(alpha=penalty * squared_length(rows[~out])).fit(rows[~out], targets[~out])
        predicted = model.predict(rows[out])
        scores += [pearsonr(predicted[:, at], targets[out, at])[0] for at in range(targets.shape[1])]
    return np.mean(scores)


@pytest.mark.parametrize("noise", [0.01, 5.0, 40.0])
@pytest.mark.parametrize("shape", [(60, 8), (48, 70)])
def test_the_penalty_is_the_best_on_sections_left_out(shape, noise):
    rows, targets = drawn(shape, noise=noise)
    group = np.resize(np.array(["a", "b", "c"], dtype=object), len(rows))
    scores = [left_out_score(rows, targets, group, penalty) for penalty in PENALTIES]
    assert fit_ridge(rows, targets, group)[1] == PENALTIES[int(np.argmax(scores))]


def test_a_feature_that_knows_each_section_by_heart_does_not_choose_the_penalty():
    # Within the rows it learnt from, the smallest penalty always fits best; on other sections noise is punished.
    generator = np.random.default_rng(3)
    rows = np.concatenate([generator.normal(size=(60, 1)), generator.normal(size=(60, 80))], axis=1)
    targets = rows[:, :1] + 2 * generator.normal(size=(60, 1))
    group = np.resize(np.array(["a", "b", "c"], dtype=object), 60)
    assert fit_ridge(rows, targets, group)[1] > PENALTIES[0]


def test_one_section_takes_the_middle_of_the_penalties():
    rows, targets = drawn(TALL)
    assert fit_ridge(rows, targets, np.full(60, "a", dtype=object))[1] == PENALTIES[len(PENALTIES) // 2]


def test_a_gene_constant_in_a_section_left_out_counts_as_nothing():
    rows, targets = drawn((40, 6))
    group = np.repeat(["a", "b"], 20).astype(object)
    targets[group == "a", 1] = 3.0
    fitted, penalty = fit_ridge(rows, targets, group)
    assert penalty in PENALTIES
    assert np.isfinite(fitted.weight).all()
