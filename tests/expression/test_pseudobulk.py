"""Pseudo-bulk of held-out sections, worked by hand and on a simulated study."""

import numpy as np
import pytest

from spectra_dl.evaluation.folds.job import Observation
from spectra_dl.evaluation.folds.splits import Fold
from spectra_dl.expression.cohort import PanelTargets, expression_cohort
from spectra_dl.expression.genes import PanelSettings, log_normalise
from spectra_dl.expression.pseudobulk import (
    FoldBulk,
    PseudobulkObserver,
    pseudobulk,
    pseudobulk_json,
    pseudobulk_sentence,
)
from spectra_dl.expression.simulation.tissue_study import TissueSettings, simulate_tissue
from spectra_dl.imaging.features.recipe import FeatureRecipe

GENES = ("A", "B", "C", "D")
FOLD = Fold(0, 0, np.arange(2), np.arange(1))


class Constant:
    """Predicts the same profile for every spot."""

    def __init__(self, profile):
        self.profile = profile

    def predict(self, rows):
        return np.tile(self.profile, (len(rows), 1))


class Oracle:
    """Knows what was measured in every spot, by its place."""

    def __init__(self, cohort, columns):
        values = log_normalise(cohort.counts[:, columns], cohort.spots.library)
        self.known = dict(zip(keys(cohort.spots), values, strict=True))

    def predict(self, rows):
        return np.stack([self.known[key] for key in keys(rows)])


def keys(spots):
    """Return a key for each spot."""
    return [(name, *place) for name, place in zip(spots.section, spots.position_um.tolist(), strict=True)]


def seen(sections, predicted, measured, genes=GENES, training=None):
    """Return an observation of sections, compared with ones that count nothing unless said."""
    mean = np.zeros(len(genes)) if training is None else np.array(training)
    return Observation("m", FOLD, FoldBulk(sections, genes, np.array(predicted), np.array(measured), mean))


@pytest.fixture(scope="module")
def observer():
    sections = [each.section for each in simulate_tissue(TissueSettings(3, 1, 6, genes=12))]
    cohort = expression_cohort(sections, FeatureRecipe(("colour-texture",), (112.0,)))
    return PseudobulkObserver(cohort, PanelTargets(cohort, PanelSettings(6)), "model")


def fold_of(cohort, left_out):
    """Return the fold that leaves one section out."""
    tested = cohort.spots.section == left_out
    return Fold(0, 0, np.flatnonzero(~tested), np.flatnonzero(tested))


def test_measured_bulk_is_a_sections_total_of_a_gene_over_its_total_of_all(observer):
    cohort = observer.cohort
    section = sorted(set(cohort.spots.section))[0]
    fold = fold_of(cohort, section)
    bulk = observer("model", fold, Constant(np.zeros(6)))
    columns = [list(cohort.gene).index(gene) for gene in bulk.genes]
    total = np.asarray(cohort.counts[fold.test].sum(axis=0)).ravel()[columns]
    np.testing.assert_allclose(bulk.measured, [1e4 * total / cohort.spots.library[fold.test].sum()])
    np.testing.assert_array_equal(bulk.predicted, np.zeros((1, 6)))
    assert observer("another model", fold, Constant(np.zeros(6))) is None


def test_a_model_that_says_the_training_mean_has_nothing_to_correlate(observer):
    cohort = observer.cohort
    section = sorted(set(cohort.spots.section))[0]
    fold = fold_of(cohort, section)
    mean = observer.targets.fit(fold.train).values(fold.train).mean(axis=0)
    bulk = observer("model", fold, Constant(mean))
    result = pseudobulk([Observation("model", fold, bulk)], {section: "P"}, resamples=100, seed=0)
    assert np.isnan(result.over_genes).all()
    assert pseudobulk_json(result)["mean_over_genes"]["value"] is None
    assert "no figure across 1 patient" in pseudobulk_sentence(result, "patient")


def test_a_model_that_knows_every_spot_is_close_to_the_measured_bulk(observer):
    cohort, seen_folds = observer.cohort, []
    for section in sorted(set(cohort.spots.section)):
        fold = fold_of(cohort, section)
        columns = observer.targets.fit(fold.train).columns
        seen_folds.append(Observation("model", fold, observer("model", fold, Oracle(cohort, columns))))
    patients = {section: section for section in set(cohort.spots.section)}
    result = pseudobulk(seen_folds, patients, resamples=100, seed=0)
    assert result.error < 0.35 * result.error_of_mean
    assert result.mean_over_genes.value > 0.9


