"""Expression predicted from tissue against glass alone."""

from dataclasses import replace

import numpy as np

from spectra_dl.expression.estimators.tissue_share import TissueShareExpression
from spectra_dl.expression.spots import SpotTable
from spectra_dl.imaging.features.block import FeatureBlock


def spots(share, section):
    """Return a table whose features say nothing."""
    n = len(section)
    return SpotTable(
        features=np.zeros((n, 1), dtype=np.float32),
        blocks=(FeatureBlock("none", 1.0, 1),),
        position_um=np.zeros((n, 2)),
        pitch_um=np.ones(n),
        section=np.array(section, dtype=object),
        patient=np.array(section, dtype=object),
        library=np.ones(n),
        tissue_share=None if share is None else np.asarray(share, dtype=float),
    )


def test_a_gene_that_differs_between_tissue_and_glass_is_predicted_and_another_is_not():
    generator = np.random.default_rng(0)
    share = generator.integers(0, 2, 400).astype(float)
    table = spots(share, ["a"] * 200 + ["b"] * 200)
    values = np.stack([2 * share + 1, generator.normal(size=400)], axis=1)
    model = TissueShareExpression().fit(table[np.arange(200)], values[:200])
    predicted = model.predict(table[np.arange(200, 400)])
    assert np.corrcoef(predicted[:, 0], share[200:])[0, 1] > 0.999
    assert abs(np.corrcoef(predicted[:, 1], values[200:, 1])[0, 1]) < 0.2


def test_spots_of_which_nobody_knows_the_tissue_get_the_mean():
    table = spots(None, ["a"] * 10)
    model = TissueShareExpression().fit(table, np.arange(10.0)[:, None])
    np.testing.assert_allclose(model.predict(table), 4.5)


def test_a_section_all_of_tissue_gets_the_mean():
    table = spots(np.linspace(0, 1, 10), ["a"] * 10)
    model = TissueShareExpression().fit(table, np.arange(10.0)[:, None])
    np.testing.assert_allclose(model.predict(replace(table, tissue_share=np.ones(10))), 4.5)
