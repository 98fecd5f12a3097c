"""How patients are divided and what each fold may choose, as a user asks for it."""

import csv
import json

import pytest

from command_line import run

pytestmark = pytest.mark.xdist_group("evaluate options")
RUN = ("--label", "label", "--patient", "patient_id", "--members", "2", "--epochs", "1")


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """Ten simulated patients, measured at two sites."""
    folder = tmp_path_factory.mktemp("study") / "s"
    run("simulate", folder, "--patients", 10, "--spectra-per-patient", 2, "--distance", 4, "--seed", 3)
    with open(folder / "spectra.csv", newline="", encoding="utf-8") as stream:
        heading, *rows = csv.reader(stream)
    label = {row[1]: row[2] for row in rows}
    ranked = [sorted(name for name in label if label[name] == one) for one in sorted(set(label.values()))]
    site = {name: ("north", "south")[at % 2] for names in ranked for at, name in enumerate(names)}
    with open(folder / "sites.csv", "w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows(
            [[*heading[:3], "site", *heading[5:]], *([*row[:3], site[row[1]], *row[5:]] for row in rows)]
        )
    return folder / "sites.csv"


def test_a_split_by_site_and_what_its_folds_chose_stand_in_text_and_report(study, tmp_path):
    out = tmp_path / "r"
    words = ("--split-by", "site", "--tune", "--models", "auto,pls-da", "--no-leaky", "--out", out)
    text = run("evaluate", "spectra", study, *RUN, *words).stdout
    assert "2 folds by patient and site" in " ".join(text.split())
    assert "auto chose inside the training patients: learning rate" in text
    report = json.loads((out / "report.json").read_text())["results"]
    assert report["settings"]["split_by"] == "site"
    for model in report["models"].values():
        assert [fold["left_out"] for fold in model["per_fold"]] == ["north", "south"]
    chosen = {name: model["per_fold"][0]["chosen"] for name, model in report["models"].items()}
    assert [len(chosen[name]["inner_scores"]) for name in ("auto", "PLS-DA")] == [4, 6]
    assert chosen["majority class"] is None
    assert "<html" in (out / "report.html").read_text()


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (("--split-by", "ward"), 2, "there is no such column; there are site"),
        (("--split-by", "site", "--repeats", "2"), 2, "--split-by and --repeats"),
        (("--split-by", "site", "--folds-from", "f.csv"), 2, "--split-by and --folds-from"),
        (("--folds-from", "missing.csv"), 3, "missing.csv"),
        (("--threshold", "best"), 2, "'best' is neither"),
        (("--threshold", "1.5"), 2, "specificity wanted, above 0"),
        (("--coverage", "1"), 2, "coverage"),
    ],
)
def test_what_can_not_be_done_is_refused_at_once(study, words, code, sentence):
    assert sentence in run("evaluate", "spectra", study, *RUN, *words, code=code).stderr


def test_folds_of_other_data_are_refused(study, tmp_path):
    (tmp_path / "folds.csv").write_text("row,sample_id,patient,repeat,fold\n1,1,nobody,1,1\n")
    words = run("evaluate", "spectra", study, *RUN, "--folds-from", tmp_path / "folds.csv", code=3).stderr
    assert "line 2: it doesn't fit the data" in words
