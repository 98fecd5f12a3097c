"""A model on some blocks of features sees those and no others."""

import numpy as np
from sklearn.base import clone

from spectra_dl.expression.estimators.closed_form import RidgeExpression
from spectra_dl.expression.estimators.feature_blocks import SelectedBlocks
from spectra_dl.expression.spots import SpotTable
from spectra_dl.imaging.features.block import FeatureBlock

WIDTHS = (2, 3, 1)


def study(seed=0):
    """Return spots of two sections with three blocks, and two genes: of the first block, and of the last."""
    features = np.random.default_rng(seed).normal(size=(50, sum(WIDTHS))).astype(np.float32)
    section = np.repeat(["a", "b"], 25).astype(object)
    place = np.stack(np.mgrid[:5, :5], axis=-1).reshape(-1, 2) * 100.0
    table = SpotTable(
        features=features,
        blocks=tuple(FeatureBlock(f"simulated{at}", 100.0, width) for at, width in enumerate(WIDTHS)),
        position_um=np.tile(place, (2, 1)),
        pitch_um=np.full(50, 100.0),
        section=section,
        patient=section,
        library=np.full(50, 1000.0),
    )
    return table, features[:, [0, 5]].astype(np.float64)


def test_it_predicts_what_the_model_predicts_on_a_table_with_these_blocks_only():
    table, values = study()
    predicted = SelectedBlocks(RidgeExpression(), (0, 2)).fit(table, values, table.section).predict(table)
    kept = table.of_blocks((0, 2))
    np.testing.assert_array_equal(kept.features, table.features[:, [0, 1, 5]])
    np.testing.assert_array_equal(predicted, RidgeExpression().fit(kept, values, kept.section).predict(kept))


def test_blocks_it_is_not_shown_change_nothing():
    table, values = study()
    model = SelectedBlocks(RidgeExpression(surroundings=False), (2,)).fit(table, values, table.section)
    before = model.predict(table)
    table.features[:, :5] = 100.0
    np.testing.assert_array_equal(model.predict(table), before)


def test_a_gene_of_a_block_it_is_not_shown_is_not_told():
    (train, values), (test, wanted) = study(), study(seed=1)
    predicted = (
        SelectedBlocks(RidgeExpression(surroundings=False), (2,))
        .fit(train, values, train.section)
        .predict(test)
    )
    assert abs(np.corrcoef(predicted[:, 0], wanted[:, 0])[0, 1]) < 0.5
    assert np.corrcoef(predicted[:, 1], wanted[:, 1])[0, 1] > 0.95


def test_the_model_given_stays_unfitted_and_a_clone_asks_for_the_same_blocks():
    table, values = study()
    given = RidgeExpression()
    model = SelectedBlocks(given, (1,)).fit(table, values, table.section)
    assert not hasattr(given, "map_")
    assert clone(model).blocks == (1,)
