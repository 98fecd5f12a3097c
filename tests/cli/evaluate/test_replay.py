"""A run is repeated from its report, to the same bytes."""

import csv
import json

import pytest

from command_line import run
from spectra_dl.evaluation.folds.split_file import split_text
from spectra_dl.evaluation.folds.splits import patient_folds

pytestmark = pytest.mark.xdist_group("replay")
RUN = ("--label", "label", "--patient", "patient_id", "--members", "2", "--epochs", "1")
WRITTEN = ("report.json", "folds.csv", "items.json", "report.html")


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    folder = tmp_path_factory.mktemp("study") / "s"
    run("simulate", folder, "--patients", 10, "--spectra-per-patient", 2, "--distance", 4, "--seed", 3)
    return folder / "spectra.csv"


@pytest.fixture(scope="module")
def folds(study):
    """A split made elsewhere."""
    with open(study, newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    patient, label = ([row[name] for row in rows] for name in ("patient_id", "label"))
    path = study.parent.parent / "folds.csv"
    path.write_text(split_text(patient_folds(patient, label, folds=2, seed=9), patient))
    return path


@pytest.fixture(scope="module")
def evaluated(study, folds):
    folder = study.parent.parent / "run"
    how = (
        "--despike",
        "none",
        "--threshold",
        0.9,
        "--interval",
        "bca",
        "--coverage",
        0.6,
        "--lam",
        "1e5",
        "--crop",
        500,
        1500,
        "--models",
        "auto,logistic",
    )
    run("evaluate", "spectra", study, *RUN, *how, "--folds-from", folds, "--out", folder)
    return folder


def test_a_replayed_run_writes_the_same_bytes_also_from_a_moved_file(study, evaluated, tmp_path):
    moved = tmp_path / "moved.csv"
    moved.write_bytes(study.read_bytes())
    run("evaluate", "spectra", moved, "--replay", evaluated / "report.json", "--out", tmp_path / "again")
    assert sorted(path.name for path in evaluated.iterdir()) == sorted(WRITTEN)
    for name in WRITTEN:
        assert (tmp_path / "again" / name).read_bytes() == (evaluated / name).read_bytes(), name


def test_the_folds_of_another_run_are_repeated(folds, evaluated):
    written, given = (
        list(csv.DictReader(path.read_text().splitlines())) for path in (evaluated / "folds.csv", folds)
    )
    assert [{**row, "sample_id": row["row"]} for row in written] == given  # made without ids
    report = json.loads((evaluated / "report.json").read_text())
    assert [one["path"] for one in report["inputs"]][1:] == [str(folds)]
    assert report["results"]["settings"]["split_by"] == "patient"


def test_the_report_holds_every_option_that_decides_the_result(evaluated):
    report = json.loads((evaluated / "report.json").read_text())
    options = report["options"]
    assert (options["threshold"], options["interval"], options["coverage"]) == (0.9, "bca", 0.6)
    assert (options["lam"], options["crop"], options["split_by"]) == (1e5, [500.0, 1500.0], None)
    assert not {"data", "out", "replay"} & set(options)
    assert report["results"]["settings"]["threshold_rule"] == 0.9


def test_other_data_are_refused_with_both_digests(study, evaluated, tmp_path):
    other = tmp_path / "other.csv"
    other.write_text(study.read_text().replace("P001", "X001"))
    words = run("evaluate", "spectra", other, "--replay", evaluated / "report.json", code=3).stderr
    known = json.loads((evaluated / "report.json").read_text())["inputs"][0]["sha256"]
    assert known in words
    assert "other.csv is not what report.json was made from" in words
    assert (
        "3 inputs, but"
        in run("evaluate", "spectra", study, other, "--replay", evaluated / "report.json", code=3).stderr
    )


def test_options_beside_a_replay_are_refused(study, evaluated):
    words = run(
        "evaluate", "spectra", study, "--replay", evaluated / "report.json", "--seed", 1, "--tune", code=2
    )
    assert "leave --" in words.stderr
    assert "--seed" in words.stderr
    assert "--tune" in words.stderr


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda report: [], "options don't stand in it"),
        (lambda report: {**report, "options": 3}, "options don't stand in it"),
        (lambda report: {**report, "inputs": [{"path": 3}]}, "options don't stand in it"),
        (lambda report: {**report, "options": {**report["options"], "shell": "rm"}}, "they differ in shell"),
        (
            lambda report: {**report, "options": {**report["options"], "members": {}}},
            "option members can't be {}",
        ),
        (
            lambda report: {**report, "options": {**report["options"], "crop": [1]}},
            "option crop can't be [1]",
        ),
    ],
)
def test_a_report_that_does_not_tell_how_is_refused(study, evaluated, tmp_path, change, sentence):
    report = json.loads((evaluated / "report.json").read_text())
    changed = tmp_path / "report.json"
    changed.write_text(json.dumps(change(report)))
    assert sentence in run("evaluate", "spectra", study, "--replay", changed, code=3).stderr


@pytest.mark.parametrize(
    "content", [b"", b"\xff\xfe", b"[" * 200_000, b"{"], ids=["nothing", "a mark", "deep", "cut"]
)
def test_a_file_that_is_no_report_is_refused(study, tmp_path, content):
    (tmp_path / "report.json").write_bytes(content)
    run("evaluate", "spectra", study, "--replay", tmp_path / "report.json", code=3)
    run("evaluate", "spectra", study, "--replay", tmp_path, code=3)
