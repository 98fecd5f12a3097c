"""Fusions of a number and of the time to an event, with tissue images and missing blocks: what is said, and what the audit stops."""

import json
from dataclasses import replace

import numpy as np
import pytest

from spectra_dl.errors import UsageError
from spectra_dl.fusion.clinical.table import ClinicalColumn
from spectra_dl.fusion.cohort import read_cohort
from spectra_dl.fusion.readers.study_file import read_study_file
from spectra_dl.fusion.simulation.outcome_study import FusionOutcomeSettings
from spectra_dl.fusion.simulation.written import write_fusion_study
from spectra_dl.fusion.study.evaluate_outcome import FusedOutcomeSettings, evaluate_outcome_study
from spectra_dl.storage.text.json_text import json_text

pytestmark = pytest.mark.xdist_group("fusion outcome evaluation")

SETTINGS = FusedOutcomeSettings(folds=2, resamples=100, refits=39)
SMALL = FusionOutcomeSettings(
    patients=40,
    spectra_per_patient=1,
    n_wavenumbers=200,
    tissue=1.0,
    images=True,
    missing=0.2,
    hazard_ratio=6.0,
)


@pytest.fixture(scope="module")
def cohort(tmp_path_factory):
    folder = tmp_path_factory.mktemp("outcome") / "study"
    write_fusion_study(SMALL, folder)
    return read_cohort(read_study_file(folder / "study.toml"))


@pytest.fixture(scope="module")
def evaluated(cohort):
    return evaluate_outcome_study(cohort, SETTINGS)


def test_every_set_of_blocks_is_evaluated_and_each_one_s_gain_is_a_difference_of_the_table(evaluated):
    models = evaluated.evaluation.models
    assert list(models) == [
        "clinical", "spectra", "tissue", "clinical + spectra", "clinical + tissue", "spectra + tissue", "all blocks", "Kaplan-Meier",
    ]  # fmt: skip
    reached = {name: model.patient_level["c_index"].value for name, model in models.items()}
    added = {each.block: each.added.value for each in evaluated.added["c_index"].blocks}
    assert added["tissue"] == pytest.approx(reached["all blocks"] - reached["clinical + spectra"], abs=1e-9)
    assert {difference.reference for difference in evaluated.evaluation.differences} == {"clinical"}


def test_page_and_json_say_what_each_block_adds(evaluated):
    report = json.loads(json_text({"command": [], "versions": {}, "inputs": [], **evaluated.report}))
    assert set(report["results"]["fusion"]["contributions"]["c_index"]["blocks"]) == {
        "clinical",
        "spectra",
        "tissue",
    }
    assert [block["model"] for block in report["results"]["fusion"]["blocks"]] == ["cox"] * 3
    page = evaluated.files(report)["report.html"]
    assert page.index("What each block adds to the C-index") < page.index("Kaplan-Meier curves by risk")
    assert evaluated.text().startswith("What each block adds to the others, 40 patients:")


def test_a_column_that_is_the_time_in_other_words_stops_the_study(cohort):
    parts = list(cohort.blocks)
    at = [part.read.name for part in parts].index("clinical")
    table = parts[at].read.rows
    days = ClinicalColumn("days_in_care", "numeric", 30.4 * cohort.came.time[parts[at].owner])
    rows = replace(table, columns=(*table.columns, days))
    parts[at] = replace(parts[at], read=replace(parts[at].read, rows=rows))
    spoilt = replace(
        cohort, blocks=(parts[at],), study=replace(cohort.study, blocks=(parts[at].read.stated,))
    )
    found = {each.name: each for each in evaluate_outcome_study(spoilt, SETTINGS).evaluation.audit.findings}
    assert found["target in other words"].severity == "stop"
    assert "'days_in_care' (|r| 1.000 with the time)" in found["target in other words"].sentence


def test_nobody_is_trained_and_tested_on(evaluated):
    folds = evaluated.evaluation.folds
    assert all(not set(fold.train) & set(fold.test) for fold in folds)
    assert sorted(np.concatenate([fold.test for fold in folds])) == list(range(40))


def test_patients_of_whom_nothing_came_are_refused(cohort):
    with pytest.raises(UsageError, match="read the study with what it predicts"):
        evaluate_outcome_study(replace(cohort, came=None), SETTINGS)
