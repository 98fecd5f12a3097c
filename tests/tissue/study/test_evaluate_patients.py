"""What comes of patients is evaluated from their images: the audit finds what was planted, and attention is of patients not seen."""

import csv
import json
from dataclasses import replace

import numpy as np
import pytest

from spectra_dl.arrays import text_array
from spectra_dl.errors import DataError, UsageError
from spectra_dl.evaluation.outcomes.results import OutcomeSettings
from spectra_dl.evaluation.outcomes.survival.results import SurvivalSettings
from spectra_dl.tissue.readers import read_images
from spectra_dl.tissue.simulation.share_study import ShareStudySettings
from spectra_dl.tissue.study.evaluate_patients import (
    PatientStudySettings,
    evaluate_outcome_study,
    evaluate_survival_study,
)
from spectra_dl.tissue.study.simulate import write_share_study
from spectra_dl.training.settings import TrainingSettings

QUICK = SurvivalSettings("months", "event", folds=3, resamples=100, refits=39, leaky=False)
COX = PatientStudySettings(QUICK, models=("cox",))


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    folder = tmp_path_factory.mktemp("followed")
    write_share_study(ShareStudySettings(30, 1, 3, side=32, seed=5, hazard_ratio=1.0), folder)
    return read_images(folder / "images")


def with_column(images, name, cells):
    return replace(images, metadata={**images.metadata, name: text_array(cells)})


def finding(evaluated, name):
    return next(each for each in evaluated.evaluation.audit.findings if each.name == name)


def test_a_scanner_that_goes_with_the_time_is_found(images):
    months = images.metadata["months"].astype(float)
    goes = np.where(months < np.median(months), "old", "new")
    planted = evaluate_survival_study(with_column(images, "scanner", goes), COX)
    assert finding(planted, "column scanner").severity in ("warn", "stop")
    assert "goes with column 'scanner'" in finding(planted, "column scanner").sentence
    patients = sorted(set(images.patient))
    apart = ["new" if patients.index(name) % 2 else "old" for name in images.patient]
    assert (
        finding(evaluate_survival_study(with_column(images, "scanner", apart), COX), "columns").severity
        == "fine"
    )


def test_attention_is_of_patients_the_networks_had_not_seen(images, tmp_path):
    training = TrainingSettings(epochs=1, least_steps=1)
    settings = replace(COX, models=("attention",), members=2, training=training)
    placed = np.where((images.patient == "SIM01")[:, None], images.position, np.nan)
    evaluated = evaluate_survival_study(replace(images, position=placed), settings, folder=tmp_path / "run")
    heading, *lines = csv.reader(evaluated.also["attention.csv"].splitlines())
    assert heading == ["path", "patient_id", "slide", "x", "y", "attention"]
    assert [line[0] for line in lines] == list(images.name)
    for patient in set(images.patient):
        shares = [float(line[-1]) for line in lines if line[1] == patient]
        assert sum(shares) == pytest.approx(1.0, abs=1e-7)
    slides = tmp_path / "run" / "slides"
    assert {path.name for path in slides.iterdir()} == {"SIM01-1_attention.png", "SIM01-1.geojson"}
    tiles = json.loads((slides / "SIM01-1.geojson").read_text())["features"]
    measured = [tile["properties"]["measurements"] for tile in tiles]
    shares = [float(line[-1]) for line in lines if line[2] == "SIM01-1"]
    assert [each["attention"] for each in measured] == pytest.approx(shares, abs=1e-6)
    named = {tile["properties"]["classification"]["name"] for tile in tiles}
    assert named == {"attention above the mean", "attention below the mean"}
    assert "Ilse et al. 2018" in evaluated.evaluation.models["attention pooling"].words
    assert evaluate_survival_study(images, COX).also == {}


def test_a_number_is_evaluated_beside_the_mean(images):
    number = OutcomeSettings("months", folds=3, resamples=100, refits=39, leaky=False)
    evaluated = evaluate_outcome_study(images, PatientStudySettings(number, models=("ridge",)))
    assert list(evaluated.evaluation.models) == ["ridge regression", "mean"]


def test_columns_and_patients_are_needed(images):
    with pytest.raises(
        UsageError, match="there is no such column in the sheet; there are months, event, label"
    ):
        evaluate_survival_study(images, replace(COX, evaluation=replace(QUICK, time="days")))
    with pytest.raises(DataError, match="which patient an image is of"):
        evaluate_survival_study(replace(images, patient=None), COX)
