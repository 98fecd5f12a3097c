"""A number per patient, as a user asks for it."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from command_line import run
from spectra_dl.evaluation.outcomes.results import OutcomeSettings
from spectra_dl.evaluation.report.page.render import report_page
from spectra_dl.evaluation.report.page.verdict import verdict
from spectra_dl.spectra.readers import ReadOptions, read_spectra
from spectra_dl.spectra.study.cleaning import CleaningSettings
from spectra_dl.spectra.study.evaluate_outcome import OutcomeStudySettings, evaluate_outcome_study
from spectra_dl.storage.provenance import provenance

pytestmark = pytest.mark.xdist_group("target")
AXIS = np.linspace(400, 1800, 60)
FISH = Path(__file__).resolve().parents[4] / "shared/data/raman/fish_oil/fishoil.csv.gz"
MODELS = ["CNN compact", "PLS regression", "ridge regression", "SVR", "random forest", "mean"]


def write_spectra(path, *, patients=24, broken=None):
    """Write two spectra of each patient with a band as high as its number says; ``broken`` replaces the first patient's number."""
    generator = np.random.default_rng(2)
    iron = np.repeat(generator.uniform(10, 90, patients).round(2), 2)
    band = np.exp(-(((AXIS - 1000) / 60) ** 2))
    rows = 800 + 6 * iron[:, None] * band + 300 * np.exp(-(((AXIS - 1450) / 60) ** 2))
    rows = rows + 6 * generator.normal(size=rows.shape)
    numbers = [f"{value:g}" for value in iron]
    numbers[:2] = [broken or numbers[0]] * 2
    with open(path, "w", newline="", encoding="utf-8") as stream:
        lines = csv.writer(stream)
        lines.writerow(["sample_id", "patient", "iron", "site", *(f"{x:.2f}" for x in AXIS)])
        for at, row in enumerate(rows):
            site = ("north", "south")[at // 2 % 2]
            lines.writerow(
                [f"s{at}", f"p{at // 2:02d}", numbers[at], site, *(f"{value:.2f}" for value in row)]
            )
    return path


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    return write_spectra(tmp_path_factory.mktemp("numbers") / "iron.csv")


@pytest.fixture(scope="module")
def evaluated(study):
    out = study.parent / "run"
    words = (
        "--patient",
        "patient",
        "--target",
        "iron",
        "--folds",
        "2",
        "--members",
        "2",
        "--epochs",
        "2",
        "--out",
        out,
    )
    return run("evaluate", "spectra", study, *words).stdout, out


def test_models_of_a_number_are_compared_in_text_report_and_page(evaluated):
    text, out = evaluated
    assert "iron of 24 patients, 1" in text
    assert "PLS regression chose inside the training patients" in " ".join(text.split())
    report = json.loads((out / "report.json").read_text())
    results = report["results"]
    assert results["kind"] == "outcomes"
    assert list(results["models"]) == MODELS
    pls = results["models"]["PLS regression"]
    assert pls["chance"]["verdict"] == "better"
    assert pls["patient_level"]["r2"]["value"] > 0.8
    assert set(pls["patient_level"]) == {"rmse", "mae", "r2", "spearman"}
    assert len(pls["predicted"]) == 24
    assert results["data"]["target"] == "iron"
    page = (out / "report.html").read_text()
    assert "iron, predicted" in page
    assert "<svg" in page
    assert page == report_page(report)
    assert verdict(report).startswith(
        "In 24 patients, predicted only by models that had not seen them, CNN compact"
    )
    assert (out / "folds.csv").read_text().startswith("row,sample_id,patient,repeat,fold\n")


def test_a_run_can_be_replayed_to_the_same_bytes(evaluated, study, tmp_path):
    again = tmp_path / "again"
    run("evaluate", "spectra", study, "--replay", evaluated[1] / "report.json", "--out", again)
    for name in ("report.json", "report.html", "folds.csv"):
        assert (again / name).read_bytes() == (evaluated[1] / name).read_bytes(), name


def test_folds_of_the_run_can_be_repeated(evaluated, study):
    table = read_spectra(study, ReadOptions(patient="patient"))
    settings = OutcomeStudySettings(OutcomeSettings("iron"), networks=(), classical=("mean",))
    split = (evaluated[1] / "folds.csv").read_text()
    again = evaluate_outcome_study(table, settings, split=split)
    assert again.files({**provenance([]), **again.report})["folds.csv"] == split
    report = json.loads((evaluated[1] / "report.json").read_text())
    assert (
        again.report["results"]["models"]["mean"]["predicted"]
        == report["results"]["models"]["mean"]["predicted"]
    )


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--target", "gold"), 2, "--target 'gold': there is no such column; there are"),
        (("--target", "site"), 3, "holds 'north' in row 1"),
        (("--target", "iron", "--label", "site"), 2, "--label is of classes: leave it out"),
        (("--target", "iron", "--positive", "a", "--tune"), 2, "--positive, --tune is of classes"),
        (("--target", "iron", "--folds", "9"), 3, "too few patients for 9 folds: 24"),
    ],
)
def test_what_can_not_be_predicted_is_refused_in_a_sentence(study, words, code, said):
    done = run("evaluate", "spectra", study, "--patient", "patient", *words, code=code)
    assert said in " ".join(done.stderr.split())


