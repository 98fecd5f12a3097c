"""Paired samples, classes of files put together, and row numbers as ids, as a user meets them."""

import csv
import json

import numpy as np
import pytest

from command_line import run
from spectra_dl.spectra.readers import ReadOptions, read_spectra
from spectra_dl.spectra.study.evaluate import evaluate_study
from spectra_dl.spectra.study.settings import SpectraStudySettings

pytestmark = pytest.mark.xdist_group("label per sample")
AXIS = np.linspace(400, 1800, 60)
RUN = ("--label", "state", "--patient", "mouse")
FAST = ("--models", "auto,logistic,pls-da", "--members", "2", "--epochs", "1", "--folds", "3")


def write_spectra(path, whose, label, *, shift=0.0):
    """Write a band at 1000 cm-1 that is higher by ``shift`` in class CTRL's opposite."""
    generator = np.random.default_rng(1)
    height = 300 + 40 * generator.normal(size=len(whose)) + shift * (np.array(label) != "CTRL")
    rows = (
        1000
        + height[:, None] * np.exp(-(((AXIS - 1000) / 60) ** 2))
        + 200 * np.exp(-(((AXIS - 1450) / 60) ** 2))
    )
    rows = rows + 4 * generator.normal(size=rows.shape)
    with open(path, "w", newline="", encoding="utf-8") as stream:
        lines = csv.writer(stream)
        lines.writerow(["sample_id", "mouse", "state", *(f"{x:.2f}" for x in AXIS)])
        for at, row in enumerate(rows):
            lines.writerow([f"s{at}", whose[at], label[at], *(f"{value:.2f}" for value in row)])


@pytest.fixture(scope="module")
def paired(tmp_path_factory):
    """Twelve mice with tissue of both states, and two with one."""
    path = tmp_path_factory.mktemp("paired") / "mice.csv"
    whose = [f"m{mouse:02d}" for mouse in range(12) for _ in range(4)] + ["x1", "x1", "x2", "x2"]
    write_spectra(path, whose, ["AD", "AD", "CTRL", "CTRL"] * 12 + ["CTRL"] * 4, shift=120)
    return path


@pytest.fixture(scope="module")
def evaluated(paired):
    out = paired.parent / "run"
    words = (*RUN, "--label-per-sample", *FAST, "--out", out)
    return run("evaluate", "spectra", paired, *words).stdout, out


@pytest.mark.parametrize("command", [("evaluate", "spectra"), ("train", "spectra")])
def test_a_patient_in_two_classes_is_refused_with_the_way_on(paired, command, tmp_path):
    said = run(*command, paired, *RUN, "--out", tmp_path / "o", code=3).stderr
    assert "patients with more than one label: m00 (AD and CTRL)" in said
    assert "--label-per-sample" in said


def test_the_audit_says_why_too_few_patients_are_left(paired):
    said = run("audit", paired, *RUN, code=3).stderr
    assert "12 patients have more than one label" in said
    assert "(AD 0, CTRL 2)" in said
    assert "one class only" not in said


def test_the_audit_takes_labels_of_samples(paired):
    said = " ".join(run("audit", paired, *RUN, "--label-per-sample").stdout.split())
    assert "12 of 14 patients carry several classes, as was said" in said


def test_the_report_says_what_was_counted_and_what_pairs_show(evaluated):
    text = " ".join(evaluated[0].split())
    assert (
        "14 patients with 26 samples, a patient's of one class counted as one (12 AD, 14 CTRL), 52 spectra"
        in text
    )
    assert "share of the 12 patients with both classes whose AD sample scores above their CTRL sample" in text
    assert "'AD' is the positive class because 'CTRL' names the absence of disease." in text
    results = json.loads((evaluated[1] / "report.json").read_text())["results"]
    data = results["data"]
    assert (data["subjects"], data["subjects_with_several_classes"], data["patients"]) == (14, 12, 26)
    pairs = results["models"]["logistic regression"]["paired"]
    assert pairs["subjects"] == 12
    assert pairs["share"]["value"] > 0.8
    assert pairs["test"] == "classes exchanged within subjects, models refitted"
    assert set(results["models"]["PLS-DA"]["patient_probability"]) >= {"m00 (AD)", "m00 (CTRL)", "x1 (CTRL)"}
    page = (evaluated[1] / "report.html").read_text()
    assert "12 of 14 people carry several classes" in page


def test_no_mouse_is_on_both_sides_and_the_split_can_be_repeated(evaluated, paired):
    folds = evaluated[1] / "folds.csv"
    with open(folds, newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert {row["patient"] for row in rows} == {*(f"m{mouse:02d}" for mouse in range(12)), "x1", "x2"}
    assert len({(row["patient"], row["fold"]) for row in rows}) == 14
    table = read_spectra(paired, ReadOptions(label="state", patient="mouse"))
    settings = SpectraStudySettings(networks=(), classical=("majority class",), label_per_sample=True)
    again = evaluate_study(table, settings, split=folds.read_text())
    assert again.files(again.report)["folds.csv"] == folds.read_text()
    first = json.loads((evaluated[1] / "report.json").read_text())["results"]["models"]["majority class"]
    assert again.report["results"]["models"]["majority class"] == first


def test_a_trained_model_says_that_its_patients_are_samples(paired, tmp_path):
    out = tmp_path / "model"
    said = run(
        "train",
        "spectra",
        paired,
        *RUN,
        "--label-per-sample",
        "--members",
        "2",
        "--epochs",
        "1",
        "--out",
        out,
    )
    assert "Classes are of samples" in " ".join(said.stdout.split())
    header = json.loads((out / "report.json").read_text())["results"]
    assert header["classification"]["patients"] == {"AD": 12, "CTRL": 14}


def test_the_flag_changes_nothing_where_nobody_has_two_classes(tmp_path):
    path = tmp_path / "s.csv"
    write_spectra(path, [f"p{k:02d}" for k in range(20)], ["AD", "CTRL"] * 10)
    plain, flagged = (
        json.loads(run("audit", path, *RUN, *also, "--json").stdout) for also in ((), ("--label-per-sample",))
    )
    assert plain["results"] == flagged["results"]
    assert any("it changes nothing" in note for note in flagged["notes"])


def test_row_numbers_as_ids_and_files_put_one_after_another_raise_nothing(tmp_path):
    path = tmp_path / "numbers.csv"
    label = ["1"] * 40 + ["0"] * 30 + ["1"] * 20 + ["0"] * 30
    write_spectra(path, [str(number) for number in range(120)], label)
    said = " ".join(run("audit", path, *RUN).stdout.split())
    assert said.startswith("Audit: nothing found")
    assert "Each class stands in blocks of several patients (4 in all)" in said
    assert "No patient id differs from one of another class" in said
