"""evaluate fusion of a number and of the time to an event through the real commands, on small simulated studies."""

import csv
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


def test_a_fusion_of_a_number_is_trained_by_options_and_predicts_fresh_patients(numbers, tmp_path):
    model, out = tmp_path / "model", tmp_path / "out"
    study = numbers / "study.toml"
    printed = run("train", "fusion", study, "--target", "score", "--out", model).stdout
    assert "Predicts       score, " in printed
    assert "Scores of 30 patients, each predicted by a fusion that had not learned from it" in printed
    fresh = tmp_path / "fresh"
    run("simulate", fresh, "--fusion", *SMALL, "--explained", 0.5, "--missing", 0.2, "--seed", 5)
    said = run("predict", fresh / "study.toml", "--model", model / "model.safetensors", "--out", out).stdout
    heads = next(line.split() for line in said.splitlines() if line.startswith("patient"))
    assert heads == ["patient", "blocks", "status", "predicted", "from", "to", "spectra", "clinical"]
    with open(out / "patients.csv", newline="") as stream:
        lines = list(csv.DictReader(stream))
    assert len(lines) == 30
    assert {line["has_spectra"] for line in lines} == {"yes", "no"}
    answered = [line for line in lines if line["predicted"]]
    assert len(answered) > 20
    for line in answered:
        assert float(line["low"]) < float(line["predicted"]) < float(line["high"])
    coverage = ("--model", model / "model.safetensors", "--coverage", 0.99)
    assert "take 0.96 or less" in run("predict", fresh / "study.toml", *coverage, code=2).stderr


def test_a_fusion_of_times_is_trained_as_the_study_file_says_and_predicts(tmp_path):
    folder, model, out = tmp_path / "study", tmp_path / "model", tmp_path / "out"
    run("simulate", folder, "--fusion", *SMALL, "--hazard-ratio", 3)
    printed = run("train", "fusion", folder / "study.toml", "--horizon", 6, "--out", model).stdout
    assert "the probability of none by months 6" in printed
    run("predict", folder / "study.toml", "--model", model / "model.safetensors", "--out", out)
    with open(out / "patients.csv", newline="") as stream:
        lines = [line for line in csv.DictReader(stream) if line["p_no_event"]]
    assert lines
    for line in lines:
        assert 0 <= float(line["low"]) <= float(line["p_no_event"]) <= float(line["high"]) <= 1
        assert float(line["hazard_ratio"]) > 0
    assert "Fusion of " in run("model", "show", model / "model.safetensors").stdout


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--members", 3), "--members is of classes: leave it out"),
        (("--horizon", 3), "--horizon is of the time to an event"),
    ],
)
def test_what_does_not_go_with_a_number_is_refused_by_train(numbers, tmp_path, options, said):
    given = ("train", "fusion", numbers / "study.toml", *options, "--out", tmp_path / "model")
    assert said in run(*given, code=2).stderr


def test_a_model_that_no_file_holds_is_refused_before_training(numbers, tmp_path):
    study = numbers / "study.toml"
    text = study.read_text().replace("[blocks.spectra]\n", '[blocks.spectra]\nmodel = "random-forest"\n')
    forest = numbers / "forest.toml"
    forest.write_text(text)
    said = run("train", "fusion", forest, "--out", tmp_path / "model", code=2).stderr
    assert "random-forest can't be written as a model of a number from spectra" in " ".join(said.split())
    assert "choose from pls, ridge" in " ".join(said.split())
