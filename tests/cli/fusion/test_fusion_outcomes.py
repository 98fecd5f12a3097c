"""evaluate fusion of a number and of the time to an event through the real commands, on small simulated studies."""

import json

import pytest

from command_line import run

SMALL = ("--patients", 30, "--spectra-per-patient", 1)


@pytest.fixture(scope="module")
def numbers(tmp_path_factory):
    folder = tmp_path_factory.mktemp("numbers") / "study"
    done = run("simulate", folder, "--fusion", *SMALL, "--explained", 0.7, "--missing", 0.2)
    assert (
        "The best R2 any method can reach: clinical 0.350, spectra 0.350, clinical + spectra 0.700."
        in done.stdout
    )
    return folder


@pytest.fixture(scope="module")
def evaluated(numbers):
    out = numbers.parent / "run"
    blocks = ("--clinical", numbers / "clinical.csv", "--spectra", numbers / "spectra.csv")
    return out, run("evaluate", "fusion", *blocks, "--target", "score", "--folds", 3, "--out", out).stdout


def test_the_first_screen_says_what_each_block_adds_to_r2(evaluated):
    out, printed = evaluated
    lines = printed.splitlines()
    assert lines[0] == "What each block adds to the others, 30 patients:"
    assert "adds to R2 [95 %]" in lines[1]
    assert "lowers the MAE" in lines[1]
    assert [line.split()[0] for line in lines[2:4]] == ["clinical", "spectra"]
    assert {path.name for path in out.iterdir()} == {"report.json", "report.html", "folds.csv"}
    results = json.loads((out / "report.json").read_text())["results"]
    assert list(results["models"]) == ["clinical", "spectra", "all blocks", "clinical, boosted", "mean"]
    assert set(results["fusion"]["contributions"]) == {"r2", "mae"}
    page = (out / "report.html").read_text()
    assert page.index("What each block adds to R² of the others") < page.index(">Scores</h2>")


def test_the_time_to_an_event_as_the_study_file_says_and_its_replay(tmp_path):
    folder = tmp_path / "study"
    assert "The best C-index" in run("simulate", folder, "--fusion", *SMALL, "--hazard-ratio", 6).stdout
    assert set(json.loads((folder / "truth.json").read_text())["best_c_index"]) == {
        "clinical",
        "spectra",
        "clinical + spectra",
    }
    study, out, again = folder / "study.toml", tmp_path / "run", tmp_path / "again"
    printed = run("evaluate", "fusion", study, "--folds", 3, "--out", out).stdout
    assert "adds to the C-index [95 %]" in printed.splitlines()[1]
    results = json.loads((out / "report.json").read_text())["results"]
    assert list(results["models"]) == ["clinical", "spectra", "all blocks", "Kaplan-Meier"]
    assert "What each block adds to the C-index of the others" in (out / "report.html").read_text()
    run("evaluate", "fusion", study, "--replay", out / "report.json", "--out", again)
    assert (again / "report.json").read_bytes() == (out / "report.json").read_bytes()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--time", "score"), "time and event go together"),
        (("--target", "score", "--positive", "x"), "--positive is of classes: leave it out"),
        (("--early-fusion",), "--early-fusion is of classes: leave it out"),
        (("--horizon", 3), "--horizon is of the time to an event"),
        (("--target", "age"), "'age' is what is predicted, and it stands among the columns that models are given"),
        (("--target", "height"), "no block has a column 'height'"),
    ],
)  # fmt: skip
def test_what_does_not_go_together_is_refused(numbers, options, said):
    assert said in run("evaluate", "fusion", numbers / "study.toml", *options, code=2).stderr


def test_a_fusion_of_a_number_is_not_trained(numbers, tmp_path):
    said = run("train", "fusion", numbers / "study.toml", "--out", tmp_path / "model", code=2).stderr
    assert "a model file holds a fusion of classes" in said
