"""Images of tissue through the real commands: evaluated, trained on, predicted, refused."""

import csv
import json

import numpy as np
import pytest
from PIL import Image

from command_line import run
from pages.html_page import HtmlPage
from spectra_dl.tissue.simulation.image_study import ImageStudySettings, simulate_images, write_images

pytestmark = pytest.mark.xdist_group("tissue commands")
QUICK = ("--models", "logistic", "--folds", 3)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("study") / "images"
    folder.mkdir()
    settings = ImageStudySettings(patients=9, tiles_per_class=3, side=48, one_class_each=True, seed=4)
    write_images(folder, simulate_images(settings))
    return folder


@pytest.fixture(scope="module")
def evaluated(folder):
    out = folder.parent / "run"
    done = run("evaluate", "tissue", folder, *QUICK, "--store", folder.parent / "store", "--out", out)
    return done, out


@pytest.fixture(scope="module")
def model(folder):
    out = folder.parent / "model"
    run("train", "tissue", folder, "--members", 3, "--epochs", 60, "--out", out)
    return out / "model.safetensors"


def test_what_was_read_is_said_before_anything_is_computed(evaluated):
    done, _ = evaluated
    assert done.stderr.startswith("Read: the sheet 'images.csv' says what the images are")


def test_a_study_has_its_report_page_and_folds(evaluated):
    done, out = evaluated
    results = json.loads((out / "report.json").read_text())["results"]
    figures = results["models"]["logistic regression"]
    assert set(figures["leaky_by"]) == {"slide"}
    assert figures["patient_level"]["auc"]["value"] > 0.9
    assert "by slide" in done.stdout
    assert sorted(path.name for path in out.iterdir()) == [
        "folds.csv",
        "items.json",
        "report.html",
        "report.json",
    ]


def test_a_replayed_run_and_one_with_stored_features_write_the_same_bytes(folder, evaluated, tmp_path):
    _, out = evaluated
    run(
        "evaluate",
        "tissue",
        folder,
        "--replay",
        out / "report.json",
        "--store",
        folder.parent / "store",
        "--out",
        tmp_path / "again",
    )
    for name in ("report.json", "folds.csv", "report.html"):
        assert (tmp_path / "again" / name).read_bytes() == (out / name).read_bytes(), name


def test_the_folds_of_another_run_are_repeated(folder, evaluated, tmp_path):
    _, out = evaluated
    run(
        "evaluate",
        "tissue",
        folder,
        "--models",
        "logistic",
        "--folds-from",
        out / "folds.csv",
        "--no-leaky",
        "--out",
        tmp_path / "again",
    )
    assert (tmp_path / "again" / "folds.csv").read_bytes() == (out / "folds.csv").read_bytes()


def test_predictions_are_a_line_for_each_image_and_each_patient(model, tmp_path):
    new = tmp_path / "new"
    new.mkdir()
    write_images(new, simulate_images(ImageStudySettings(patients=3, side=48, one_class_each=True, seed=8)))
    done = run("predict", new, "--model", model, "--out", tmp_path / "out")
    rows = list(csv.DictReader((tmp_path / "out" / "predictions.csv").read_text().splitlines()))
    patients = list(csv.DictReader((tmp_path / "out" / "patients.csv").read_text().splitlines()))
    assert len(rows) == 6
    assert [each["n_images"] for each in patients] == ["2", "2", "2"]
    assert "not for diagnosis" in done.stdout
    page = HtmlPage((tmp_path / "out" / "report.html").read_text())
    assert page.needs_nothing_else()
    assert "What the model says of 3 patients" in page.text
    for each in patients:
        assert f"{each['patient_id']} {each['predicted_class'] or 'no answer'} 2/2" in " ".join(
            page.text.split()
        )


def test_images_without_any_sheet_are_predicted_one_by_one_and_a_damaged_one_ends_with_6(
    model, folder, tmp_path
):
    plain = tmp_path / "plain"
    plain.mkdir()
    for path in sorted(folder.glob("*.jpg"))[:3]:
        (plain / path.name).write_bytes(path.read_bytes())
    broken = plain / "broken.jpg"
    broken.write_bytes(next(iter(plain.glob("*.jpg"))).read_bytes()[:300])
    done = run("predict", plain, "--model", model, code=6)
    assert "refused: broken.jpg: truncated or damaged JPEG" in done.stdout
    assert "3 of 4 images were used in training this model" in done.stderr


def test_a_model_says_what_it_is(model):
    shown = run("model", "show", model).stdout
    assert "colour-texture, whole images" in shown
    assert "27 images" in shown


def test_names_are_read_by_a_pattern(tmp_path):
    for number in range(8):
        pixels = np.random.default_rng(number).integers(0, 255, (40, 40, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(tmp_path / f"{'ab'[number % 2]}___P{number}-S1-{number}-{number}.png")
    done = run(
        "evaluate",
        "tissue",
        tmp_path,
        "--name-pattern",
        "{label}___{case}-{slide}-{x}-{y}",
        *QUICK,
        "--no-leaky",
    )
    assert "label 'a', patient 'P0', slide 'P0/S1', x '0', y '0'" in done.stderr


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("evaluate", "tissue", "nowhere"), 3, "no such file or folder"),
        (("evaluate", "tissue", ".", "--models", "resnet"), 2, "no model of images is called 'resnet'"),
        (("evaluate", "tissue", ".", "--name-pattern", "{label}"), 2, "it names no {patient}"),
        (("train", "tissue", "."), 2, "Missing option '--out'"),
    ],
)
def test_what_can_not_be_done_is_refused(tmp_path, words, code, said):
    assert said in run(*words, code=code, folder=tmp_path).stderr


def test_name_patterns_are_of_images_alone(repository):
    demo = repository / "datasets" / "demo" / "spectra.csv"
    assert "this is a model of spectra" in run("predict", demo, "--name-pattern", "{patient}", code=2).stderr
