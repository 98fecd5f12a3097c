"""A folder belongs to one process at a time, and to nobody once that process is dead."""

import os
import signal
import subprocess
import sys
from threading import Thread

import pytest

from spectra_dl.errors import EnvironmentFault
from spectra_dl.storage.folder_lock import folder_lock, waiting_lock

HOLDER = """
import sys, time
from pathlib import Path
from spectra_dl.storage.folder_lock import folder_lock
with folder_lock(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def holder(tmp_path):
    """Another process that holds the folder ``run``."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, tmp_path / "run"], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def test_a_folder_in_use_is_refused_with_the_process(holder, tmp_path):
    with (
        pytest.raises(EnvironmentFault, match=f"in use by process {holder.pid}"),
        folder_lock(tmp_path / "run"),
    ):
        pass
    assert (tmp_path / ".run.lock").read_text() == str(holder.pid)


def test_another_folder_is_free(holder, tmp_path):
    with folder_lock(tmp_path / "other") as note:
        assert note is None


def test_a_dead_owners_folder_is_taken_over_and_said(holder, tmp_path):
    os.kill(holder.pid, signal.SIGKILL)
    holder.wait()
    with folder_lock(tmp_path / "run") as note:
        assert f"process {holder.pid} ended" in note
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_left_and_the_folder_may_be_held_again(tmp_path):
    for _ in range(2):
        with folder_lock(tmp_path / "run") as note:
            assert note is None
            assert (tmp_path / ".run.lock").exists()
        assert list(tmp_path.iterdir()) == []


def test_a_link_by_the_locks_name_is_not_followed(tmp_path):
    (tmp_path / "precious").write_text("keep")
    (tmp_path / ".run.lock").symlink_to(tmp_path / "precious")
    with folder_lock(tmp_path / "run"):
        pass
    assert (tmp_path / "precious").read_text() == "keep"


def test_of_many_processes_at_once_exactly_one_writes(tmp_path):
    command = [sys.executable, "-m", "spectra_dl_cli", "simulate", tmp_path / "run", "--patients", "40"]
    started = [
        subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    messages = [process.communicate(timeout=120)[1] for process in started]
    codes = sorted(process.returncode for process in started)
    # Those that came while it worked read who uses the folder, those that came after it that it holds files.
    assert codes[0] == 0
    assert set(codes[1:]) <= {3, 5}
    assert all("in use by process" in text or "already holds files" in text for text in messages if text)
    assert sorted(path.name for path in (tmp_path / "run").iterdir()) == ["report.json", "spectra.csv"]


def test_a_folder_is_held_also_where_nobody_may_write_beside_it(tmp_path, monkeypatch):
    (tmp_path / "run").mkdir()
    real = os.open

    def forbidden(path, flags, *others, **named):
        if str(path).endswith(".lock"):
            raise PermissionError(13, "Permission denied", str(path))
        return real(path, flags, *others, **named)

    monkeypatch.setattr(os, "open", forbidden)
    with (
        folder_lock(tmp_path / "run"),
        pytest.raises(EnvironmentFault, match="in use by process of unknown number"),
        folder_lock(tmp_path / "run"),
    ):
        pass
    with folder_lock(tmp_path / "run"):
        assert [path.name for path in tmp_path.iterdir()] == ["run"]
    assert list((tmp_path / "run").iterdir()) == []


def test_a_waiting_lock_is_had_when_the_other_ends(tmp_path):
    path, order = tmp_path / "a.lock", []

    def second():
        with waiting_lock(path):
            order.append("second")

    with waiting_lock(path):
        thread = Thread(target=second)
        thread.start()
        thread.join(0.3)
        order.append("first")
    thread.join()
    assert order == ["first", "second"]
    assert not path.exists()
