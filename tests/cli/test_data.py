"""spectra-dl data as a user runs it, and dataset names in the place of paths."""

import json
import shutil

import pytest

from command_line import run as run_command
from spectra_dl_datasets import dataset_card, dataset_names

SERUM = "original_covid_and_healthy_spectra.csv"


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Run a command with an empty folder for data, in an empty folder."""
    home, work = tmp_path / "home", tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    monkeypatch.setenv("SPECTRA_DL_DATA", str(home))
    return run_command


def test_list_shows_every_set_once(run, tmp_path):
    lines = run("data", "list").stdout.splitlines()
    shown = [line.split()[0] for line in lines[2:] if line[:1].isalpha() and "  " in line]
    assert shown == list(dataset_names())
    assert any(str(tmp_path / "home") in line for line in lines)
    told = json.loads(run("data", "list", "--json").stdout)["datasets"]
    assert [one["id"] for one in told] == list(dataset_names())
    assert not any(one["here"] for one in told)


def test_show_prints_licence_and_traps_before_anything_else(run):
    text = run("data", "show", "covid_saliva").stdout
    order = [text.index(part) for part in ("Licence", "Known traps (7)", "AUC 1.000", "What  ", "Address")]
    assert order == sorted(order)
    assert "Three classes, here two" in text
    assert "none recorded, which is not the same as none" in run("data", "show", "rruff").stdout
    assert json.loads(run("data", "show", "covid_saliva", "--json").stdout)["patients"] == 66


@pytest.mark.parametrize("words", [("show",), ("fetch",), ("audit",)])
def test_a_name_that_is_none_lists_those_that_are(words, run):
    said = run("data", *words, "covid_salvia", code=2).stderr
    assert "there are covid_saliva" in said
    assert len(said) < 520


def test_a_bare_name_that_is_neither_file_nor_set_lists_the_sets(run):
    assert "there are covid_serum" in run("audit", "covid_serun", code=3).stderr


@pytest.mark.parametrize(
    "command", [("audit",), ("evaluate", "spectra"), ("train", "spectra", "--out", "model")]
)
def test_a_set_that_is_not_here_says_how_to_get_it(command, run, tmp_path):
    assert "spectra-dl data fetch covid_serum" in run(*command, "covid_serum", code=3).stderr
    assert list((tmp_path / "work").iterdir()) == []


def test_fetch_takes_a_copy_and_the_commands_take_its_name(run, shared_data, tmp_path):
    source = shared_data / "raman" / "covid_serum"
    said = run("data", "fetch", "covid_serum", "--from", source).stdout
    assert "1 files brought, 1 verified by SHA-256" in said
    assert (tmp_path / "home" / "covid_serum" / SERUM).read_bytes() == (source / SERUM).read_bytes()
    assert json.loads(run("data", "fetch", "covid_serum", "--json").stdout)["brought"] == 0
    for words in (("audit",), ("data", "audit")):
        lines = run(*words, "covid_serum").stdout.splitlines()
        assert lines[0].startswith("Audit: STOP.")
        assert "103 patients, 309 spectra. Research use only, not for diagnosis." in lines
    assert "leave --label out" in run("audit", "covid_serum", "--label", "diagnostic", code=2).stderr


def test_check_names_the_set_and_what_changed(run, shared_data, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(shared_data / "raman" / "instruments" / "two_column", copy)
    assert "two_column, 4 of 4 files are what they were" in run("data", "check", copy).stdout
    (copy / "paracetamol.txt").write_text("changed")
    (copy / "Si_spectrum01.txt").unlink()
    lines = run("data", "check", copy, code=6).stdout.splitlines()
    assert "two_column, 2 of 4 files" in lines[0]
    assert [line.split() for line in lines[1:]] == [
        ["missing", "Si_spectrum01.txt"],
        ["changed", "paracetamol.txt"],
    ]


def test_check_of_other_files_prints_the_lines_of_a_new_card(run, tmp_path):
    (tmp_path / "work" / "spectra.csv").write_text("1\n")
    text = run("data", "check", ".").stdout
    assert "no dataset of ours" in text
    assert 'path = "spectra.csv"' in text
    assert "no such folder" in run("data", "check", "nowhere", code=3).stderr


def test_an_existing_path_wins_over_a_set(run, tmp_path):
    (tmp_path / "work" / "covid_serum").write_text(
        ",".join(map(str, range(400, 460, 2))) + "\n" + ",".join(str(k % 7) for k in range(30)) + "\n"
    )
    assert "label" in run("audit", "covid_serum", code=3).stderr


@pytest.mark.parametrize("name", ["fish_oil", "her2st"])
def test_a_set_without_classes_of_spectra_says_which_have_them(name, run, shared_data):
    place = {"fish_oil": "raman/fish_oil", "her2st": "st/her2st"}[name]
    run("data", "fetch", name, "--from", shared_data / place)
    assert f"{name} is {dataset_card(name).modality} for" in run("audit", name, code=2).stderr


def test_the_generated_study_is_a_set_like_others(run, tmp_path):
    text = run("audit", "simulated_bone_metastasis", "--out", tmp_path / "out").stdout
    assert "427 patients, 1281 spectra" in text
    assert json.loads((tmp_path / "out" / "report.json").read_text())["inputs"] == []
