"""evaluate fusion, evaluate tissue and evaluate expression are sealed by --lock, opened once by --protocol, and their reports say so."""

import importlib
import json
import shutil

import numpy as np
import pytest

from command_line import run

pytestmark = pytest.mark.xdist_group("protocols_of_patients")
HYPOTHESIS = ("--hypothesis", "It reaches an AUC above .6.")


@pytest.fixture(scope="module")
def studies(tmp_path_factory, repository):
    """A study of several blocks, images, and sections, each with the words that evaluate it."""
    folder = tmp_path_factory.mktemp("studies")
    run("simulate", folder / "blocks", "--fusion", "--patients", 20, "--spectra-per-patient", 1)
    run("simulate", folder / "images", "--tissue", "--patients", 6, "--tiles", 4)
    return {
        "fusion": ("fusion", folder / "blocks" / "study.toml", "--folds", 2),
        "tissue": (
            "tissue",
            folder / "images" / "images" / "images.csv",
            "--models",
            "logistic",
            "--folds",
            2,
            "--no-leaky",
        ),
        "expression": (
            "expression",
            repository / "datasets" / "demo" / "tissue" / "sections.csv",
            *("--genes", 6, "--model", "ridge", "--encoder", "colour-texture", "--no-leaky"),
        ),
    }


@pytest.mark.parametrize("kind", ["fusion", "tissue", "expression"])
def test_it_is_locked_opened_once_and_replayed(studies, kind, tmp_path):
    words, protocol = studies[kind], tmp_path / "protocol.json"
    printed = run("evaluate", *words, "--lock", protocol, *HYPOTHESIS).stdout
    assert "Their outcomes stand in the input already" in printed
    assert printed.split()[-1] == json.loads(protocol.read_text())["chain"][0]["digest"]
    other = run("evaluate", *words[:2], "--protocol", protocol, "--seed", 5, code=3)
    assert "--seed: 0 sealed, 5 now" in other.stderr
    done = run("evaluate", *words[:2], "--protocol", protocol, "--out", tmp_path / "run")
    assert "Locked before" in done.stdout
    report = json.loads((tmp_path / "run" / "report.json").read_text())
    assert report["protocol"]["verdict"] == "locked before"
    assert "opens once" in run("evaluate", *words[:2], "--protocol", protocol, code=3).stderr
    replay = ("--protocol", protocol, "--replay", tmp_path / "run" / "report.json")
    run("evaluate", *words[:2], *replay, "--out", tmp_path / "again")
    again = tmp_path / "again" / "report.json"
    assert again.read_bytes() == (tmp_path / "run" / "report.json").read_bytes()


def test_what_differs_is_named(studies, tmp_path):
    words, protocol = studies["fusion"], tmp_path / "protocol.json"
    run("evaluate", *words, "--lock", protocol, *HYPOTHESIS)
    copied = tmp_path / "copied"
    shutil.copytree(words[1].parent, copied)
    evaluate = ("evaluate", "fusion", copied / "study.toml", "--protocol", protocol)
    table = copied / "clinical.csv"
    lines = table.read_text().splitlines()
    cells = lines[1].split(",")
    cells[lines[0].split(",").index("age (years)")] = "41.5"
    table.write_text("\n".join([lines[0], ",".join(cells), *lines[2:]]) + "\n")
    assert f"other blocks of {cells[0]}" in run(*evaluate, code=3).stderr
    table.write_text("\n".join(lines) + "\n")
    study = copied / "study.toml"
    study.write_text(study.read_text().replace('path = "spectra.csv"', 'path = "spectra.csv"\nmodel = "svm"'))
    assert "another statement of blocks, columns, models" in run(*evaluate, code=3).stderr


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--lock", "p.json"], "write it in a sentence with --hypothesis"),
        (["--hypothesis", "x"], "sealed by --lock FILE"),
        (["--lock", "p.json", *HYPOTHESIS, "--metric", "r2"], "there is no such figure"),
    ],
)
def test_what_does_not_go_together_is_refused(studies, words, message):
    assert message in run("evaluate", *studies["fusion"], *words, code=2).stderr


def test_single_changes_of_sections_are_refused_by_name(repository, tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(repository / "benchmarks" / "robustness")
    changes = importlib.import_module("protocol_changes")
    module = importlib.import_module("protocol_changes_of_sections")
    study, generator = module.locked_sections(tmp_path), np.random.default_rng(5)
    faults = [changes.fault_of(study, number, generator, module.KINDS) for number in range(16)]
    assert {kind for kind, _ in faults} == {kind.__name__ for kind in module.KINDS}
    assert [fault for _, fault in faults if fault] == []
