"""The workflows on spectra as a notebook calls them."""

import json
from dataclasses import replace
from functools import reduce
from operator import getitem

import pytest

from spectra_dl.errors import DataError, UsageError
from spectra_dl.evaluation.classes.results import EvaluationSettings
from spectra_dl.loading import read_header
from spectra_dl.spectra.simulation.serum_study import StudySettings, simulate_study
from spectra_dl.spectra.study.cleaning import CleaningSettings
from spectra_dl.spectra.study.evaluate import evaluate_study
from spectra_dl.spectra.study.predict import predict_study
from spectra_dl.spectra.study.settings import SpectraStudySettings
from spectra_dl.spectra.study.train import train_study
from spectra_dl.storage.provenance import provenance
from spectra_dl.storage.run_folder import write_result
from spectra_dl.training.settings import TrainingSettings

pytestmark = pytest.mark.xdist_group("spectra study")
SETTINGS = SpectraStudySettings(
    networks=(),
    classical=("majority class", "logistic regression"),
    members=2,
    training=TrainingSettings(epochs=1),
    evaluation=EvaluationSettings(folds=2, resamples=100, permutations=100, seed=3),
)


@pytest.fixture(scope="module")
def table():
    return simulate_study(
        StudySettings(patients=12, spectra_per_patient=2, n_wavenumbers=200, distance=4.0, seed=1)
    ).table


@pytest.fixture(scope="module")
def evaluated(table):
    return evaluate_study(table, SETTINGS)


def test_only_the_models_named_are_evaluated_in_the_order_given(evaluated):
    assert list(evaluated.evaluation.models) == ["majority class", "logistic regression"]
    assert evaluated.saliency is None
    assert evaluated.report["results"]["settings"]["seed"] == 3
    assert "saliency" not in evaluated.report["results"]


def test_a_run_folder_holds_the_report_the_page_and_the_folds(evaluated, tmp_path):
    report = {**provenance([], seed=3), **evaluated.report}
    write_result(tmp_path / "run", evaluated, report)
    assert {path.name for path in (tmp_path / "run").iterdir()} == {
        "report.json",
        "report.html",
        "folds.csv",
        "items.json",
    }
    written = json.loads((tmp_path / "run" / "report.json").read_text())
    assert written["command"] == []
    assert written["results"]["models"].keys() == evaluated.evaluation.models.keys()
    assert "<html" in (tmp_path / "run" / "report.html").read_text()


def test_what_answers_an_item_of_the_reporting_list_stands_where_it_says(evaluated):
    report = {**provenance([]), **evaluated.report}
    items = json.loads(evaluated.files(report)["items.json"])["items"]
    pointers = {pointer for item in items for pointer in item["where"]}
    assert len(pointers) > 10
    for pointer in pointers:
        reduce(getitem, pointer.removeprefix("/").split("/"), report)


def test_the_folds_of_another_run_are_repeated(table, evaluated):
    split = evaluated.files({**provenance([]), **evaluated.report})["folds.csv"]
    other_seed = replace(SETTINGS, evaluation=replace(SETTINGS.evaluation, seed=8))
    again = evaluate_study(table, other_seed, split=split)
    assert [fold.test.tolist() for fold in again.evaluation.folds] == [
        fold.test.tolist() for fold in evaluated.evaluation.folds
    ]


def test_a_model_nobody_knows_is_refused_with_the_names(table):
    with pytest.raises(UsageError, match="no classical model is called 'SMV'; choose majority class, "):
        evaluate_study(table, replace(SETTINGS, classical=("SMV",)))


def test_a_trained_model_is_described_and_predicts_the_same_from_its_file(table, tmp_path):
    settings = replace(SETTINGS, networks=("compact",))
    trained = train_study(table, settings, source="a simulation", folder=tmp_path)
    header, sha256 = read_header(tmp_path / "model.safetensors")
    assert trained.sha256 == sha256 == trained.report["model_sha256"]
    assert header.training.source == "a simulation"
    assert header.training.simulated
    assert len(list((tmp_path / "checkpoints").iterdir())) == 1  # of both members, which are trained together
    predicted = predict_study(trained.predictor, [table.select(range(4)), table.select(range(4, 8))])
    whole = predict_study(trained.predictor, [table.select(range(8))])
    assert predicted.report["results"] == whole.report["results"]
    assert predicted.counts.spectra == predicted.counts.seen == 8


def test_nothing_is_written_without_a_folder(table, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    trained = train_study(table, replace(SETTINGS, networks=("lenet5",)), source="a simulation")
    assert trained.sha256 == ""
    assert list(tmp_path.iterdir()) == []


def test_cleaning_settings_are_the_default_steps_with_the_choices_made():
    names = [type(step).__name__ for step in CleaningSettings(crop=(500.0, 1500.0)).preprocessing().steps]
    assert names == ["Crop", "Despike", "Baseline", "Normalise"]
    bare = CleaningSettings(baseline="none", normalise="none").preprocessing()
    assert [type(step).__name__ for step in bare.steps] == ["Despike"]
    assert CleaningSettings().preprocessing() == SpectraStudySettings().preprocessing


def test_a_study_without_patients_is_refused(table):
    with pytest.raises(DataError, match="no patient id"):
        evaluate_study(replace(table, patient=None), SETTINGS)
