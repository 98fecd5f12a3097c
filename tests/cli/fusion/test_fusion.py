"""evaluate, train and predict fusion through the real commands, on a small simulated study."""

import json

import pytest

from command_line import run


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("fusion") / "study"
    run("simulate", folder, "--fusion", "--patients", 24, "--spectra-per-patient", 1, "--missing", 0.2)
    return folder


@pytest.fixture(scope="module")
def run_folder(folder):
    out = folder.parent / "run"
    done = run("evaluate", "fusion", folder / "study.toml", "--folds", 3, "--out", out)
    return out, done.stdout


def test_the_first_screen_says_what_each_block_adds(run_folder):
    out, printed = run_folder
    assert printed.startswith("What each block adds to the others, 24 patients:")
    assert {path.name for path in out.iterdir()} == {"report.json", "report.html", "folds.csv", "items.json"}
    results = json.loads((out / "report.json").read_text())["results"]
    assert set(results["fusion"]["contributions"]["auc"]["blocks"]) == {"clinical", "spectra"}
    together = next(line for line in printed.splitlines() if "all together: AUC" in line).split("AUC ")[1]
    assert next(line for line in printed.splitlines() if line.startswith("all blocks")).count(together) == 1


def test_a_run_is_replayed_to_the_same_bytes(run_folder, folder):
    out, _ = run_folder
    again = folder.parent / "again"
    run("evaluate", "fusion", folder / "study.toml", "--replay", out / "report.json", "--out", again)
    assert (again / "report.json").read_bytes() == (out / "report.json").read_bytes()


def test_options_name_the_simple_case(run_folder, folder):
    flags = ("--clinical", folder / "clinical.csv", "--spectra", folder / "spectra.csv", "--label", "label")
    printed = run("evaluate", "fusion", *flags, "--folds", 3).stdout
    assert printed.startswith("What each block adds to the others, 24 patients:")
    both = run("evaluate", "fusion", folder / "study.toml", *flags, code=2)
    assert "study.toml names its blocks; leave --spectra, --clinical out" in both.stderr
    assert "name a study file, or blocks with" in run("evaluate", "fusion", code=2).stderr


def test_a_model_of_all_blocks_predicts_whoever_has_one(folder):
    model, out = folder.parent / "model", folder.parent / "results"
    assert "Fusion of" in run("train", "fusion", folder / "study.toml", "--out", model).stdout
    done = run("predict", folder / "study.toml", "--model", model / "model.safetensors", "--out", out)
    printed = done.stdout
    assert "were used in training this model; these results are too good" in done.stderr
    assert json.loads((out / "report.json").read_text())["seen_in_training"]["spectra"] > 0
    assert "what each adds to the log odds of bone metastasis; in brackets: the patient lacks it" in printed
    assert {path.name for path in out.iterdir()} == {
        "report.json",
        "patients.csv",
        "blocks.csv",
        "report.html",
    }
    assert "clinical: logistic regression of" in run("model", "show", model / "model.safetensors").stdout


def test_other_files_than_a_study_are_refused_in_words(folder):
    path = folder.parent / "model" / "model.safetensors"
    if not path.exists():
        run("train", "fusion", folder / "study.toml", "--out", path.parent)
    done = run("predict", folder / "spectra.csv", "--model", path, code=2)
    assert "a fusion predicts the patients of a study file" in done.stderr
    (folder / "odd.toml").write_text('label = "label"\n[blocks.clinical]\npath = "../clinical.csv"\n')
    assert "leads out of the study's folder" in run("evaluate", "fusion", folder / "odd.toml", code=4).stderr
