"""The time to an event and a number per patient, from simulated slides of which both are known, through the real commands."""

import csv
import json

import pytest

from command_line import run

pytestmark = pytest.mark.xdist_group("tissue outcomes")
ASKED = ("--time", "months", "--event", "event")


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    folder = tmp_path_factory.mktemp("followed") / "study"
    words = ("--patients", 30, "--slides", 1, "--tiles", 3, "--hazard-ratio", 6, "--seed", 6)
    said = run("simulate", folder, "--tissue", *words).stdout
    report = json.loads((folder / "report.json").read_text())
    assert report["results"]["best_c_index"] == pytest.approx(0.85, abs=0.02)
    assert "the best C-index any method can reach is 0.8" in said
    return folder


@pytest.fixture(scope="module")
def evaluated(study):
    out = study.parent / "run"
    words = ("--models", "cox", "--folds", 3, *stored(study), "--out", out)
    return run("evaluate", "tissue", study / "images", *ASKED, *words).stdout, out


def stored(study):
    return "--store", study.parent / "features"


def changed(study, change):
    """Write another sheet beside the study's, whose rows were changed, and return it."""
    rows = list(csv.DictReader((study / "images" / "images.csv").read_text().splitlines()))
    sheet = study / "images" / "changed.csv"
    with open(sheet, "w", newline="", encoding="utf-8") as stream:
        lines = csv.DictWriter(stream, rows[0])
        lines.writeheader()
        lines.writerows(change(number, dict(row)) for number, row in enumerate(rows))
    return sheet


def test_models_of_the_time_are_compared_in_text_report_and_page(evaluated):
    text, out = evaluated
    assert "months to event of 30 patients" in " ".join(text.split())
    assert "a split by image" in " ".join(text.split())
    results = json.loads((out / "report.json").read_text())["results"]
    assert results["kind"] == "survival"
    assert list(results["models"]) == ["Cox regression", "Kaplan-Meier"]
    assert results["models"]["Cox regression"]["patient_level"]["c_index"]["value"] > 0.7
    assert "Kaplan-Meier" in (out / "report.html").read_text()


def test_the_folds_of_a_run_can_be_repeated(study, evaluated, tmp_path):
    words = ("--models", "cox", "--folds-from", evaluated[1] / "folds.csv", "--no-leaky")
    run("evaluate", "tissue", study / "images", *ASKED, *words, "--out", tmp_path / "again", *stored(study))
    again, first = (
        json.loads((out / "report.json").read_text())["results"] for out in (tmp_path / "again", evaluated[1])
    )
    assert again["split"]["sha256"] == first["split"]["sha256"]
    for name, model in first["models"].items():
        assert again["models"][name]["patient_level"] == model["patient_level"]
        assert again["models"][name]["per_fold"] == model["per_fold"]


def test_a_number_is_predicted_from_all_images_of_a_patient_whatever_class_they_have(study, tmp_path):
    words = ("--target", "months", "--models", "ridge", "--folds", 3, "--no-leaky", *stored(study))
    sheet = changed(study, lambda at, row: row | ({"label": ""} if at % 2 else {}))
    run("evaluate", "tissue", sheet, *words, "--out", tmp_path / "run")
    sheet.unlink()
    results = json.loads((tmp_path / "run" / "report.json").read_text())["results"]
    assert results["kind"] == "outcomes"
    assert results["models"]["ridge regression"]["patient_level"]["spearman"]["value"] > 0.3


def test_a_model_of_the_time_is_written_shown_and_predicts(study, tmp_path):
    brief = ("--members", 2, "--epochs", 20, *stored(study))
    said = run("train", "tissue", study / "images", *ASKED, *brief, "--out", tmp_path / "model").stdout
    assert "the time to event, and the probability of none by months" in said
    model = tmp_path / "model" / "model.safetensors"
    assert "attention pooling, 2 members" in run("model", "show", model).stdout
    done = run("predict", study / "images", "--model", model, "--out", tmp_path / "run")
    assert "the probability of no event by months" in done.stdout
    assert "90 of 90 images" in " ".join(done.stderr.split())
    report = json.loads((tmp_path / "run" / "report.json").read_text())["results"]
    assert report["patients_total"] == 30
    with open(tmp_path / "run" / "patients.csv", newline="") as stream:
        lines = list(csv.DictReader(stream))
    assert {line["horizon"] for line in lines} == {f"{report['horizon']:.10g}"}
    for words, sentence in (
        (("--coverage", "0.8"), "leave the coverage out"),
        (("--share", "necrotic/viable"), "this model predicts what comes of patients"),
    ):
        refused = run("predict", study / "images", "--model", model, *words, code=2)
        assert sentence in " ".join(refused.stderr.split())


def test_a_model_of_classes_alone_is_trained_on_each_image(study, tmp_path):
    words = ("--target", "months", "--model", "mlp", "--out", tmp_path)
    done = run("train", "tissue", study / "images", *words, code=2)
    assert "mlp can't be written as a model of what comes of patients" in " ".join(done.stderr.split())


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (("--time", "months"), 2, "--time and --event go together"),
        ((*ASKED, "--share", "necrotic/viable"), 2, "--share is of classes"),
        ((*ASKED, "--models", "logistic"), 2, "choose from attention"),
        (("--time", "days", "--event", "event"), 2, "there is no such column in the sheet"),
        ((*ASKED, "--target", "months"), 2, "leave one out"),
        (("--target", "event"), 3, "that is a class"),
    ],
)
def test_what_does_not_go_together_is_refused(study, words, code, sentence):
    done = run("evaluate", "tissue", study / "images", *words, code=code)
    assert sentence in " ".join(done.stderr.split())


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda at, row: row | {"months": "0"}, "is 0 or negative for 30 patients (SIM01 0, SIM02 0"),
        (lambda at, row: row | {"event": "dead"}, "write 1 where the event came"),
        (lambda at, row: row | ({"months": "7"} if at == 3 else {}), "patients with more than one 'months'"),
        (lambda at, row: row | {"event": str(int(row["patient"] < "SIM04"))}, "at least 10 are needed"),
        (lambda at, row: row | ({"event": ""} if at == 3 else {}), "have no 'event'"),
    ],
)
def test_impossible_times_are_refused_before_an_image_is_encoded(study, change, sentence):
    sheet = changed(study, change)
    done = run("evaluate", "tissue", sheet, *ASKED, code=3)
    sheet.unlink()
    assert sentence in " ".join(done.stderr.split())
