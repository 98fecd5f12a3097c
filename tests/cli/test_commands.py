"""The commands as a user runs them, each in a process of its own."""

import csv
import hashlib
import json
import os
import pickle
import signal
import subprocess
import time
from pathlib import Path

import pytest

from command_line import Started, command, run

pytestmark = pytest.mark.xdist_group("commands")
TRAINING = ("--members", "2", "--epochs", "3", "--seed", "1")
STUDY = ("--label", "label", "--patient", "patient_id")


def table(path):
    with open(path, encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """A small simulated study."""
    folder = tmp_path_factory.mktemp("study") / "s"
    run("simulate", folder, "--patients", 24, "--spectra-per-patient", 2, "--distance", 4, "--seed", 3)
    return folder / "spectra.csv"


@pytest.fixture(scope="module")
def trained(study, tmp_path_factory):
    """A run folder with a model trained on it."""
    folder = tmp_path_factory.mktemp("run") / "r"
    run("train", "spectra", study, *STUDY, *TRAINING, "--out", folder)
    return folder


@pytest.fixture
def demo(repository):
    return repository / "datasets" / "demo" / "spectra.csv"


def test_the_readmes_first_command_prints_the_patients_table(demo):
    out = run("predict", demo).stdout
    assert "model that ships with spectra-dl" in out.splitlines()[0]
    assert "SIMULATED" in out.splitlines()[0]
    assert "not for diagnosis" in out
    assert sum(line.startswith("SIM-") for line in out.splitlines()) == 12


def test_predict_writes_every_row_once_in_input_order(demo, tmp_path):
    run("predict", demo, "--out", tmp_path / "out")
    rows, given = table(tmp_path / "out" / "predictions.csv"), table(demo)
    assert [row["sample_id"] for row in rows] == [row["sample_id"] for row in given]
    assert [row["row"] for row in rows] == [str(number + 1) for number in range(len(given))]
    assert all(0 <= float(row["p_bone metastasis"]) <= 1 for row in rows)
    patients = table(tmp_path / "out" / "patients.csv")
    assert len(patients) == 12
    for patient in patients:
        answered = patient["predicted_class"] != ""
        assert answered == (patient["prediction_set"] == patient["predicted_class"])
    assert 0 < sum(patient["predicted_class"] == "" for patient in patients) < 12
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    assert report["inputs"][0]["sha256"] == digest(demo)
    assert report["disclaimer"] == "Research use only, not for diagnosis"
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "patients.csv",
        "predictions.csv",
        "report.html",
        "report.json",
    ]


def test_a_coverage_that_is_asked_for_is_printed_and_leaves_fewer_without_an_answer(demo, tmp_path):
    without = {}
    for share in ("0.99", "0.7"):
        out = tmp_path / share
        printed = run("predict", demo, "--coverage", share, "--out", out).stdout
        assert f"Answers at {float(share):.0%} coverage." in printed
        without[share] = [line for line in table(out / "patients.csv") if not line["predicted_class"]]
        first = without[share][0]
        (said,) = [line for line in printed.splitlines() if line.startswith(f"  {first['patient_id']}: ")]
        assert first["reason"].endswith(said.split(": ", 1)[1])
    assert len(without["0.7"]) < len(without["0.99"])


def test_a_model_of_expression_takes_no_coverage(repository, tmp_path):
    model = repository / "datasets" / "demo" / "tissue" / "model.safetensors"
    refused = run("predict", "section", "--model", model, "--coverage", 0.8, "--out", tmp_path / "o", code=2)
    assert "--coverage is that of classes" in refused.stderr


@pytest.mark.parametrize("size", [1, 7, 64])
def test_the_batch_size_changes_no_probability(demo, tmp_path, size):
    run("predict", demo, "--out", tmp_path / "a")
    run("predict", demo, "--out", tmp_path / "b", "--batch-size", size)
    assert (tmp_path / "a" / "predictions.csv").read_bytes() == (
        tmp_path / "b" / "predictions.csv"
    ).read_bytes()


@pytest.mark.parametrize(
    "environment",
    [
        {"LC_ALL": "C", "TZ": "Asia/Kathmandu"},
        {"PYTHONHASHSEED": "1"},
        {"PYTHONIOENCODING": "ascii", "NO_COLOR": "1"},
    ],
)
def test_the_environment_changes_no_byte(demo, tmp_path, environment):
    run("predict", demo, "--out", tmp_path / "a")
    run("predict", demo, "--out", tmp_path / "b", **environment)
    assert digest(tmp_path / "a" / "predictions.csv") == digest(tmp_path / "b" / "predictions.csv")


