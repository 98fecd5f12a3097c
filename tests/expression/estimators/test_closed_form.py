"""Regressions in closed form against scikit-learn's."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.cross_decomposition import PLSRegression
from sklearn.linear_model import Ridge

from spectra_dl.expression.estimators.closed_form import PlsExpression, RidgeExpression
from spectra_dl.expression.spots import SpotTable
from spectra_dl.imaging.features.block import FeatureBlock


def study(side=5, width=6, sections="ab", seed=0):
    """Return spots on square grids, one section each, and three genes that follow the first features."""
    generator = np.random.default_rng(seed)
    n = side * side
    place = np.stack(np.mgrid[:side, :side], axis=-1).reshape(-1, 2) * 100.0
    section = np.repeat(list(sections), n).astype(object)
    features = generator.normal(size=(n * len(sections), width)).astype(np.float32)
    table = SpotTable(
        features=features,
        blocks=(FeatureBlock("simulated", 100.0, width),),
        position_um=np.tile(place, (len(sections), 1)),
        pitch_um=np.full(len(section), 100.0),
        section=section,
        patient=section,
        library=np.full(len(section), 1000.0),
    )
    noise = generator.normal(size=(len(section), 3))
    return table, 2 + features[:, :3].astype(np.float64) + 0.3 * noise


@pytest.mark.parametrize("surroundings", [True, False])
def test_partial_least_squares_are_scikit_learns_on_what_is_shown(surroundings):
    (train, values), (test, _) = study(), study(seed=1)
    model = PlsExpression(surroundings=surroundings).fit(train, values)
    components = min(10, model.design_matrix(train).shape[1])
    expected = PLSRegression(components, scale=False).fit(model.design_matrix(train), values)
    np.testing.assert_allclose(model.predict(test), expected.predict(model.design_matrix(test)), atol=1e-8)


def test_few_spots_take_fewer_components():
    table, values = study(side=2, width=20, sections="a")
    model = PlsExpression(surroundings=False).fit(table, values)
    expected = PLSRegression(3, scale=False).fit(model.design_matrix(table), values)
    np.testing.assert_allclose(model.predict(table), expected.predict(model.design_matrix(table)), atol=1e-8)


@pytest.mark.parametrize("surroundings", [True, False])
def test_ridge_is_scikit_learns_at_the_penalty_it_names(surroundings):
    (train, values), (test, _) = study(), study(seed=1)
    model = RidgeExpression(surroundings=surroundings).fit(train, values, train.section)
    rows = model.design_matrix(train)
    squared_length = ((rows - rows.mean(axis=0)) ** 2).sum() / len(rows)
    expected = Ridge(alpha=model.penalty_ * squared_length).fit(rows, values)
    np.testing.assert_allclose(model.predict(test), expected.predict(model.design_matrix(test)), atol=1e-8)


@pytest.mark.parametrize("kind", [RidgeExpression, PlsExpression])
def test_genes_that_follow_the_features_are_told_in_another_section(kind):
    (train, values), (test, wanted) = study(side=8), study(side=8, seed=1)
    predicted = kind().fit(train, values).predict(test)
    assert all(np.corrcoef(predicted[:, at], wanted[:, at])[0, 1] > 0.8 for at in range(3))


@pytest.mark.parametrize("kind", [RidgeExpression, PlsExpression])
def test_a_gene_that_never_changes_is_told_as_it_is(kind):
    table, values = study()
    values[:, 1] = 3.0
    np.testing.assert_allclose(kind().fit(table, values).predict(table)[:, 1], 3.0, atol=1e-10)


@pytest.mark.parametrize("kind", [RidgeExpression, PlsExpression])
def test_features_that_never_change_give_the_training_mean(kind):
    table, values = study()
    table.features[:] = 5.0
    predicted = kind().fit(table, values).predict(table)
    np.testing.assert_allclose(predicted, np.tile(values.mean(axis=0), (len(table), 1)), atol=1e-10)


@pytest.mark.parametrize("kind", [RidgeExpression, PlsExpression])
def test_features_of_a_lower_rank_than_the_components_are_fitted(kind):
    table, values = study(width=6)
    table.features[:, 2:] = table.features[:, :1]
    assert np.isfinite(kind(surroundings=False).fit(table, values).predict(table)).all()


@pytest.mark.parametrize("kind", [RidgeExpression, PlsExpression])
def test_a_clone_keeps_the_settings_and_nothing_fitted(kind):
    table, values = study()
    copied = clone(kind(surroundings=False).fit(table, values))
    assert copied.get_params() == {"surroundings": False}
    assert not hasattr(copied, "map_")
