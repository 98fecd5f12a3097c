"""Maps of a held-out section: which, whose genes, and how they are written."""

from dataclasses import replace

import numpy as np
import pytest

from spectra_dl.evaluation.folds.job import Observation
from spectra_dl.evaluation.folds.splits import Fold
from spectra_dl.expression.cohort import PanelTargets, expression_cohort
from spectra_dl.expression.genes import PanelSettings
from spectra_dl.expression.held_out_maps import HeldOutMapsObserver, held_out_maps, held_out_maps_json
from spectra_dl.expression.simulation.tissue_study import TissueSettings, simulate_tissue
from spectra_dl.imaging.features.recipe import FeatureRecipe

pytestmark = pytest.mark.xdist_group("held-out maps")


class Noisy:
    """Knows what was measured, the first genes better than the last."""

    def __init__(self, values, genes):
        self.values = values
        self.noise = np.linspace(0, 3, genes)

    def predict(self, rows):
        draw = np.random.default_rng(0)
        return self.values + self.noise * draw.normal(size=self.values.shape)


@pytest.fixture(scope="module")
def observer():
    sections = [each.section for each in simulate_tissue(TissueSettings(3, 1, 6, genes=12))]
    cohort = expression_cohort(sections, FeatureRecipe(("colour-texture",), (112.0,)))
    return HeldOutMapsObserver(cohort, PanelTargets(cohort, PanelSettings(9)), "model")


def fold_of(observer, section, repeat=0):
    of_section = observer.cohort.spots.section == section
    return Fold(repeat, 0, np.flatnonzero(~of_section), np.flatnonzero(of_section))


@pytest.fixture(scope="module")
def maps(observer):
    fold = fold_of(observer, "SIM1-1")
    values = observer.targets.fit(fold.train).values(fold.test)
    return observer("model", fold, Noisy(values, values.shape[1]))


def test_it_is_the_first_section_of_the_first_repeat_and_the_first_model(observer, maps):
    assert maps.section == "SIM1-1"
    for name, section, repeat in (("other", "SIM1-1", 0), ("model", "SIM2-1", 0), ("model", "SIM1-1", 1)):
        assert observer(name, fold_of(observer, section, repeat), None) is None


def test_the_genes_are_the_best_one_and_those_at_upper_quartile_and_median(maps):
    assert len(set(maps.genes)) == 3
    assert maps.genes_of_panel == 9
    assert list(maps.pearson) == sorted(maps.pearson, reverse=True)
    assert maps.pearson[0] == pytest.approx(1.0)
    for column in range(3):
        reached = np.corrcoef(maps.predicted[:, column], maps.measured[:, column])[0, 1]
        assert maps.pearson[column] == pytest.approx(reached)


def test_what_is_written_has_a_letter_and_a_place_for_each_spot(maps):
    written = held_out_maps_json(maps)
    spots = written["spots"]
    assert len(written["x"].split()) == len(written["y"].split()) == spots == len(maps.position_um)
    assert all(len(gene[kind]) == spots for gene in written["genes"] for kind in ("predicted", "measured"))
    best = written["genes"][0]
    assert best["predicted"] == best["measured"]
    um_per_unit = written["bar_um"] / written["bar"]
    across = np.ptp(np.array(written["x"].split(), dtype=float)) * um_per_unit
    assert across == pytest.approx(np.ptp(maps.position_um[:, 0]), rel=0.02)


def test_a_large_section_is_written_in_a_few_thousand_letters(maps):
    draw = np.random.default_rng(1)
    many = draw.normal(size=(50_000, 3))
    large = replace(maps, position_um=draw.uniform(0, 6000, (50_000, 2)), predicted=many, measured=many)
    written = held_out_maps_json(large)
    assert written["gathered"]
    assert len(str(written)) < 20_000


def test_what_others_saw_is_passed_over(maps):
    fold = Fold(0, 0, np.arange(2), np.arange(1))
    assert held_out_maps([Observation("m", fold, "something"), Observation("m", fold, maps)]) is maps
    assert held_out_maps([]) is None
