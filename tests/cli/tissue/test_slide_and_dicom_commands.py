"""Slides with annotations, and DICOM files, through the real commands."""

import csv
import json

import numpy as np
import pytest

from command_line import run
from tissue.example_dicom import BORN, HOSPITAL, NAME, write_dicom, write_radiographs
from tissue.example_slides import NECROTIC, VIABLE, write_study
from tissue.qupath_schema import checked_features

pytestmark = pytest.mark.xdist_group("slide commands")
CUT = ("--tile-um", 80, "--annotation", "Viable=viable", "--annotation", "Necrosis=necrotic")
BRIEF = ("--models", "logistic", "--folds", 2, "--no-leaky")


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    return write_study(tmp_path_factory.mktemp("slides") / "study", patients=4)


@pytest.fixture(scope="module")
def model(study):
    out = study.parent.parent / "model"
    run("train", "tissue", study, *CUT, "--members", 2, "--epochs", 30, "--out", out)
    return out / "model.safetensors"


def test_annotated_slides_are_evaluated_by_patient(study, tmp_path):
    done = run("evaluate", "tissue", study, *CUT, *BRIEF, "--out", tmp_path / "run")
    assert (
        "tiles of 80 um were cut from 4 slides, 50% of each or more inside areas of its class" in done.stderr
    )
    report = json.loads((tmp_path / "run" / "report.json").read_text())
    assert "4 patients with 8 samples" in done.stdout
    assert report["results"]["models"]["logistic regression"]


def test_the_model_knows_how_slides_are_cut_and_maps_them(model, study, tmp_path):
    (tmp_path / "new.csv").write_text("path,patient\nslide.tif,N1\n")
    (tmp_path / "slide.tif").write_bytes((study.parent / "0.tif").read_bytes())
    run("predict", tmp_path / "new.csv", "--model", model, "--out", tmp_path / "out")
    rows = list(csv.DictReader((tmp_path / "out" / "predictions.csv").read_text().splitlines()))
    assert {row["slide"] for row in rows} == {"slide.tif"}
    for (left, top, right, bottom), name in ((VIABLE, "viable"), (NECROTIC, "necrotic")):
        inside = [
            row
            for row in rows
            if left <= int(row["x"]) <= right - 160 and top <= int(row["y"]) <= bottom - 160
        ]
        assert inside
        assert {row["predicted_class"] for row in inside} == {name}
    features = checked_features(json.loads((tmp_path / "out" / "slides" / "slide.tif.geojson").read_text()))
    assert len(features) == len(rows)
    assert "slides are cut into tiles of 80 um" in run("model", "show", model).stdout
    said = run("predict", tmp_path / "new.csv", "--model", model, "--tile-um", 50, code=2).stderr
    assert "the model was trained on tiles of 80 um" in said


def test_radiographs_are_evaluated_and_nothing_that_names_a_person_is_written(tmp_path):
    sheet = write_radiographs(tmp_path / "xray")
    run("evaluate", "tissue", sheet, *BRIEF, "--out", tmp_path / "run")
    run("train", "tissue", sheet, "--members", 2, "--epochs", 2, "--out", tmp_path / "model")
    run("predict", sheet, "--model", tmp_path / "model" / "model.safetensors", "--out", tmp_path / "out")
    written = [
        path for name in ("run", "model", "out") for path in (tmp_path / name).rglob("*") if path.is_file()
    ]
    assert len(written) > 4
    for path in written:
        content = path.read_bytes()
        assert not [word for word in (NAME, BORN, HOSPITAL, "MRN-") if word.encode() in content], path


def test_a_series_that_is_damaged_is_refused_frame_by_frame(model, tmp_path):
    stored = np.random.default_rng(0).integers(0, 255, (2, 32, 32), dtype=np.uint8)
    write_dicom(tmp_path / "series.dcm", stored)
    (tmp_path / "cut.dcm").write_bytes((tmp_path / "series.dcm").read_bytes()[:-1500])
    (tmp_path / "new.csv").write_text("path\nseries.dcm\ncut.dcm\n")
    done = run("predict", tmp_path / "new.csv", "--model", model, code=6)
    assert "refused: cut.dcm: claims 2 frames of 32 x 32 pixels, more than the file holds" in done.stdout
    assert "series.dcm#2" in done.stdout


def test_an_annotation_that_no_slide_has_is_refused_with_those_there_are(study, tmp_path):
    said = run(
        "evaluate",
        "tissue",
        study,
        "--tile-um",
        80,
        "--annotation",
        "Tumour",
        "--out",
        tmp_path / "a",
        code=3,
    )
    assert "there are: Viable, Necrosis" in said.stderr
