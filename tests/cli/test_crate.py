"""spectra-dl crate, on what another command wrote."""

import json
import subprocess
import sys
from functools import partial

import pytest

from command_line import run as run_command

run = partial(run_command, "crate")
SAID = ("--license", "CC-BY-4.0", "--date", "2026-12-31")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A run folder of the shipped spectra."""
    path = tmp_path_factory.mktemp("crate") / "results"
    run_command("predict", "datasets/demo/spectra.csv", "--out", path)
    return path


def test_every_file_of_a_run_is_described_once_and_again_when_asked(folder):
    run(folder, *SAID, "--author", "Ada Lovelace=0000-0002-1825-0097")
    graph = {
        each["@id"]: each for each in json.loads((folder / "ro-crate-metadata.json").read_text())["@graph"]
    }
    assert {each["@id"] for each in graph["./"]["hasPart"]} == {
        path.name for path in folder.iterdir() if path.name != "ro-crate-metadata.json"
    }
    assert graph["./"]["license"]["@id"] == "https://spdx.org/licenses/CC-BY-4.0"
    assert graph["#input-1"]["name"] == "spectra.csv"
    assert "--overwrite" in run(folder, *SAID, code=2).stderr
    run(folder, *SAID, "--name", "Twelve patients", "--overwrite")
    assert "Twelve patients" in (folder / "ro-crate-metadata.json").read_text()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--license", "my own words", "--date", "2026-12-31"), "neither an SPDX identifier"),
        (("--license", "CC0-1.0", "--date", "31.12.2026"), "write it as 2026-12-31"),
        ((*SAID, "--author", "=0000-0002-1825-0097"), "has no name"),
        ((*SAID, "--author", "Ada=12"), "no ORCID"),
        ((*SAID, "--author", "Ada=0000-0002-1825-0098"), "a check of the others"),
        ((*SAID, *("--author", "A=0000-0002-1825-0097") * 2), "the same ORCID"),
    ],
)
def test_words_that_no_repository_reads_are_refused(folder, words, said):
    assert said in run(folder, *words, "--overwrite", code=2).stderr


def test_a_folder_that_no_command_wrote_is_refused(tmp_path):
    assert "no report.json is in it" in run(tmp_path, *SAID, code=3).stderr


def test_without_the_extra_it_says_how_to_get_it(folder):
    words = ["crate", str(folder), *SAID, "--overwrite"]
    code = f"import sys; sys.modules['rocrate'] = None; from spectra_dl_cli.main import main; main({words!r})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 5
    assert "pip install 'spectra-dl[crate]'" in done.stderr
    assert "Traceback" not in done.stderr