def test_a_limit_of_detection_is_refused_by_row(tmp_path):
    study = write_spectra(tmp_path / "low.csv", broken="<0.5")
    said = run("evaluate", "spectra", study, "--patient", "patient", "--target", "iron", code=3).stderr
    assert "'iron' holds '<0.5' in row 1 (2 such rows)" in said


def test_a_model_of_a_number_is_trained_and_predicts(study, tmp_path):
    words = ("--patient", "patient", "--target", "iron", "--members", 2, "--epochs", 3)
    said = run("train", "spectra", study, *words, "--out", tmp_path / "model").stdout
    assert "Predicts       iron" in said
    model = tmp_path / "model" / "model.safetensors"
    out = ("--out", tmp_path / "run")
    done = run("predict", study, "--patient", "patient", "--model", model, *out)
    assert "iron of each patient, with the interval" in done.stdout
    assert (
        (tmp_path / "run" / "patients.csv")
        .read_text()
        .startswith("patient_id,n_spectra,n_used,status,reason,predicted")
    )


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--model", "auto"), "only networks are written"),
        (("--resume",), "has no checkpoints"),
        (("--threshold", "youden"), "is of classes"),
        (("--time", "iron"), "--time and --event go together"),
    ],
)
def test_what_a_model_of_a_number_can_not_have_is_refused(study, tmp_path, words, sentence):
    asked = ("--patient", "patient", "--target", "iron", "--out", tmp_path)
    assert sentence in " ".join(run("train", "spectra", study, *asked, *words, code=2).stderr.split())


def test_numbers_named_as_classes_are_pointed_to_the_option(study):
    said = run("evaluate", "spectra", study, "--patient", "patient", "--label", "iron", code=3).stderr
    assert "--target" in said


@pytest.mark.skipif(not FISH.exists(), reason="needs the fish oil spectra beside the checkout")
def test_the_iodine_value_of_fish_oil_is_predicted_from_oils_not_seen():
    table = read_spectra(FISH, ReadOptions(patient="replicate_group"))
    settings = OutcomeStudySettings(
        OutcomeSettings("iodine_value", refits=99, resamples=200, leaky=False),
        CleaningSettings(crop=(1000.0, 1800.0)).preprocessing(),
        networks=(),
        classical=("PLS regression", "mean"),
    )
    evaluation = evaluate_outcome_study(table, settings).evaluation
    assert len(evaluation.outcomes.names) == 42
    pls, mean = evaluation.models["PLS regression"], evaluation.models["mean"]
    assert pls.chance.verdict == "better"
    assert pls.patient_level["rmse"].high < 3.5 < mean.patient_level["rmse"].low
