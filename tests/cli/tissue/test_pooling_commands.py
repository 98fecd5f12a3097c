"""Attention pooling through the real commands, on the images that ship with the project."""

import csv
import json
import shutil

import pytest

from command_line import run

pytestmark = pytest.mark.xdist_group("pooling commands")


@pytest.fixture(scope="module")
def folder(repository, tmp_path_factory):
    """The demonstration's images, each patient's of one class only: a class of patients."""
    demo = repository / "datasets" / "demo" / "images"
    folder = tmp_path_factory.mktemp("pooling") / "images"
    shutil.copytree(demo, folder)
    rows = list(csv.DictReader((demo / "images.csv").read_text().splitlines()))
    patients = sorted({row["patient"] for row in rows})
    kept = [row for row in rows if row["label"] == ("viable", "necrotic")[patients.index(row["patient"]) % 2]]
    lines = ["path,patient,slide,label", *(",".join(row.values()) for row in kept)]
    (folder / "images.csv").write_text("\n".join(lines) + "\n")
    return folder


@pytest.fixture(scope="module")
def model(folder):
    out = folder.parent / "model"
    run("train", "tissue", folder, "--model", "attention", "--members", 3, "--epochs", 20, "--out", out)
    return out / "model.safetensors"


def test_it_is_evaluated_beside_mean_pooling(folder, tmp_path):
    out = tmp_path / "run"
    names = "attention,mean-pooling"
    brief = ("--members", 2, "--epochs", 3, "--folds", 2, "--no-leaky")
    done = run("evaluate", "tissue", folder, "--models", names, *brief, "--out", out)
    models = json.loads((out / "report.json").read_text())["results"]["models"]
    assert list(models) == ["attention pooling", "mean pooling", "majority class"]
    assert "attention pooling" in done.stdout
    assert "Ilse et al. 2018" in (out / "report.html").read_text()


def test_the_file_predicts_patients_and_says_which_images_counted(model, folder, tmp_path):
    run("predict", folder, "--model", model, "--out", tmp_path / "out")
    rows = list(csv.DictReader((tmp_path / "out" / "predictions.csv").read_text().splitlines()))
    patients = list(csv.DictReader((tmp_path / "out" / "patients.csv").read_text().splitlines()))
    assert len(patients) == 8
    for patient in patients:
        own = [row for row in rows if row["patient_id"] == patient["patient_id"]]
        assert sum(float(row["attention"]) for row in own) == pytest.approx(1.0, abs=1e-7)
        assert {row["p_viable"] for row in own} == {patient["p_viable"]}


def test_the_same_seed_writes_the_same_bytes(model, folder, tmp_path):
    run("train", "tissue", folder, "--model", "attention", "--members", 3, "--epochs", 20, "--out", tmp_path)
    assert (tmp_path / "model.safetensors").read_bytes() == model.read_bytes()


def test_the_file_says_that_it_pools(model):
    assert "attention pooling, 3 members" in run("model", "show", model).stdout


def test_classes_of_images_are_refused_with_what_to_do(repository, tmp_path):
    demo = repository / "datasets" / "demo" / "images"
    for words in (
        ("evaluate", "tissue", demo, "--models", "attention"),
        ("train", "tissue", demo, "--model", "attention"),
    ):
        said = run(*words, "--out", tmp_path / words[0], code=3).stderr
        assert "all images of a patient or a slide are pooled to one class" in said
        assert "name a column of patients' classes with --label" in said


def test_images_of_nobody_are_refused(model, folder, tmp_path):
    for path in sorted(folder.glob("*.jpg"))[:2]:
        shutil.copy(path, tmp_path / path.name)
    assert (
        "nobody says which patient each image is of"
        in run("predict", tmp_path, "--model", model, code=3).stderr
    )
