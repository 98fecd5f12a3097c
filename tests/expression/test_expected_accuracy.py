"""Expected correlations of genes are calibrated, and withheld where they were not measured on what is predicted."""

from dataclasses import dataclass, replace

import numpy as np
import pytest

from spectra_dl.evaluation.profiles.results import ProfileSettings
from spectra_dl.expression.expected_accuracy import calibrated_pearson, expected_pearson, withheld_reason
from spectra_dl.expression.simulation.tissue_study import TissueSettings, simulate_tissue
from spectra_dl.expression.study.settings import ExpressionStudySettings
from spectra_dl.expression.study.train import train_study

pytestmark = pytest.mark.xdist_group("expected accuracy")


@dataclass(frozen=True)
class Skills:
    pearson: np.ndarray


@dataclass(frozen=True)
class Section:
    section: str
    patient: str
    names: tuple[str, ...]
    skill: Skills


@dataclass(frozen=True)
class Result:
    sections: tuple[Section, ...]


@dataclass(frozen=True)
class Evaluation:
    first: Result
    settings: ProfileSettings


def evaluation(values, group="patient"):
    """Return what the calibration looks at, of correlations ``(u, g)``; genes of NaN were in no panel of that fold."""
    sections = [
        Section(
            f"s{at}",
            f"p{at}",
            tuple(f"G{gene}" for gene in np.flatnonzero(np.isfinite(row))),
            Skills(row[np.isfinite(row)]),
        )
        for at, row in enumerate(values)
    ]
    return Evaluation(Result(tuple(sections)), ProfileSettings(group=group))


def drawn(seed, patients, genes=200, between=0.1, rest=0.1):
    """Return true means of genes and correlations of so many patients, and of one more."""
    generator = np.random.default_rng(seed)
    mean = 0.2 + between * generator.normal(size=genes)
    level = 0.05 * generator.normal(size=(patients + 1, 1))
    values = mean + level + rest * generator.normal(size=(patients + 1, genes))
    return values[:-1], values[-1]


@pytest.mark.parametrize("patients", [4, 6, 12])
def test_the_slope_of_measured_on_expected_is_near_one_on_average(patients):
    slopes, raw = [], []
    for seed in range(40):
        values, new = drawn(seed, patients)
        expected = calibrated_pearson(evaluation(values))
        known = np.array([expected[f"G{gene}"] for gene in range(len(new))])
        slopes.append(np.polyfit(known, new, 1)[0])
        raw.append(np.polyfit(values.mean(axis=0), new, 1)[0])
    assert 0.95 < np.mean(slopes) < 1.2  # above 1 where the rests of patients are independent, as here
    assert np.mean(raw) < 0.95


def test_genes_that_differ_less_than_chance_makes_them_are_all_expected_to_be_the_mean():
    values = np.tile([[0.1], [0.3]], (1, 20)) + np.array([[0.1], [-0.1]]) * np.resize([1, -1], 20)
    expected = calibrated_pearson(evaluation(values))
    np.testing.assert_allclose(list(expected.values()), 0.2, atol=1e-9)


def test_a_gene_measured_in_fewer_patients_is_drawn_further_towards_the_mean():
    values, _ = drawn(0, 5)
    values[:, 0] = values[:, 1] = values.mean(axis=1) + 0.3
    values[1:, 1] = np.nan
    expected = calibrated_pearson(evaluation(values))
    overall = np.mean(list(expected.values()))
    assert overall < expected["G1"] < expected["G0"]


def test_one_patient_or_a_handful_of_genes_calibrate_nothing():
    values, _ = drawn(0, 5)
    assert calibrated_pearson(evaluation(values[:1])) == {}
    assert calibrated_pearson(evaluation(values[:, :3])) == {}


@pytest.fixture(scope="module")
def sections():
    """Five sections: two of SIM1, and one of each of three others."""
    settings = TissueSettings(4, 2, 7, 30, um_per_pixel=8.0, seed=3)
    drawn_sections = [each.section for each in simulate_tissue(settings)]
    return [drawn_sections[at] for at in (0, 1, 2, 4, 6)]


def trained(sections, group):
    settings = ExpressionStudySettings(
        model="ridge", encoders=("colour-texture",), tile_um=(112.0,), genes=12, group=group
    )
    return train_study(sections, settings, source="simulated").predictor


@pytest.fixture(scope="module")
def by_patient(sections):
    return trained(sections[1:], "patient")


@pytest.fixture(scope="module")
def by_section(sections):
    return trained(sections[1:4], "section")


def as_of(section, patient):
    return replace(section, patient=patient)


def test_a_model_of_a_handful_of_genes_says_so_and_one_of_before_that_it_is_old(by_patient):
    part = by_patient.header.input
    few = part.model_copy(update={"expected": [None] * len(part.genes)})
    assert "too few to learn how genes differ" in withheld_reason(few, "somebody new")
    assert "train the model again" in withheld_reason(
        part.model_copy(update={"expected": []}), "somebody new"
    )


def test_a_model_of_several_patients_says_what_to_expect_in_a_new_one(by_patient, sections):
    values, reason = expected_pearson(by_patient, as_of(sections[0], "somebody new"))
    assert reason is None
    assert np.isfinite(values).all()
    assert values.tolist() == by_patient.header.input.expected


@pytest.mark.parametrize("patient", [None, "somebody new"])
def test_scores_by_section_are_withheld_from_another_or_unknown_patient(by_section, sections, patient):
    values, reason = expected_pearson(by_section, as_of(sections[0], patient))
    assert np.isnan(values).all()
    assert "left-out sections of the patients trained on" in reason


def test_scores_by_section_hold_for_a_patient_trained_on_under_any_spelling(by_section, sections):
    values, reason = expected_pearson(by_section, as_of(sections[0], " sim1"))
    assert reason is None
    assert np.isfinite(values).all()


def test_a_stain_unlike_that_of_all_training_sections_withholds(by_patient, sections):
    image = sections[0].image
    darker = replace(sections[0], image=replace(image, pixels=(image.pixels * 0.7).astype(np.uint8)))
    values, reason = expected_pearson(by_patient, darker)
    assert np.isnan(values).all()
    assert "colour" in reason


def test_one_to_three_training_patients_say_nothing_of_another(by_patient):
    part = by_patient.header.input

    def of(sections, left_out="patient"):
        training = part.training.model_copy(update={"sections": sections, "left_out": left_out})
        return withheld_reason(part.model_copy(update={"training": training}), "new")

    assert "one patient" in of({"a": "P", "b": "P"}, "section")
    assert "2 left-out patients" in of({"a": "P", "b": "Q"})
    assert "3 left-out patients" in of({"a": "P", "b": "Q", "c": "R"})
    assert of({"a": "P", "b": "Q", "c": "R", "d": "S"}) is None


def test_a_file_of_an_earlier_version_gives_its_figures_for_its_patients_only(by_patient):
    part = by_patient.header.input
    old = part.model_copy(update={"expected": []})
    assert "train the model again" in withheld_reason(old, "new")
    assert withheld_reason(old, "SIM2") is None


def test_the_card_says_for_whom_the_expected_correlations_hold(by_patient, by_section):
    assert any("given for every section" in line for line in by_patient.header.input.model_lines())
    assert any("withheld for others" in line for line in by_section.header.input.model_lines())
