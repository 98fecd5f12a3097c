"""Pseudo-bulk of simulated sections, whose levels are known, and what an evaluation says of it."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from spectra_dl.evaluation.folds.job import Observation
from spectra_dl.evaluation.folds.splits import Fold
from spectra_dl.expression.cohort import PanelTargets, expression_cohort
from spectra_dl.expression.genes import PanelSettings, log_normalise
from spectra_dl.expression.pseudobulk import (
    BulkObserver,
    FoldBulk,
    bulk_agreement,
    measured_bulk,
    predicted_bulk,
)
from spectra_dl.expression.simulation.tissue_study import TissueSettings, simulate_tissue
from spectra_dl.imaging.features.recipe import FeatureRecipe


class Given:
    """A fitted model that predicts what it was given."""

    def __init__(self, values):
        self.values = values

    def predict(self, spots):
        return self.values


@pytest.fixture(scope="module")
def drawn():
    """Four simulated patients, their cohort and targets."""
    simulated = simulate_tissue(TissueSettings(4, 1, 8, 24, seed=3))
    cohort = expression_cohort([one.section for one in simulated], FeatureRecipe(sizes_um=(112.0,)))
    return simulated, cohort, PanelTargets(cohort, PanelSettings(8))


def observed(drawn, values_of):
    """Return what is seen where each patient is left out once and predicted by a function of section and names of genes."""
    simulated, cohort, targets = drawn
    found = []
    for number, one in enumerate(simulated):
        test = np.flatnonzero(cohort.spots.section == one.section.name)
        train = np.flatnonzero(cohort.spots.section != one.section.name)
        fold = Fold(0, number, train, test)
        fitted = Given(values_of(one, targets.fit(train).names))
        seen = BulkObserver(cohort, targets, "network")("network", fold, fitted)
        found.append(Observation("network", fold, seen))
    return found


def true_values(one, names):
    """Return what the true rates come to, log(1 + counts per 10,000)."""
    columns = [list(one.section.gene).index(name) for name in names]
    return log_normalise(one.rate, one.rate.sum(axis=1))[:, columns]


def test_true_rates_give_nearly_the_bulk_that_was_measured_and_follow_the_patients(drawn):
    agreement = bulk_agreement(observed(drawn, true_values))
    assert (agreement.patients, agreement.sections) == (4, 4)
    assert agreement.error < 0.5 * agreement.error_without_image
    assert agreement.pearson > 0.9


def test_the_same_prediction_for_every_patient_follows_none(drawn):
    agreement = bulk_agreement(observed(drawn, lambda one, names: np.full((len(one.section), 8), 5.0)))
    assert agreement.error > agreement.error_without_image
    assert agreement.pearson is None or abs(agreement.pearson) < 1e-9


def test_of_two_patients_no_correlation_is_said(drawn):
    assert bulk_agreement(observed(drawn, true_values)[:2]).pearson is None
    assert bulk_agreement([]) is None


def test_another_models_predictions_are_not_looked_at(drawn):
    _, cohort, targets = drawn
    fold = Fold(0, 0, np.arange(5, len(cohort.spots)), np.arange(5))
    assert BulkObserver(cohort, targets, "network")("ridge", fold, Given(None)) is None


def test_measured_bulk_is_the_share_of_all_counts_and_the_order_of_spots_changes_nothing():
    counts = csr_matrix(np.array([[1.0, 3.0], [3.0, 0.0]]))
    bulk = measured_bulk(counts, np.array([100.0, 300.0]))
    np.testing.assert_allclose(bulk, np.log1p([100.0, 75.0]))
    values = np.random.default_rng(0).normal(2.0, 1.0, (6, 3))
    np.testing.assert_allclose(predicted_bulk(values[::-1]), predicted_bulk(values))


def test_sections_of_one_patient_count_as_one(drawn):
    seen = observed(drawn, true_values)
    first = seen[0].seen.sections[0]
    twin = replace(seen[0], seen=FoldBulk((first, replace(first, section="twin"))))
    once, twice = bulk_agreement(seen), bulk_agreement([twin, *seen[1:]])
    assert twice.sections == 5
    assert twice.error == pytest.approx(once.error)
