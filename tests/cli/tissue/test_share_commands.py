"""Necrosis of simulated patients through the real commands: simulated, trained on, predicted, evaluated."""

import csv
import json

import pytest

from command_line import run
from tissue.qupath_schema import checked_features

pytestmark = pytest.mark.xdist_group("tissue shares")


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shares") / "study"
    done = run("simulate", folder, "--tissue", "--patients", 8, "--slides", 3, "--tiles", 12, "--seed", 1)
    assert "288 simulated tiles of 8 patients" in done.stdout
    return folder


@pytest.fixture(scope="module")
def model(study):
    out = study.parent / "model"
    run("train", "tissue", study / "images", "--share", "necrotic/viable", "--members", 3, "--out", out)
    return out / "model.safetensors"


def test_new_patients_have_shares_slides_and_an_answer_on_90_percent(model, tmp_path):
    run("simulate", tmp_path / "new", "--tissue", "--patients", 2, "--slides", 3, "--seed", 2)
    done = run("predict", tmp_path / "new" / "images", "--model", model, "--out", tmp_path / "out")
    table = list(csv.DictReader((tmp_path / "out" / "share.csv").read_text().splitlines()))
    truth = dict(csv.reader((tmp_path / "new" / "truth.csv").read_text().splitlines()))
    patients = [row for row in table if row["level"] == "patient"]
    assert [row["patient_id"] for row in patients] == ["SIM01", "SIM02"]
    for row in patients:
        assert float(row["low"]) <= float(truth[row["patient_id"]]) <= float(row["high"])
        assert f"at least 90%: {row['at_least_90']}" in done.stdout
    assert "shares are corrected by what was predicted of 288 images of 8 training patients" in done.stdout
    slides = sorted((tmp_path / "out" / "slides").glob("*.geojson"))
    assert len(slides) == 6
    for path in slides:
        assert len(checked_features(json.loads(path.read_text()))) == 16


def test_a_model_says_which_share_it_estimates(model):
    assert "Share          necrotic / (necrotic + viable)" in run("model", "show", model).stdout


def test_an_evaluation_says_how_near_held_out_shares_come(study, tmp_path):
    words = ("evaluate", "tissue", study / "images", "--models", "logistic", "--folds", 3, "--no-leaky")
    done = run(*words, "--share", "necrotic/viable", "--out", tmp_path / "run")
    figures = json.loads((tmp_path / "run" / "report.json").read_text())["results"]["shares"]["models"]
    assert figures["logistic regression"]["figures"]["mean_absolute_error"]["value"] < 0.1
    assert "of 8 patients nobody was trained on" in done.stdout
    assert "Shares of held-out patients" in (tmp_path / "run" / "report.html").read_text()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("simulate", "x", "--slides", 2), "--slides is of tissue; add --tissue"),
        (("simulate", "x", "--tissue", "--distance", 2), "--distance is of spectra"),
    ],
)
def test_options_of_another_simulation_are_refused(tmp_path, words, said):
    assert said in run(*words, code=2, folder=tmp_path).stderr


def test_a_share_is_of_images_alone(repository):
    demo = repository / "datasets" / "demo" / "spectra.csv"
    done = run("predict", demo, "--share", "a/b", code=2)
    assert "--share is of classes of images, and this is a model of spectra" in done.stderr
