"""spectra-dl audit as a user runs it."""

import json
from functools import partial

import numpy as np
import pytest

from command_line import run as run_command
from spectra_dl.spectra.simulation.serum_study import StudySettings, simulate_study
from spectra_dl.spectra.table import SpectraTable
from spectra_dl.spectra.table_files import write_table

STUDY = ("--label", "label", "--patient", "patient_id")


run = partial(run_command, "audit")


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """A clean study, and one in which a column called operator is the class."""
    table = simulate_study(StudySettings(patients=40, spectra_per_patient=2, n_wavenumbers=200, seed=1)).table
    operator = np.where(table.label == table.label[0], "\x1b[2JEve", "Bob")
    spoilt = SpectraTable(
        table.intensity,
        table.wavenumber,
        table.sample_id,
        table.patient,
        table.label,
        metadata={"operator": operator},
    )
    folder = tmp_path_factory.mktemp("study")
    write_table(folder / "clean.csv", table)
    write_table(folder / "spoilt.csv", spoilt)
    return folder


def test_a_clean_study_is_called_fine_on_the_first_line(study):
    out = run(study / "clean.csv", *STUDY, "--batch", "batch").stdout
    assert out.splitlines()[0] == "Audit: nothing found that would let a model cheat."
    assert "40 patients, 80 spectra. Research use only, not for diagnosis." in out


def test_a_spoilt_study_stops_on_the_first_line_with_exit_code_0(study):
    lines = run(study / "spoilt.csv", *STUDY).stdout.splitlines()
    assert lines[0].startswith("Audit: STOP.")
    assert any(line.startswith("  stop The class goes with column 'operator'") for line in lines)
    assert "\x1b" not in "".join(lines)


def test_the_report_is_the_same_bytes_and_what_json_prints(study, tmp_path):
    words = (study / "spoilt.csv", *STUDY, "--seed", 3, "--out", tmp_path / "a", "--json")
    printed = json.loads(run(*words).stdout)
    first = (tmp_path / "a" / "report.json").read_bytes()
    run(*words, "--overwrite")
    again = json.loads((tmp_path / "a" / "report.json").read_bytes())
    assert printed == json.loads(first)
    assert again["results"] == printed["results"]
    assert printed["results"]["audit"]["severity"] == "stop"
    assert printed["seed"] == 3
    assert printed["disclaimer"] == "Research use only, not for diagnosis"


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--label", "label", "--patient", "nobody"), 2, "nobody"),
        ((*STUDY, "--folds", "30"), 3, "too few patients for 30 folds"),
        ((*STUDY, "--folds", "1"), 2, "--folds"),
        (("--patient", "patient_id", "--label", "sample_id"), 3, "label"),
    ],
)
def test_what_can_not_be_audited_is_refused_in_one_sentence(study, tmp_path, words, code, said):
    assert said in run(study / "clean.csv", *words, "--out", tmp_path / "out", code=code).stderr
    assert list(tmp_path.iterdir()) == []


def test_results_are_not_overwritten_unless_asked(study, tmp_path):
    (tmp_path / "report.json").write_text("old")
    assert "--overwrite" in run(study / "clean.csv", *STUDY, "--out", tmp_path, code=3).stderr
