"""What each block adds is said first: on the terminal, in report.json and on the page."""

import json

import numpy as np
import pytest

from spectra_dl.evaluation.classes.results import EvaluationSettings
from spectra_dl.fusion.study.evaluate import evaluate_study
from spectra_dl.fusion.study.settings import FusionStudySettings
from spectra_dl.storage.text.json_text import json_text

pytestmark = pytest.mark.xdist_group("fusion evaluation")

SETTINGS = FusionStudySettings(evaluation=EvaluationSettings(folds=3, resamples=200, refits=39))


@pytest.fixture(scope="module")
def evaluated(cohort):
    return evaluate_study(cohort, SETTINGS)


@pytest.fixture(scope="module")
def report(evaluated):
    return json.loads(json_text({"command": [], "versions": {}, "inputs": [], **evaluated.report}))


def test_every_set_of_blocks_is_evaluated_and_the_clinical_columns_are_the_reference(evaluated):
    assert list(evaluated.evaluation.models) == [
        "clinical", "spectra", "tissue", "clinical + spectra", "clinical + tissue", "spectra + tissue", "all blocks",
        "clinical, boosted",
    ]  # fmt: skip
    assert {difference.reference for difference in evaluated.evaluation.differences} == {"clinical"}


def test_the_first_screen_says_what_each_block_adds(evaluated):
    first = evaluated.text().splitlines()[:6]
    assert first[0].startswith("What each block adds to the others, 30 patients")
    assert [line.split()[0] for line in first[2:5]] == ["clinical", "spectra", "tissue"]


def test_what_a_block_adds_is_the_difference_with_and_without_it(evaluated):
    added = {each.block: each.added.value for each in evaluated.added["auc"].blocks}
    auc = {name: model.patient_level["auc"].value for name, model in evaluated.evaluation.models.items()}
    assert added["tissue"] == pytest.approx(auc["all blocks"] - auc["clinical + spectra"], abs=1e-9)
    assert added["spectra"] == pytest.approx(auc["all blocks"] - auc["clinical + tissue"], abs=1e-9)
    shares = sum(each.shapley.value for each in evaluated.added["auc"].blocks)
    assert shares == pytest.approx(auc["all blocks"] - 0.5, abs=1e-9)


def test_the_page_says_it_too(evaluated, report):
    page = evaluated.files(report)["report.html"]
    assert "What each block adds to the patient AUC of the others" in page
    assert page.index("What each block adds") < page.index("Patient AUC with its 95 % interval")


def test_the_report_has_the_blocks(report):
    fusion = report["results"]["fusion"]
    assert [block["name"] for block in fusion["blocks"]] == ["spectra", "tissue", "clinical"]
    assert set(fusion["contributions"]) == {"auc", "log_loss"}


def test_the_same_seed_gives_the_same_report(cohort, evaluated):
    assert json_text(evaluate_study(cohort, SETTINGS).report) == json_text(evaluated.report)


def test_nobody_is_trained_and_tested_on(evaluated):
    for fold in evaluated.evaluation.folds:
        assert not set(fold.train) & set(fold.test)
    tested = np.concatenate([fold.test for fold in evaluated.evaluation.folds])
    assert sorted(tested) == list(range(30))