def test_json_is_the_report_itself(demo, tmp_path):
    printed = json.loads(run("predict", demo, "--json", "--out", tmp_path / "o").stdout)
    assert printed["results"] == json.loads((tmp_path / "o" / "report.json").read_text())["results"]


def test_a_result_is_not_overwritten_unless_asked(demo, tmp_path):
    (tmp_path / "predictions.csv").write_text("old")
    assert "--overwrite" in run("predict", demo, "--out", tmp_path, code=3).stderr
    assert (tmp_path / "predictions.csv").read_text() == "old"
    run("predict", demo, "--out", tmp_path, "--overwrite")
    assert len(table(tmp_path / "predictions.csv")) == 36


def test_a_broken_row_is_refused_and_the_others_are_judged_as_before(demo, tmp_path):
    lines = demo.read_text().splitlines()
    cells = lines[5].split(",")
    named = len(cells) - 701
    lines[5] = ",".join(cells[:named] + [""] * 701)
    broken = tmp_path / "broken.csv"
    broken.write_text("\n".join(lines) + "\n")
    run("predict", demo, "--out", tmp_path / "a")
    run("predict", broken, "--out", tmp_path / "b", code=6)
    before, after = table(tmp_path / "a" / "predictions.csv"), table(tmp_path / "b" / "predictions.csv")
    assert after[4]["status"] == "refused"
    assert after[4]["reason"]
    assert after[4]["p_bone metastasis"] == after[4]["predicted_class"] == ""
    assert [row for row in after if row["row"] != "5"] == [row for row in before if row["row"] != "5"]


def test_the_same_seed_gives_the_same_model_file_and_report(study, trained, tmp_path):
    run("train", "spectra", study, *STUDY, *TRAINING, "--out", tmp_path / "again")
    assert digest(tmp_path / "again" / "model.safetensors") == digest(trained / "model.safetensors")
    reports = [json.loads((folder / "report.json").read_text()) for folder in (trained, tmp_path / "again")]
    for report in reports:
        report["command"] = report["command"][:-1]  # the name of the folder
    assert reports[0] == reports[1]
    assert set(reports[0]["results"]["input"]["training"]) == {"spectra"}, (
        "hashes are of the model file alone"
    )


def test_a_killed_training_goes_on_to_the_same_model_file(study, trained, tmp_path):
    folder = tmp_path / "killed"
    with Started("train", "spectra", study, *STUDY, *TRAINING, "--out", folder) as process:
        deadline = time.monotonic() + 120
        while not list(folder.glob("checkpoints/member-*.safetensors")) and time.monotonic() < deadline:
            os.sched_yield()
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert not (folder / "model.safetensors").exists()
    run("train", "spectra", study, *STUDY, *TRAINING, "--out", folder, "--resume")
    assert digest(folder / "model.safetensors") == digest(trained / "model.safetensors")


def test_resuming_with_other_data_is_refused(study, trained, tmp_path):
    lines = Path(study).read_text().splitlines()
    (tmp_path / "other.csv").write_text("\n".join(lines[:-2]) + "\n")
    copy = tmp_path / "copy"
    (copy / "checkpoints").mkdir(parents=True)
    for path in (trained / "checkpoints").iterdir():
        (copy / "checkpoints" / path.name).write_bytes(path.read_bytes())
    error = run(
        "train", "spectra", tmp_path / "other.csv", *STUDY, *TRAINING, "--out", copy, "--resume", code=2
    ).stderr
    assert "inputs" in error


def test_an_interrupted_training_says_how_to_go_on(study, tmp_path):
    with Started(
        "train", "spectra", study, *STUDY, *TRAINING, "--epochs", 200, "--out", tmp_path / "stopped"
    ) as process:
        deadline = time.monotonic() + 120
        while not list(tmp_path.glob("stopped/checkpoints/*.safetensors")) and time.monotonic() < deadline:
            os.sched_yield()
        process.send_signal(signal.SIGINT)
        error = process.communicate()[1]
    assert process.returncode == 130
    assert "--resume" in error
    assert "Traceback" not in error


def test_resuming_without_a_checkpoint_is_a_usage_error(study, tmp_path):
    (tmp_path / "empty").mkdir()
    assert (
        "no checkpoint"
        in run("train", "spectra", study, *STUDY, "--out", tmp_path / "empty", "--resume", code=2).stderr
    )


