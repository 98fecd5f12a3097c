"""An evaluation is locked before its outcome is seen, opened once, and its report says so."""

import csv
import importlib.util
import json
import sys

import numpy as np
import pytest

from command_line import run

pytestmark = pytest.mark.xdist_group("protocol")
SETTINGS = ("--models", "logistic", "--folds", "3", "--no-leaky")
HYPOTHESIS = ("--hypothesis", "Logistic regression reaches an AUC above .8.")


@pytest.fixture(scope="module")
def demo(repository):
    return repository / "datasets" / "demo" / "spectra.csv"


@pytest.fixture(scope="module")
def unlabelled(demo, tmp_path_factory):
    """The demonstration's spectra before anybody knew their classes."""
    with open(demo, newline="", encoding="utf-8") as stream:
        rows = list(csv.reader(stream))
    at = rows[0].index("label")
    path = tmp_path_factory.mktemp("unlabelled") / "spectra.csv"
    with open(path, "w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows([row[:at] + row[at + 1 :] for row in rows])
    return path


@pytest.fixture(scope="module")
def locked(unlabelled, tmp_path_factory):
    """A protocol that nobody has opened."""
    path = tmp_path_factory.mktemp("locked") / "protocol.json"
    run("lock", unlabelled, "--label", "label", *SETTINGS, *HYPOTHESIS, "--out", path)
    return path


@pytest.fixture(scope="module")
def opened(demo, locked, tmp_path_factory):
    """The folder of an evaluation of that protocol, and the protocol in it."""
    folder = tmp_path_factory.mktemp("opened")
    (folder / "protocol.json").write_bytes(locked.read_bytes())
    run("evaluate", "spectra", demo, "--protocol", folder / "protocol.json", "--out", folder / "run")
    return folder


def chain(path):
    return json.loads(path.read_text())["chain"]


def test_a_protocol_is_locked_before_there_are_labels_and_prints_what_to_deposit(unlabelled, tmp_path):
    out = tmp_path / "protocol.json"
    printed = run("lock", unlabelled, "--label", "label", *SETTINGS, *HYPOTHESIS, "--out", out).stdout
    assert printed.split()[-1] == chain(out)[0]["digest"]
    assert "12 patients with 36 spectra" in printed
    assert "not in the input" in printed
    assert "never replaced" in run("lock", unlabelled, *SETTINGS, *HYPOTHESIS, "--out", out, code=3).stderr


def test_labels_that_stand_there_already_are_stated(demo, tmp_path):
    out = tmp_path / "protocol.json"
    assert "the protocol says so" in run("lock", demo, "--label", "label", *HYPOTHESIS, "--out", out).stdout
    assert json.loads(out.read_text())["plan"]["outcome_in_file"] is True


def test_the_report_says_locked_before_with_the_seal_in_json_and_page(opened):
    report = json.loads((opened / "run" / "report.json").read_text())
    entries = chain(opened / "protocol.json")
    said = report["protocol"]
    assert (said["verdict"], said["look"], said["outcome_in_file_when_locked"]) == ("locked before", 1, False)
    assert (said["seal"], said["entry"]) == (entries[0]["digest"], entries[1]["digest"])
    assert next(iter(report["results"]["models"])) == "logistic regression"  # nothing but the file was typed
    page = (opened / "run" / "report.html").read_text()
    assert said["seal"] in page
    assert "Logistic regression reaches an AUC above .8" in page


def test_the_chain_holds_the_digest_of_the_report(opened):
    import hashlib

    digest = hashlib.sha256((opened / "run" / "report.json").read_bytes()).hexdigest()
    entries = chain(opened / "protocol.json")
    assert (entries[2]["event"], entries[2]["report"]) == ("reported", digest)


def test_without_a_protocol_the_report_says_not_locked(demo, tmp_path):
    done = run("evaluate", "spectra", demo, "--label", "label", *SETTINGS, "--out", tmp_path / "run")
    assert "Not locked:" in done.stdout
    assert json.loads((tmp_path / "run" / "report.json").read_text())["protocol"] == {"verdict": "not locked"}
    assert "Not locked:" in (tmp_path / "run" / "report.html").read_text()


def test_it_opens_once_until_another_look_is_recorded_and_replays_to_the_same_bytes(demo, opened, tmp_path):
    protocol = tmp_path / "protocol.json"
    protocol.write_bytes((opened / "protocol.json").read_bytes())
    again = ("evaluate", "spectra", demo, "--protocol", protocol)
    assert "it opens once" in run(*again, code=3).stderr
    run(*again, "--replay", opened / "run" / "report.json", "--out", tmp_path / "replayed")
    for name in ("report.json", "report.html", "folds.csv"):
        assert (tmp_path / "replayed" / name).read_bytes() == (opened / "run" / name).read_bytes(), name
    assert chain(protocol)[-1]["event"] == "replayed"
    digest = run("unlock", protocol, "--reason", "one diagnosis was corrected").stdout.split()[-1]
    assert digest == chain(protocol)[-1]["digest"]
    assert "This is look 2" in " ".join(run(*again).stdout.split())


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("--folds", "4"), "--folds: 3 sealed, 4 now"),
        (("--models", "auto"), "--models"),
        (("--tune",), "--tune"),
    ],
)
def test_another_option_is_refused_by_name(demo, locked, words, named):
    before = locked.read_bytes()
    assert named in run("evaluate", "spectra", demo, "--protocol", locked, *words, code=3).stderr
    assert locked.read_bytes() == before


def test_labels_that_are_refused_leave_the_test_set_locked(unlabelled, demo, locked, tmp_path):
    protocol, some = tmp_path / "protocol.json", tmp_path / "some.csv"
    protocol.write_bytes(locked.read_bytes())
    some.write_text(demo.read_text().replace(",no metastasis,", ",,"))
    assert "label" in run("evaluate", "spectra", some, "--protocol", protocol, code=3).stderr
    assert "label" in run("evaluate", "spectra", unlabelled, "--protocol", protocol, code=2).stderr
    assert "This is look" not in run("evaluate", "spectra", demo, "--protocol", protocol).stdout
    assert [entry["event"] for entry in chain(protocol)] == [
        "locked",
        "opened",
        "refused",
        "opened",
        "reported",
    ]


def test_a_figure_that_is_not_in_the_report_can_not_be_the_one_that_decides(demo, tmp_path):
    words = ("lock", demo, "--label", "label", *HYPOTHESIS, "--out", tmp_path / "p.json")
    assert "choose one of auc" in run(*words, "--metric", "luck", code=2).stderr
    run(*words, "--target", "label", "--metric", "spearman", code=2)
    assert not (tmp_path / "p.json").exists()


def test_single_changes_of_everything_are_refused_by_name(repository, tmp_path):
    path = repository / "benchmarks" / "robustness" / "protocol_changes.py"
    spec = importlib.util.spec_from_file_location("protocol_changes", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    study, generator = module.opened_study(tmp_path), np.random.default_rng(5)
    faults = [module.fault_of(study, number, generator) for number in range(40)]
    assert {kind for kind, _ in faults} == {kind.__name__ for kind in module.KINDS}
    assert [fault for _, fault in faults if fault] == []
