"""What the audit says of a score, on cohorts with one planted fault and on clean ones."""

from dataclasses import replace

import numpy as np
import pytest

from spectra_dl.arrays import text_array
from spectra_dl.expression.section import OFF_TISSUE
from spectra_dl.expression.simulation.planted_faults import (
    FAULTS,
    depth_follows_image,
    without_signal,
)
from spectra_dl.expression.simulation.tissue_study import TissueSettings, simulate_tissue
from spectra_dl.expression.study.evaluate import evaluate_study
from spectra_dl.expression.study.settings import ExpressionStudySettings
from spectra_dl.imaging.features.store import FeatureStore

SETTINGS = ExpressionStudySettings(model="ridge", encoders=("colour-texture",), tile_um=(112.0,), genes=20)
RAISED_BY = {
    "spots on glass": {"spots off tissue", "tissue alone"},
    "smoothed counts": {"above the ceiling"},
    "depth alone": {"depth alone"},
    "few outliers": {"few spots"},
}
CHECKS = {"shallow spots", *(check for checks in RAISED_BY.values() for check in checks)}


def study(seed=0, **settings):
    """Return the sections of a small simulated study of three patients."""
    asked = {"patients": 3, "spots_per_side": 9, "genes": 40, "um_per_pixel": 8.0, **settings}
    return [each.section for each in simulate_tissue(TissueSettings(seed=seed, **asked))]


@pytest.fixture(scope="module")
def findings(tmp_path_factory):
    """Return the findings of an evaluation by name; features of the same tiles are computed once."""
    store = FeatureStore(tmp_path_factory.mktemp("features"))

    def found(sections):
        evaluation = evaluate_study(sections, SETTINGS, compared=False, store=store).evaluation
        return {finding.name: finding for finding in evaluation.audit.findings}

    return found


def raised(by_name):
    """Return the checks of scores that warn or stop."""
    return {name for name, finding in by_name.items() if finding.severity != "fine"} & CHECKS


@pytest.mark.parametrize("seed", [101, 102, 103])
@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_found(fault, seed, findings):
    generator = np.random.default_rng(seed)
    depth = 150.0 if fault == "smoothed counts" else 1000.0
    sections = [FAULTS[fault](section, generator) for section in study(seed, depth=depth)]
    assert raised(findings(sections)) & RAISED_BY[fault]


@pytest.mark.parametrize("seed", [101, 102])
@pytest.mark.parametrize("change", [None, without_signal, depth_follows_image])
def test_clean_cohorts_raise_no_alarm(change, seed, findings):
    generator = np.random.default_rng(seed)
    sections = [change(section, generator) if change else section for section in study(seed)]
    assert raised(findings(sections)) == set()


def test_spots_that_the_files_mark_as_beside_the_tissue_are_left_out_and_counted(findings):
    generator = np.random.default_rng(0)
    sections = []
    for section in study():
        planted = FAULTS["spots on glass"](section, generator)
        beside = np.arange(len(planted)) >= len(section)
        sections.append(replace(planted, reason=text_array(np.where(beside, OFF_TISSUE, ""))))
    by_name = findings(sections)
    marked = sum(int((section.reason == OFF_TISSUE).sum()) for section in sections)
    assert f"{marked} others are marked as beside the tissue" in by_name["spots off tissue"].sentence
    assert raised(by_name) == set()


def test_where_the_image_has_no_glass_spots_of_few_counts_are_asked_about(findings):
    generator = np.random.default_rng(0)
    sections = []
    for section in study():
        planted = FAULTS["spots on glass"](section, generator)
        pixels = planted.image.pixels.copy()
        grey = pixels.min(axis=2) > 225
        pixels[grey] = generator.integers(90, 130, (int(grey.sum()), 3))  # a dark ground, as no mask knows it
        sections.append(replace(planted, image=replace(planted.image, pixels=pixels)))
    by_name = findings(sections)
    assert by_name["shallow spots"].severity != "fine"
    assert "without them" in by_name["shallow spots"].sentence


def test_the_finding_states_how_many_spots_and_the_score_without_them(findings):
    generator = np.random.default_rng(101)
    sections = [FAULTS["spots on glass"](section, generator) for section in study(101)]
    finding = findings(sections)["spots off tissue"]
    assert finding.severity != "fine"
    assert "spots lie on glass by the image" in finding.sentence
    assert "without them" in finding.sentence
    assert "in_tissue" in finding.sentence
