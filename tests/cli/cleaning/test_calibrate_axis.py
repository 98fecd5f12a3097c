"""spectra-dl calibrate-axis and --calibration, in processes of their own."""

import csv
import json
import shlex
from pathlib import Path

import pytest

from command_line import run
from documentation.tutorials import missing_lines, steps


@pytest.fixture
def demo(repository: Path) -> Path:
    """The folder of the shipped data."""
    return repository / "datasets" / "demo"


def test_a_standard_becomes_a_file_and_a_figure(demo: Path, tmp_path: Path) -> None:
    out = tmp_path / "c.json"
    shown = run("calibrate-axis", demo / "polystyrene.csv", "--standard", "polystyrene", "--out", out).stdout
    assert " 620.9    624.55       -3.65" in shown
    assert "The axis is off by more than 1 cm-1" in shown
    assert json.loads(out.read_text())["standard"] == "polystyrene"
    assert (tmp_path / "c.svg").read_text().startswith("<?xml")
    refused = run(
        "calibrate-axis", demo / "polystyrene.csv", "--standard", "polystyrene", "--out", out, code=3
    )
    assert "this file exists; choose another name, or add --overwrite" in refused.stderr


@pytest.mark.parametrize("name", ["c.svg", "c", "."])
def test_a_name_under_which_the_figure_would_replace_it_is_refused(
    demo: Path, tmp_path: Path, name: str
) -> None:
    words = (
        "calibrate-axis",
        demo / "polystyrene.csv",
        "--standard",
        "polystyrene",
        "--out",
        tmp_path / name,
    )
    assert "ends in .json" in run(*words, "--overwrite", code=2).stderr
    assert list(tmp_path.iterdir()) == []


def test_a_figure_that_is_in_the_way_is_named(demo: Path, tmp_path: Path) -> None:
    (tmp_path / "c.svg").write_text("mine")
    words = (
        "calibrate-axis",
        demo / "polystyrene.csv",
        "--standard",
        "polystyrene",
        "--out",
        tmp_path / "c.json",
    )
    assert "the figure beside it, c.svg, exists" in run(*words, code=3).stderr
    assert (tmp_path / "c.svg").read_text() == "mine"


@pytest.fixture
def calibration(demo: Path, tmp_path: Path) -> Path:
    """What corrects the axis of the demonstration's spectrometer."""
    out = tmp_path / "c.json"
    run("calibrate-axis", demo / "polystyrene.csv", "--standard", "polystyrene", "--out", out)
    return out


def trained(demo: Path, folder: Path, *more: object) -> Path:
    """A model of a part of the axis, which the spectra cover with and without the correction."""
    words = (
        "train",
        "spectra",
        demo / "spectra.csv",
        "--label",
        "label",
        "--model",
        "logistic",
        "--members",
        2,
    )
    run(*words, "--crop", 450, 1750, "--out", folder, *more)
    return folder / "model.safetensors"


def test_a_model_knows_the_calibration_and_asks_for_one(
    demo: Path, calibration: Path, tmp_path: Path
) -> None:
    model = trained(demo, tmp_path / "model", "--calibration", calibration)
    shown = run("model", "show", model).stdout
    assert "Calibration    axis corrected by polystyrene (8 lines" in shown
    without = run("predict", demo / "spectra.csv", "--model", model, code=None)
    assert "measure a standard on this instrument and give its file as --standard" in without.stdout
    given = run("predict", demo / "spectra.csv", "--model", model, "--calibration", calibration, code=None)
    assert "give its file as --standard" not in given.stdout + given.stderr
    of_the_day = ("--standard", demo / "polystyrene.csv", "--standard-kind", "polystyrene")
    measured = run("predict", demo / "spectra.csv", "--model", model, *of_the_day, code=None)
    assert measured.stdout.splitlines()[-10:] == given.stdout.splitlines()[-10:]


def test_a_model_whose_axis_was_not_corrected_says_so(demo: Path, calibration: Path, tmp_path: Path) -> None:
    model, results = trained(demo, tmp_path / "model"), tmp_path / "results"
    words = ("predict", demo / "spectra.csv", "--model", model, "--calibration", calibration)
    run(*words, "--out", results, code=None)
    report = json.loads((results / "report.json").read_text())
    assert any("of the training spectra was not corrected by a standard" in note for note in report["notes"])
    assert any("c.json" in json.dumps(part) for part in report.values())


def test_corrected_spectra_carry_it(demo: Path, calibration: Path, tmp_path: Path) -> None:
    out = tmp_path / "corrected"
    run("preprocess", demo / "spectra.csv", "--calibration", calibration, "--out", out)
    with (out / "spectra.csv").open(encoding="utf-8") as stream:
        first = next(csv.DictReader(stream))
    assert first["axis_calibration"].startswith("axis corrected by polystyrene")


def test_the_page_on_intensities_does_what_it_shows_and_a_model_asks_for_them(
    repository: Path, demo: Path, calibration: Path, tmp_path: Path
) -> None:
    (tmp_path / "datasets").symlink_to(repository / "datasets")
    printed, page = "", (repository / "docs" / "intensity_calibration.md").read_text(encoding="utf-8")
    for step in steps(page):
        if step.kind == "text":
            assert missing_lines(step.text, printed) == []
        for line in step.text.splitlines() if step.kind == "commands" else ():
            printed += run(*shlex.split(line)[1:], folder=tmp_path, code=None).stdout
    model = tmp_path / "model" / "model.safetensors"
    assert "relative intensity corrected by simulated glass" in run("model", "show", model).stdout
    assert "was not corrected" not in printed
    axis_alone = ("predict", demo / "spectra.csv", "--model", model, "--calibration", calibration)
    assert "the relative intensity of these was not corrected" in run(*axis_alone, code=None).stdout


def test_a_standard_without_its_certificate_is_refused(demo: Path, tmp_path: Path) -> None:
    words = (
        "calibrate-axis",
        demo / "polystyrene.csv",
        "--standard",
        "polystyrene",
        "--out",
        tmp_path / "c.json",
    )
    alone = run(*words, "--intensity-standard", demo / "glass.csv", code=2).stderr
    assert "give both, or neither" in " ".join(alone.split())
    assert list(tmp_path.iterdir()) == []