def test_a_trained_model_predicts_and_knows_its_own_training_spectra(study, trained):
    done = run("predict", study, "--model", trained / "model.safetensors", code=None)
    assert "48 of 48 spectra were used in training" in done.stderr


def test_model_show_says_what_it_was_trained_on(trained):
    out = run("model", "show", trained / "model.safetensors").stdout
    for words in (
        "SIMULATED",
        "12 bone metastasis, 12 no metastasis",
        "despike",
        "area under the ROC curve",
        "not for diagnosis",
    ):
        assert words in out
    description = json.loads(run("model", "show", trained / "model.safetensors", "--json").stdout)
    assert description["input"]["network"]["members"] == 2


def test_evaluate_compares_on_the_same_patients_and_writes_its_split(study, tmp_path):
    models = ("--models", "auto,pls-da,random-forest")
    words = (*STUDY, *TRAINING, *models, "--folds", 2, "--out", tmp_path / "e")
    out = run("evaluate", "spectra", study, *words).stdout
    for words in ("auto", "PLS-DA", "random forest", "majority class", "leaky", "24 patients"):
        assert words in out
    split = table(tmp_path / "e" / "folds.csv")
    folds = {}
    for row in split:
        folds.setdefault(row["patient"], set()).add(row["fold"])
    assert len(split) == 48
    assert all(len(found) == 1 for found in folds.values())
    results = json.loads((tmp_path / "e" / "report.json").read_text())["results"]
    assert results["split"]["sha256"] == digest(tmp_path / "e" / "folds.csv")
    assert results["models"]["auto"]["leaky_estimate"]["auc"] is not None
    assert {part["name"] for part in results["parts"]["parts"]} >= {"convolutional path", "MiniRocket"}
    assert "What auto is made of" in out


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (
            ("train", "spectra", "{study}", "--label", "label", "--patient", "nobody", "--out", "{out}"),
            2,
            "nobody",
        ),
        (("evaluate", "spectra", "{study}", "--label", "sample_id", "--patient", "patient_id"), 3, "label"),
        (
            (
                "evaluate",
                "spectra",
                "{study}",
                "--label",
                "patient_id",
                "--patient",
                "sample_id",
                "--folds",
                "5",
            ),
            3,
            "folds",
        ),
        (
            ("train", "spectra", "{study}", "--label", "label", "--out", "{out}", "--model", "other"),
            2,
            "compact",
        ),
        (("predict", "missing.csv"), 3, "missing.csv"),
        (("predict", "{study}", "--model", "missing.safetensors"), 3, "missing.safetensors"),
        (("predict", "{study}", "--out", "{study}"), 2, "file"),
        (("predict",), 2, "DATA"),
        (("nonsense",), 2, "nonsense"),
    ],
)
def test_what_can_not_be_done_is_refused_in_one_sentence(study, tmp_path, words, code, said):
    filled = [word.format(study=study, out=tmp_path / "out") for word in words]
    done = run(*filled, code=code)
    assert said in done.stderr
    assert len(done.stderr) <= 700
    assert list(tmp_path.iterdir()) == []


def test_no_patient_is_refused_with_the_remedy(study, tmp_path):
    rows = [line.split(",") for line in study.read_text().splitlines()]
    where = rows[0].index("patient_id")
    path = tmp_path / "anonymous.csv"
    with path.open("w", newline="") as stream:
        csv.writer(stream).writerows([cell for at, cell in enumerate(row) if at != where] for row in rows)
    error = run("evaluate", "spectra", path, "--label", "label", code=3).stderr
    assert "--patient" in error
    assert "--replicates" in error
    assert "--patient sample_id" in error


class _Payload:
    def __init__(self, marker):
        self.marker = marker

    def __reduce__(self):
        return (open, (self.marker, "w"))


@pytest.mark.parametrize("name", ["model.safetensors", "model.pt", "model.h5"])
def test_a_pickle_as_a_model_is_unsafe_and_never_runs(demo, tmp_path, name):
    (tmp_path / name).write_bytes(pickle.dumps(_Payload(str(tmp_path / "marker"))))
    assert "never loaded" in run("predict", demo, "--model", tmp_path / name, code=4).stderr
    assert not (tmp_path / "marker").exists()


def test_a_reader_that_leaves_early_sees_no_traceback(demo):
    words = command("predict", demo)
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        process.stdout.close()
        assert process.stderr.read() == ""


def test_debug_shows_the_traceback():
    done = subprocess.run(
        command("--debug", "predict", "missing.csv"), capture_output=True, text=True, check=False
    )
    assert "Traceback" in done.stderr
