"""What may not be read or written is refused before any work; root gives up its powers for it."""

import os
import shutil
import subprocess
import sys

import pytest

POWERS = "-dac_override,-dac_read_search"


def run(*words, cwd):
    """Run a command without root's power over permissions, and return how it ended."""
    start = []
    if os.geteuid() == 0:
        if shutil.which("setpriv") is None:
            pytest.skip("setpriv is needed to give up root's powers")
        start = ["setpriv", f"--bounding-set={POWERS}", f"--inh-caps={POWERS}"]
    return subprocess.run(
        [*start, sys.executable, "-m", "spectra_dl_cli", *words],
        capture_output=True, text=True, check=False, cwd=cwd,
    )  # fmt: skip


def test_a_folder_that_can_not_be_written_to_is_refused_before_any_work(tmp_path):
    (tmp_path / "closed").mkdir()
    (tmp_path / "closed").chmod(0o555)
    done = run("predict", "missing.csv", "--out", "closed/out", cwd=tmp_path)
    assert done.returncode == 5, done.stderr
    assert "closed/out: can't write there (Permission denied)" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_file_that_may_not_be_read_is_refused_by_name(tmp_path):
    (tmp_path / "spectra.csv").write_text("sample_id,400,402,404\n")
    (tmp_path / "spectra.csv").chmod(0)
    done = run("predict", "spectra.csv", cwd=tmp_path)
    assert done.returncode == 3, done.stderr
    assert "spectra.csv: no permission to read it" in done.stderr
