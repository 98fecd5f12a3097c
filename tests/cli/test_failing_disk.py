"""Whichever operation of the disk fails, a command ends with 5 and leaves each file whole or not there."""

import json
import resource
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from command_line import command, run
from failing_disk import failing_disk
from spectra_dl_cli.main import _run


def predict(repository, folder, *more):
    """Return the exit code of a prediction of the demonstration spectra, run in this process."""
    return _run(["predict", str(repository / "datasets/demo/spectra.csv"), "--out", str(folder), *more])


@pytest.mark.xdist_group("failing disk")
def test_predict_writes_whole_files_or_none(monkeypatch, repository, tmp_path, capsys):
    assert predict(repository, tmp_path / "clean") == 0
    clean = {path.name: path.read_bytes() for path in (tmp_path / "clean").iterdir()}
    (tmp_path / "counted").mkdir()
    with failing_disk(monkeypatch, tmp_path / "counted", 0) as disk:
        assert predict(repository, tmp_path / "counted") == 0
    assert disk.done >= 12
    continued = set()
    for number in range(1, disk.done + 1):
        folder = tmp_path / "run"
        folder.mkdir(exist_ok=True)
        capsys.readouterr()
        with failing_disk(monkeypatch, folder, number):
            assert predict(repository, folder, "--overwrite") == 5, number
        told = capsys.readouterr().err
        assert "Traceback" not in told
        assert len(told) < 500
        left = {path.name for path in folder.iterdir()}
        if left - {"journal"}:  # which says that the files beside it are of a run that did not end
            assert "journal" in left or "report.json" in left, number
        for path in folder.iterdir():
            if path.name == "journal":
                assert [each.name for each in path.iterdir()] == ["run.json"], number
                continue
            assert path.name in clean, number
            if path.name == "report.json":
                assert json.loads(path.read_text())["results"] == json.loads(clean["report.json"])["results"]
            else:
                assert path.read_bytes() == clean[path.name], number
        if "journal" in left and frozenset(left) not in continued:
            assert predict(repository, folder) == 0  # in nobody's way, and needs no --overwrite
            continued.add(frozenset(left))
        shutil.rmtree(folder)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no device that is always full")
@pytest.mark.parametrize("words", [["--help"], ["data", "list"], ["predict"], ["predict", "--json"]])
def test_output_that_can_not_be_printed_is_a_sentence(repository, words):
    spectra = [str(repository / "datasets/demo/spectra.csv")] if words[0] == "predict" else []
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            command(*words, *spectra), stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert done.returncode == 5
    assert done.stderr.startswith("Error: the output: ")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no device that is always full")
def test_what_can_not_be_printed_is_still_written(repository, tmp_path):
    words = ("predict", repository / "datasets/demo/spectra.csv", "--out", tmp_path / "out")
    with open("/dev/full", "w") as full:
        done = subprocess.run(command(*words), stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 5
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "patients.csv",
        "predictions.csv",
        "report.html",
        "report.json",
    }


@pytest.mark.skipif(sys.platform != "linux", reason="limits of a process as Linux has them")
def test_the_systems_limit_of_a_files_size_is_a_sentence(repository, tmp_path):
    def limited():
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

    asked = ("predict", repository / "datasets/demo/spectra.csv", "--out", tmp_path / "out")
    done = subprocess.run(command(*asked), preexec_fn=limited, capture_output=True, text=True, check=False)
    assert done.returncode == 5, done.stderr
    assert "can't be written" in done.stderr
    assert run(*asked).returncode == 0
