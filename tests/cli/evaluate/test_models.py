"""Which models are evaluated and trained, as a user chooses them."""

import csv
import json

import numpy as np
import pytest

from command_line import run

pytestmark = pytest.mark.xdist_group("models chosen")
QUICK = ("--members", "2", "--epochs", "1")
RUN = ("--label", "label", "--patient", "patient_id", *QUICK)
OMITTED = "Leaky estimate of a split by spectrum: not computed (--no-leaky)."


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """Ten simulated patients with a class, and a number each."""
    folder = tmp_path_factory.mktemp("study") / "s"
    run("simulate", folder, "--patients", 10, "--spectra-per-patient", 2, "--distance", 4, "--seed", 3)
    with open(folder / "spectra.csv", newline="", encoding="utf-8") as stream:
        heading, *rows = csv.reader(stream)
    with open(folder / "numbers.csv", "w", newline="", encoding="utf-8") as stream:
        lines = csv.writer(stream)
        lines.writerow([*heading[:3], "iron", *heading[3:]])
        of_patient = {name: at * at for at, name in enumerate(sorted({row[1] for row in rows}))}
        lines.writerows([*row[:3], of_patient[row[1]], *row[3:]] for row in rows)
    return folder / "numbers.csv"


@pytest.fixture(scope="module")
def chosen(study):
    out = study.parent.parent / "chosen"
    words = (*RUN, "--folds", 2, "--models", "logistic, compact,PLS-DA,logistic", "--no-leaky", "--out", out)
    return run("evaluate", "spectra", study, *words).stdout, out


def report_in(out):
    return json.loads((out / "report.json").read_text())


def compared(results):
    return {(each["model"], each["reference"]) for each in results["differences"]}


def test_the_models_named_and_the_control_are_evaluated_with_the_network_as_the_reference(chosen):
    results = report_in(chosen[1])["results"]
    assert list(results["models"]) == ["CNN compact", "logistic regression", "PLS-DA", "majority class"]
    assert {reference for _, reference in compared(results)} == {"CNN compact"}
    assert results["saliency"]["model"] == "CNN compact"


def test_a_leaky_estimate_left_out_is_said_in_text_report_and_page(chosen):
    text, out = chosen
    results = report_in(out)["results"]
    assert OMITTED in text
    assert "leaky" not in text.replace(OMITTED, "")
    assert results["settings"]["leaky"] is False
    assert all(model["leaky_estimate"] is None for model in results["models"].values())
    page = (out / "report.html").read_text()
    assert page.count(OMITTED) == 2
    assert "leaky estimate" not in page


def test_a_report_records_what_was_chosen_and_repeats_to_the_same_bytes(chosen, study, tmp_path):
    options = report_in(chosen[1])["options"]
    assert options["models"] == ["logistic", "compact", "pls-da"]
    assert options["no_leaky"] is True
    assert not {"network", "also"} & set(options)
    run("evaluate", "spectra", study, "--replay", chosen[1] / "report.json", "--out", tmp_path / "again")
    for name in ("report.json", "report.html", "folds.csv"):
        assert (tmp_path / "again" / name).read_bytes() == (chosen[1] / name).read_bytes(), name


def test_classical_models_are_evaluated_without_a_network(study, tmp_path):
    words = (*RUN, "--folds", 2, "--models", "pca-lda,logistic", "--no-leaky", "--out", tmp_path / "r")
    run("evaluate", "spectra", study, *words)
    results = report_in(tmp_path / "r")["results"]
    assert list(results["models"]) == ["PCA-LDA", "logistic regression", "majority class"]
    assert {reference for _, reference in compared(results)} == {"PCA-LDA"}
    assert "saliency" not in results
    page = (tmp_path / "r" / "report.html").read_text()
    assert "and the best other classical model, " in page


def test_models_of_a_number_are_chosen_by_names_of_their_own(study, tmp_path):
    words = ("--patient", "patient_id", "--target", "iron", "--folds", 2, *QUICK)
    out = ("--no-leaky", "--out", tmp_path / "r")
    text = run("evaluate", "spectra", study, *words, "--models", "ridge,random-forest", *out).stdout
    results = report_in(tmp_path / "r")["results"]
    assert list(results["models"]) == ["ridge regression", "random forest", "mean"]
    assert results["settings"]["leaky"] is False
    assert OMITTED in text
    page = (tmp_path / "r" / "report.html").read_text()
    assert OMITTED in page
    assert "leaky estimate, no result" not in page
    said = run("evaluate", "spectra", study, *words, "--models", "svm", code=2).stderr
    assert "no model of a number is called 'svm'; choose from compact, " in said
    assert np.isfinite(results["models"]["ridge regression"]["training_rmse"])


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ("--models", "compact,logit"),
            "no model of classes is called 'logit'; choose from auto, compact, lenet5",
        ),
        (("--models", "compact,"), "no model of classes is called ''"),
        (("--models", "svm", "--network", "compact"), "--models has replaced --network; leave --network out"),
        (("--also", "vgg"), "'vgg' is not one of"),
    ],
)
def test_what_can_not_be_chosen_is_refused_before_anything_is_read(words, said):
    assert said in run("evaluate", "spectra", "missing.csv", *RUN, *words, code=2).stderr


def test_the_old_options_of_evaluate_still_work_and_say_what_to_type(study):
    words = ("--patient", "patient_id", "--target", "iron", "--folds", 2, *QUICK, "--no-leaky", "--json")
    done = run("evaluate", "spectra", study, *words, "--network", "lenet5", "--also", "compact")
    now = "lenet5,compact,pls,ridge,svr,random-forest"
    assert f"--network and --also: type --models {now} now; the old name goes with version" in done.stderr
    report = json.loads(done.stdout)
    assert report["options"]["models"] == now.split(",")
    assert list(report["results"]["models"])[:3] == ["CNN lenet5", "CNN compact", "PLS regression"]


def test_a_replay_takes_the_models_of_the_report(chosen, study):
    words = ("--replay", chosen[1] / "report.json", "--network", "lenet5")
    said = run("evaluate", "spectra", study, *words, code=2).stderr
    assert "--replay takes all options from the report; leave --models out" in said


@pytest.mark.parametrize("option", ["--model", "--network"])
def test_a_network_is_trained_by_its_name(study, tmp_path, option):
    done = run("train", "spectra", study, *RUN, option, "lenet5", "--out", tmp_path / "m")
    assert report_in(tmp_path / "m")["results"]["input"]["network"]["name"] == "lenet5"
    assert ("type --model lenet5 now" in done.stderr) == (option == "--network")


def test_a_model_that_no_file_can_hold_is_refused_with_what_takes_it(study, tmp_path):
    words = (*RUN, "--model", "svm", "--out", tmp_path / "m")
    said = run("train", "spectra", study, *words, code=2).stderr
    assert "svm can't be written as a model file; choose one of auto, compact, " in said
    assert "evaluate spectra --models svm says how well it would do" in said


@pytest.mark.parametrize("name", ["logistic", "minirocket"])
def test_a_classical_model_is_trained_and_predicts(study, tmp_path, name):
    run("train", "spectra", study, "--model", name, "--out", tmp_path / "m")
    model = tmp_path / "m" / "model.safetensors"
    assert f"Network        {name}, 1 members" in run("model", "show", model).stdout
    predicted = run("predict", study, "--model", model, "--out", tmp_path / "p")
    assert "Answers at 90% coverage" in predicted.stdout
