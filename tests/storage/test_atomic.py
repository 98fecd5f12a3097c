"""Files are whole or not there."""

import os

import pytest

from spectra_dl.errors import EnvironmentFault
from spectra_dl.storage.atomic import sweep_unfinished, whole_file, whole_folder, write_bytes, write_text


def test_a_written_file_holds_exactly_the_bytes_given(tmp_path):
    write_bytes(tmp_path / "a.bin", b"\x00\r\n\xff")
    assert (tmp_path / "a.bin").read_bytes() == b"\x00\r\n\xff"


def test_text_keeps_its_line_ends_and_is_utf8(tmp_path):
    write_text(tmp_path / "a.txt", "cm⁻¹\n")
    assert (tmp_path / "a.txt").read_bytes() == "cm⁻¹\n".encode()


def test_a_failure_inside_the_block_leaves_the_old_file_and_no_temporary(tmp_path):
    target = tmp_path / "a.txt"
    target.write_text("old")

    def fail_half_way():
        with whole_file(target) as stream:
            stream.write(b"half of the n")
            raise KeyError("stop")

    with pytest.raises(KeyError):
        fail_half_way()
    assert target.read_text() == "old"
    assert os.listdir(tmp_path) == ["a.txt"]


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_failing_disk_call_is_reported_and_the_old_file_stays(tmp_path, monkeypatch, call):
    target = tmp_path / "a.txt"
    target.write_text("old")

    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, call, fail)
    with pytest.raises(EnvironmentFault, match="No space left on device"):
        write_bytes(target, b"new")
    assert target.read_text() == "old"
    assert os.listdir(tmp_path) == ["a.txt"]


def test_a_missing_folder_is_refused_with_its_path(tmp_path):
    with pytest.raises(EnvironmentFault, match=r"nowhere"):
        write_bytes(tmp_path / "nowhere" / "a.txt", b"x")


def test_a_link_is_replaced_and_what_it_points_to_is_kept(tmp_path):
    precious = tmp_path / "precious.txt"
    precious.write_text("precious")
    link = tmp_path / "link.txt"
    link.symlink_to(precious)
    write_bytes(link, b"new")
    assert precious.read_text() == "precious"
    assert link.read_bytes() == b"new"
    assert not link.is_symlink()


def test_the_temporary_name_is_another_each_time(tmp_path):
    names = []
    for _ in range(2):
        with whole_file(tmp_path / "a.bin") as stream:
            names.append(stream.name)
    assert names[0] != names[1]


def test_a_link_planted_under_the_temporary_name_is_not_followed(tmp_path, monkeypatch):
    monkeypatch.setattr("secrets.token_hex", lambda count: "0" * 2 * count)
    precious = tmp_path / "precious.txt"
    precious.write_text("precious")
    link = tmp_path / f".report.json.{os.getpid()}.{'0' * 16}.tmp"
    link.symlink_to(precious)
    with pytest.raises(EnvironmentFault, match="exists"):
        write_text(tmp_path / "report.json", "content")
    assert precious.read_text() == "precious"
    assert link.is_symlink()
    assert not (tmp_path / "report.json").exists()


def test_what_killed_processes_left_is_swept_and_nothing_else(tmp_path):
    import os
    import subprocess
    import sys

    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    token = "0123456789abcdef"
    for name in (
        f".report.json.{dead.pid}.{token}.tmp",
        f".report.json.{os.getpid()}.{token}.tmp",
        ".hidden",
        "a.tmp",
        "report.json",
    ):
        (tmp_path / name).write_text("x")
    sweep_unfinished(tmp_path)
    left = sorted(path.name for path in tmp_path.iterdir())
    assert left == sorted([f".report.json.{os.getpid()}.{token}.tmp", ".hidden", "a.tmp", "report.json"])


def fill(folder, text):
    (folder / "inner").mkdir(parents=True)
    (folder / "inner" / "a.txt").write_text(text)


def test_a_folder_takes_its_name_once_it_is_whole_and_replaces_what_was_there(tmp_path):
    target = tmp_path / "store.zarr"
    for text in ("old", "new"):
        with whole_folder(target) as temporary:
            fill(temporary, text)
            if text == "new":
                assert (target / "inner" / "a.txt").read_text() == "old"
        assert (target / "inner" / "a.txt").read_text() == text
        assert os.listdir(tmp_path) == ["store.zarr"]


def test_a_failure_inside_the_block_leaves_the_old_folder_and_no_temporary(tmp_path):
    target = tmp_path / "store.zarr"
    fill(target, "old")

    def fail_half_way():
        with whole_folder(target) as temporary:
            fill(temporary, "half of the n")
            raise KeyError("stop")

    with pytest.raises(KeyError):
        fail_half_way()
    assert (target / "inner" / "a.txt").read_text() == "old"
    assert os.listdir(tmp_path) == ["store.zarr"]


@pytest.mark.parametrize(("call", "works"), [("fsync", 0), ("replace", 0), ("replace", 1)])
def test_a_failing_disk_call_is_reported_and_the_old_folder_stays(tmp_path, monkeypatch, call, works):
    target = tmp_path / "store.zarr"
    fill(target, "old")
    real, calls = getattr(os, call), []

    def fail(*words):
        calls.append(words)
        if len(calls) != works + 1:
            return real(*words)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, call, fail)

    def write():
        with whole_folder(target) as temporary:
            fill(temporary, "new")

    with pytest.raises(EnvironmentFault, match="No space left on device"):
        write()
    assert (target / "inner" / "a.txt").read_text() == "old"
    assert os.listdir(tmp_path) == ["store.zarr"]


def test_a_link_in_the_folders_place_is_replaced_and_what_it_points_to_is_kept(tmp_path):
    precious = tmp_path / "precious"
    fill(precious, "precious")
    (tmp_path / "store.zarr").symlink_to(precious)
    with whole_folder(tmp_path / "store.zarr") as temporary:
        fill(temporary, "new")
    assert not (tmp_path / "store.zarr").is_symlink()
    assert (precious / "inner" / "a.txt").read_text() == "precious"


def test_folders_of_killed_processes_are_swept_with_what_is_in_them(tmp_path):
    fill(tmp_path / f".store.zarr.4194305.{'0' * 16}.tmp", "half")
    sweep_unfinished(tmp_path)
    assert os.listdir(tmp_path) == []
