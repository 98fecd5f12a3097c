"""spectra-dl plan, from each kind of pilot."""

import json

import pytest

from command_line import run

pytestmark = pytest.mark.xdist_group("plan")


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    folder = tmp_path_factory.mktemp("study") / "s"
    run("simulate", folder, "--patients", 24, "--spectra-per-patient", 2, "--distance", 3, "--seed", 3)
    return folder / "spectra.csv"


def test_spectra_give_a_learning_curve_and_what_a_further_spectrum_is_worth(study, tmp_path):
    printed = run("plan", study, "--label", "label", "--out", tmp_path / "plan").stdout
    assert "Learning curve over" in printed
    assert "intraclass correlation" in printed
    assert sorted(path.name for path in (tmp_path / "plan").iterdir()) == [
        "plan.json",
        "report.html",
        "report.json",
    ]
    report = json.loads((tmp_path / "plan" / "report.json").read_text())
    assert json.loads((tmp_path / "plan" / "plan.json").read_text()) == report["results"]
    assert report["inputs"][0]["path"] == str(study)
    assert report["results"]["pilot"]["patients"] == 24


def test_the_folder_of_an_evaluation_is_a_pilot(study, tmp_path):
    how = ("--models", "logistic,pls-da", "--folds", 3, "--no-leaky")
    run("evaluate", "spectra", study, "--label", "label", *how, "--out", tmp_path / "run")
    printed = run("plan", tmp_path / "run", "--patients", "24,84").stdout
    assert "With 60 more patients the 95 % interval of the AUC would be" in printed
    assert "power PLS-DA against logistic regression" in printed


def test_predictions_with_their_truth_are_a_pilot(repository, tmp_path):
    demo = repository / "datasets" / "demo" / "spectra.csv"
    run("predict", demo, "--out", tmp_path / "results")
    printed = run("plan", tmp_path / "results" / "predictions.csv", "--truth", demo).stdout
    assert "With 6 more patients" in printed


def test_an_expected_auc_needs_no_pilot():
    printed = run("plan", "--auc", 0.8, "--prevalence", 0.3, "--patients", "200", "--parameters", 24).stdout
    assert "With 200 patients the 95 % interval of an AUC of .80 would be" in printed
    assert "24 parameters (Riley et al. 2020)" in printed
    shown = json.loads(run("plan", "--auc", 0.8, "--json").stdout)
    assert [each["patients"] for each in shown["results"]["forecasts"]] == [50, 100, 150, 200, 300, 500]


def test_an_auc_of_a_half_but_for_rounding_is_planned_all_the_same():
    assert "need an AUC above .5" in run("plan", "--auc", "0.5000000001").stdout


def test_a_study_in_which_nobody_may_be_positive_says_so():
    printed = run("plan", "--auc", 0.8, "--prevalence", 0.001, "--patients", "60").stdout
    assert "less than 5 of the positive class are expected" in " ".join(printed.split())


@pytest.mark.parametrize(
    ("words", "says", "code"),
    [
        ((), "name a pilot", 2),
        (("x.csv", "--auc", "0.8"), "name a pilot", 2),
        (("--auc", "0.4"), "--auc", 2),
        (("--auc", "0.8", "--patients", "many"), "give numbers of patients", 2),
        (
            ("--auc", "0.8", "--positive", "x", "--model", "y"),
            "--positive, --model: not looked at with an --auc",
            2,
        ),
        (("gone.json", "--prevalence", "0.05"), "--prevalence: not looked at with a report", 2),
        (("gone.json", "--truth", "t.csv"), "--truth: not looked at with a report", 2),
        (("a.csv", "b.csv", "--truth", "t.csv"), "a second file: not looked at with predictions", 2),
        (("gone.json",), "gone.json", 3),
        (("gone.csv", "--label", "label"), "gone.csv", 3),
    ],
)
def test_what_can_not_be_planned_is_refused_in_a_sentence(words, says, code, tmp_path):
    assert says in run("plan", *words, code=code, folder=tmp_path).stderr


def test_networks_have_no_learning_curve_here(study):
    assert (
        "learning curves are of logistic"
        in run("plan", study, "--label", "label", "--model", "auto", code=2).stderr
    )