def test_figures_are_those_worked_by_hand():
    # log1p of these rates are whole numbers.
    rate = np.expm1
    predicted = [rate([1.0, 2, 3, 4]), rate([2.0, 2, 3, 5]), rate([4.0, 3, 2, 1])]
    measured = [rate([1.0, 2, 3, 4]), rate([4.0, 3, 2, 1]), rate([4.0, 3, 2, 1])]
    folds = [seen((name,), [p], [m]) for name, p, m in zip("xyz", predicted, measured, strict=True)]
    result = pseudobulk(folds, {"x": "x", "y": "y", "z": "z"}, resamples=100, seed=0)
    second = np.corrcoef([2, 2, 3, 5], [4, 3, 2, 1])[0, 1]
    np.testing.assert_allclose(result.over_genes, [1.0, second, 1.0])
    across = [np.corrcoef(np.log1p(predicted)[:, k], np.log1p(measured)[:, k])[0, 1] for k in range(4)]
    assert result.across_units == pytest.approx(np.mean(across))
    assert "across 3 sections, a mean over genes of" in pseudobulk_sentence(result, "section")
    errors = [
        np.sqrt(np.mean((np.log1p(p) - np.log1p(m)) ** 2)) for p, m in zip(predicted, measured, strict=True)
    ]
    constant = [np.sqrt(np.mean(np.log1p(m) ** 2)) for m in measured]
    assert (result.error, result.error_of_mean) == pytest.approx((np.mean(errors), np.mean(constant)))
    assert result.gain.value == pytest.approx(np.mean(constant) - np.mean(errors))
    assert result.gain.low < result.gain.value < result.gain.high


def test_a_patients_sections_are_averaged_and_genes_that_a_fold_left_out_are_not_compared_across_patients():
    rate = np.expm1
    folds = [
        seen(("a1", "a2"), rate([[1.0, 2, 3, 4], [3.0, 2, 1, 0]]), rate([[1.0, 2, 3, 4], [1.0, 2, 3, 4]])),
        seen(("b1",), rate([[1.0, 3, 2]]), rate([[2.0, 3, 1]]), genes=("A", "B", "E")),
        seen(("c1",), rate([[2.0, 1, 4, 3]]), rate([[3.0, 2, 1, 4]])),
    ]
    result = pseudobulk(folds, {"a1": "a", "a2": "a", "b1": "b", "c1": "c"}, resamples=100, seed=0)
    assert result.units == ("a", "b", "c")
    assert result.over_genes[0] == pytest.approx(0.0)
    both = [([2.0, 1, 2], [1.0, 2, 3]), ([2.0, 3, 1], [2.0, 3, 2])]  # A and B alone, of a, b and c
    assert result.across_units == pytest.approx(np.mean([np.corrcoef(p, m)[0, 1] for p, m in both]))


def test_without_observations_there_is_no_figure():
    assert pseudobulk([], {}, resamples=100, seed=0) is None


def test_the_training_mean_does_not_correlate_across_patients():
    # The mean of all but one falls as that one rises: levels would correlate by -1.
    measured = np.expm1(np.random.default_rng(0).uniform(1, 3, (5, len(GENES))))
    others = [np.delete(measured, at, axis=0).mean(axis=0) for at in range(5)]
    folds = [
        seen((name,), [mean], [row], training=mean)
        for name, mean, row in zip("abcde", others, measured, strict=True)
    ]
    result = pseudobulk(folds, {name: name for name in "abcde"}, resamples=100, seed=0)
    assert np.isnan(result.across_units)
    # Half of what sets a patient apart is predicted.
    halfway = [
        seen((name,), [np.sqrt((1 + mean) * (1 + row)) - 1], [row], training=mean)
        for name, mean, row in zip("abcde", others, measured, strict=True)
    ]
    known = pseudobulk(halfway, {name: name for name in "abcde"}, resamples=100, seed=0)
    assert known.across_units == pytest.approx(1.0)


def test_two_genes_have_no_correlation_over_genes():
    folds = [
        seen((name,), [[1.0, row]], [[row, 2.0]], genes=("A", "B"))
        for name, row in zip("xyz", (1.0, 3.0, 5.0), strict=True)
    ]
    result = pseudobulk(folds, {name: name for name in "xyz"}, resamples=100, seed=0)
    assert np.isnan(result.over_genes).all()
    assert "have no correlation (fewer than three genes" in pseudobulk_sentence(result, "patient")
