"""What axis a model needs: said before anybody measures, kept small by --crop, and named where spectra fall short of it."""

import csv
import json
import re
from pathlib import Path

import pytest

from command_line import run

pytestmark = pytest.mark.xdist_group("axis of a model")
TRAIN = ("--label", "label", "--patient", "patient_id", "--members", 2, "--epochs", 2, "--crop", 600, 1500)


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small simulated study from 400 to 1800 cm-1, whose spectra state their laser."""
    folder = tmp_path_factory.mktemp("study") / "s"
    run("simulate", folder, "--patients", 24, "--spectra-per-patient", 2, "--distance", 4, "--seed", 3)
    rows = table(folder / "spectra.csv")
    return written(folder / "laser.csv", [["laser_nm", *rows[0]], *(["785", *row] for row in rows[1:])])


@pytest.fixture(scope="module")
def model(study: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that was trained on its middle."""
    folder = tmp_path_factory.mktemp("run") / "r"
    run("train", "spectra", study, *TRAIN, "--out", folder)
    return folder / "model.safetensors"


def table(path: Path) -> list[list[str]]:
    """Return the rows of a CSV file."""
    with open(path, encoding="utf-8", newline="") as stream:
        return list(csv.reader(stream))


def written(path: Path, rows: list[list[str]]) -> Path:
    """Write rows as a CSV file and return its path."""
    with open(path, "w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows(rows)
    return path


def part_of(study: Path, path: Path, low: float, high: float) -> Path:
    """Write the study from ``low`` to ``high`` cm-1 alone."""
    rows = table(study)
    kept = [
        column
        for column, name in enumerate(rows[0])
        if not re.fullmatch(r"[\d.]+", name) or low <= float(name) <= high
    ]
    return written(path, [[row[column] for column in kept] for row in rows])


def test_spectra_of_the_range_that_was_kept_alone_are_predicted_as_the_whole_ones(
    study: Path, model: Path, tmp_path: Path
) -> None:
    part = part_of(study, tmp_path / "part.csv", 600, 1500)
    for data, out in ((study, "whole"), (part, "part")):
        done = run("predict", data, "--model", model, "--out", tmp_path / out, code=None)
        assert "48 of 48 spectra were used in training this model" in done.stderr
    for name in ("predictions.csv", "patients.csv"):
        assert (tmp_path / "part" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()


def test_model_show_says_what_to_measure(model: Path) -> None:
    shown = run("model", "show", model).stdout
    stated = json.loads(run("model", "show", model, "--json").stdout)
    needs, axis = stated["needs"], stated["input"]["axis"]
    assert needs["sentence"] in shown
    assert needs["sentence"].startswith(
        "Measure at least 600 to 1499 cm-1, with neighbouring points at most 2.8"
    )
    assert "Laser          785 nm" in shown
    assert needs["ranges"] == [[axis["first"], axis["last"]]]
    assert 600 <= axis["first"] < 602
    assert needs["points"] == axis["points"] < 1000
    assert needs["laser_nm"] == axis["laser_nm"] == 785


def test_the_shipped_model_says_what_to_measure() -> None:
    shown = run("model", "show").stdout
    assert "Measure at least 400 to 1800 cm-1, with neighbouring points at most 2.8 cm-1 apart." in shown
    assert "Laser" not in shown


def test_the_command_that_a_refusal_names_makes_a_model_that_serves(
    study: Path, model: Path, tmp_path: Path
) -> None:
    part = part_of(study, tmp_path / "part.csv", 700, 1432.1)
    refused = run("predict", part, "--model", model, code=3).stderr
    assert re.search(
        r"the model needs 60\d\.\d+ to 1[45]\d\d\.?\d* cm⁻¹. In common are 70\d\.?\d* to 143\d\.?\d* cm⁻¹, 8\d % of",
        refused,
    )
    assert "(low end)" in refused
    assert "(high end)" in refused
    low, high = re.findall(r"spectra-dl train spectra \.\.\. --crop (\d+) (\d+)", refused)[0]
    run("train", "spectra", study, *TRAIN, "--crop", low, high, "--out", tmp_path / "m")
    run("predict", part, "--model", tmp_path / "m" / "model.safetensors", code=None)


def test_a_gap_in_the_axis_is_named_where_it_is(study: Path, model: Path, tmp_path: Path) -> None:
    rows = table(study)
    kept = [
        column
        for column, name in enumerate(rows[0])
        if not re.fullmatch(r"[\d.]+", name) or not 900 < float(name) < 1000
    ]
    gap = written(tmp_path / "gap.csv", [[row[column] for column in kept] for row in rows])
    refused = run("predict", gap, "--model", model, code=3).stderr
    assert "with a gap; the model needs" in refused
    assert re.search(r"missing are (89|90)\d\.?\d* to 100\d\.?\d* \(a gap\)\.", refused)
