"""Tables that are no one's but the process's, and where they lie."""

import sqlite3

import pytest

from spectra_dl.errors import EnvironmentFault
from spectra_dl.storage.scratch import Scratch

TABLE = "CREATE TABLE numbers (one INTEGER PRIMARY KEY, content BLOB)"


def test_what_is_written_is_read_back_however_much_it_is():
    scratch = Scratch(TABLE)
    scratch.write("INSERT INTO numbers VALUES (?, ?)", ((at, bytes(1000)) for at in range(20_000)))
    assert list(scratch.read("SELECT count(*), sum(length(content)) FROM numbers")) == [(20_000, 20_000_000)]


def test_a_broken_rule_is_reported_and_the_rows_before_it_stay():
    scratch = Scratch(TABLE)
    with pytest.raises(sqlite3.IntegrityError):
        scratch.write("INSERT INTO numbers VALUES (?, ?)", [(1, b"a"), (1, b"b"), (2, b"c")])
    assert list(scratch.read("SELECT one FROM numbers")) == [(1,)]


def test_no_room_is_a_fault_of_the_machine_and_says_what_to_do():
    scratch = Scratch("PRAGMA max_page_count=10", TABLE)
    with pytest.raises(EnvironmentFault, match="no room for temporary data"):
        scratch.write("INSERT INTO numbers VALUES (?, ?)", ((at, bytes(1000)) for at in range(1000)))


def test_nothing_is_left_in_the_temporary_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("SQLITE_TMPDIR", str(tmp_path))
    scratch = Scratch(TABLE)
    scratch.write("INSERT INTO numbers VALUES (?, ?)", ((at, bytes(1000)) for at in range(20_000)))
    assert not list(tmp_path.iterdir())  # on the disk, under no name
