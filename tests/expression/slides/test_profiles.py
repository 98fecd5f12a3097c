"""Genes are chosen on training patients, and the ceiling is what counting noise leaves."""

import numpy as np
import pytest

from spectra_dl.arrays import text_array
from spectra_dl.errors import DataError, UsageError
from spectra_dl.expression.genes import PanelSettings
from spectra_dl.expression.slides.profiles import BulkProfiles, BulkTargets, counting_ceiling, log_scaled


def of_values(values):
    return BulkProfiles(
        np.asarray(values, dtype=float), text_array([f"G{at}" for at in range(len(values[0]))])
    )


def test_the_genes_that_vary_most_over_training_patients_are_chosen():
    values = np.zeros((6, 4))
    values[:4, 2], values[:4, 1], values[4:, 3] = [0, 3, 0, 3], [0, 1, 0, 1], 100.0
    chosen = BulkTargets(of_values(values), PanelSettings(2)).fit(np.arange(4))
    assert chosen.names == ["G1", "G2"]
    np.testing.assert_array_equal(chosen.values(np.array([1])), [[1.0, 3.0]])
    assert np.isnan(chosen.ceiling(np.arange(6))).all()


def test_genes_may_be_named_and_the_highest_be_taken():
    values = np.random.default_rng(0).normal([0.0, 9.0, 5.0, 1.0], 1.0, size=(6, 4))
    assert BulkTargets(of_values(values), PanelSettings(1, "mean")).fit(np.arange(6)).names == ["G1"]
    assert BulkTargets(of_values(values), PanelSettings(1, "variance", ("G3",))).fit(np.arange(6)).names == [
        "G3"
    ]


def test_rules_of_spots_and_genes_that_do_not_vary_are_refused():
    with pytest.raises(UsageError, match="--panel seurat is of spots"):
        BulkTargets(of_values(np.ones((3, 2))), PanelSettings(1, "seurat"))
    with pytest.raises(DataError, match="no gene varies over the 3 patients"):
        BulkTargets(of_values(np.ones((3, 2))), PanelSettings(1)).fit(np.arange(3))


def test_the_ceiling_is_the_correlation_with_true_rates():
    generator, patients = np.random.default_rng(0), 3000
    rate = np.exp(generator.normal([1.0, 3.0, 5.0], 0.4, size=(patients, 3)))
    library = np.full(patients, 1e5)
    counts = generator.poisson(rate)
    estimated = counting_ceiling(counts, library)
    truth, seen = log_scaled(rate, library), log_scaled(counts.astype(float), library)
    known = [np.corrcoef(truth[:, gene], seen[:, gene])[0, 1] for gene in range(3)]
    np.testing.assert_allclose(estimated[1:], known[1:], atol=0.02)
    assert estimated[0] < estimated[1] < estimated[2] < 1


def test_named_genes_of_which_none_varies_are_refused():
    profiles = BulkProfiles(np.array([[1.0, 2.0], [1.0, 3.0], [1.0, 5.0]]), text_array(["A", "B"]))
    everybody = np.arange(3)
    with pytest.raises(DataError, match="none of the genes named varies"):
        BulkTargets(profiles, PanelSettings(names=("A",))).fit(everybody)
    assert BulkTargets(profiles, PanelSettings(names=("A", "B"))).fit(everybody).names == ["A", "B"]
