"""Models of numbers and times from spectra are written, read again, and say the same in whatever blocks spectra come."""

import csv
from dataclasses import replace

import numpy as np
import pytest

from spectra_dl.errors import UsageError
from spectra_dl.evaluation.outcomes.results import OutcomeSettings
from spectra_dl.evaluation.outcomes.survival.results import SurvivalSettings
from spectra_dl.loading import load_model
from spectra_dl.spectra.outcomes.predictor import SpectraOutcomePredictor
from spectra_dl.spectra.simulation.serum_study import StudySettings
from spectra_dl.spectra.simulation.survival_study import SimulatedSurvivalSettings, simulate_survival
from spectra_dl.spectra.study.outcomes.predict import predict_outcomes
from spectra_dl.spectra.study.outcomes.train import train_outcome
from spectra_dl.spectra.study.patient_study import PatientStudySettings
from spectra_dl.training.settings import TrainingSettings

pytestmark = pytest.mark.xdist_group("outcome models")

BRIEF = {"resamples": 100, "refits": 39}
HOW = {"networks": ("compact",), "members": 2, "training": TrainingSettings(epochs=5)}


@pytest.fixture(scope="module")
def table():
    return simulate_survival(
        SimulatedSurvivalSettings(study=StudySettings(patients=30, n_wavenumbers=120, seed=3))
    ).table


@pytest.fixture(scope="module", params=["number", "time"])
def trained(request, table, tmp_path_factory):
    asked = (
        OutcomeSettings("months", **BRIEF)
        if request.param == "number"
        else SurvivalSettings("months", "event", **BRIEF)
    )
    folder = tmp_path_factory.mktemp("model") / "out"
    return train_outcome(table, PatientStudySettings(asked, **HOW), source="simulated", folder=folder), folder


def test_a_model_from_its_file_says_the_same(trained, table):
    result, folder = trained
    loaded = load_model(folder / "model.safetensors")
    assert isinstance(loaded, SpectraOutcomePredictor)
    np.testing.assert_array_equal(loaded.predict(table)[0].said, result.predictor.predict(table)[0].said)
    assert result.predictor.header.training.simulated
    assert "compact, 2 members" in result.text()


def test_a_patient_has_the_same_answer_in_whatever_blocks_spectra_come(trained, table, tmp_path):
    predictor = trained[0].predictor
    rows = np.arange(len(table))
    blocks = [table.select(rows[:17]), table.select(rows[17:])]
    whole = predict_outcomes(predictor, [table], tmp_path / "whole")
    predict_outcomes(predictor, blocks, tmp_path / "blocks")
    files = ("patients.csv", "predictions.csv")
    each = [[(tmp_path / name / file).read_bytes() for file in files] for name in ("whole", "blocks")]
    assert each[0] == each[1]
    assert whole.seen == len(table)
    with open(tmp_path / "whole" / "patients.csv", newline="") as stream:
        assert len(list(csv.DictReader(stream))) == 30


def test_a_patient_whose_spectra_are_all_refused_has_no_answer(trained, table):
    broken = replace(table, intensity=np.full_like(table.intensity, np.nan))
    predicted = predict_outcomes(trained[0].predictor, [broken])
    assert predicted.status["refused"] == len(table)
    assert all("could be used" in one.answer.abstains for one in predicted.listed)


def test_hazards_of_intervals_are_not_written(table):
    settings = PatientStudySettings(
        SurvivalSettings("months", "event", **BRIEF), **HOW | {"networks": ("compact-hazard",)}
    )
    with pytest.raises(UsageError, match="take compact"):
        train_outcome(table, settings, source="x")
