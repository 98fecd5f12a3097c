"""Whichever operation of the disk fails, a command ends with 5 and leaves each file whole or not there."""

import json
import shutil

import pytest

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
        if "journal" in left:
            assert predict(repository, folder) == 0  # in nobody's way, and needs no --overwrite
        shutil.rmtree(folder)
