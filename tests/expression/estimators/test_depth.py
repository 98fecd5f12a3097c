"""Expression predicted from depth alone, standardised within each section."""

import numpy as np

from spectra_dl.expression.estimators.depth import DepthExpression
from spectra_dl.expression.spots import SpotTable
from spectra_dl.imaging.features.block import FeatureBlock


def spots(library, section):
    """Return a table whose features say nothing."""
    n = len(library)
    return SpotTable(
        features=np.zeros((n, 1), dtype=np.float32),
        blocks=(FeatureBlock("none", 1.0, 1),),
        position_um=np.zeros((n, 2)),
        pitch_um=np.ones(n),
        section=np.array(section, dtype=object),
        patient=np.array(section, dtype=object),
        library=np.asarray(library, dtype=float),
    )


def test_a_gene_that_follows_depth_is_told_and_another_is_not():
    generator = np.random.default_rng(0)
    library = np.exp(generator.normal(7, 0.5, 400))
    table = spots(library, ["a"] * 200 + ["b"] * 200)
    values = np.stack([0.4 * np.log(library), generator.normal(size=400)], axis=1)
    predicted = DepthExpression().fit(table[np.arange(200)], values[:200]).predict(table[np.arange(200, 400)])
    assert np.corrcoef(predicted[:, 0], values[200:, 0])[0, 1] > 0.999
    assert abs(np.corrcoef(predicted[:, 1], values[200:, 1])[0, 1]) < 0.2


def test_a_section_that_was_counted_deeper_is_told_as_any_other():
    library = np.exp(np.random.default_rng(0).normal(7, 0.5, 50))
    model = DepthExpression().fit(spots(library, ["a"] * 50), np.log(library)[:, None])
    alone = model.predict(spots(library, ["b"] * 50))
    both = model.predict(spots(np.concatenate([library, library * 30]), ["b"] * 50 + ["c"] * 50))
    np.testing.assert_allclose(both[:50], alone)
    np.testing.assert_allclose(both[50:], alone)


def test_spots_of_one_depth_tell_nothing():
    model = DepthExpression().fit(spots([5.0] * 10, ["a"] * 10), np.arange(10.0)[:, None])
    np.testing.assert_allclose(model.predict(spots([7.0] * 3, ["b"] * 3)), 4.5)
