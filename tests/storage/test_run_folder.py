"""A run's folder is checked before any work."""

import hashlib
import json

import pytest

from spectra_dl.errors import DataError, UsageError
from spectra_dl.storage.hashing import sha256_of
from spectra_dl.storage.run_folder import check_run_folder, make_run_folder, write_report


def test_checking_makes_nothing_and_making_makes_the_folder(tmp_path):
    folder = check_run_folder(tmp_path / "run")
    assert list(tmp_path.iterdir()) == []
    make_run_folder(folder)
    assert folder.is_dir()


def test_a_folder_with_files_needs_overwrite(tmp_path):
    (tmp_path / "old.txt").write_text("old")
    with pytest.raises(DataError, match="--overwrite"):
        check_run_folder(tmp_path)
    assert check_run_folder(tmp_path, overwrite=True) == tmp_path
    assert (tmp_path / "old.txt").read_text() == "old"


def test_a_link_to_a_folder_is_refused(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    with pytest.raises(DataError, match="link"):
        check_run_folder(tmp_path / "link")


def test_a_file_and_a_missing_parent_are_usage_errors(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="file"):
        check_run_folder(tmp_path / "file")
    with pytest.raises(UsageError, match="does not exist"):
        check_run_folder(tmp_path / "no" / "run")


def test_resuming_nothing_is_a_usage_error(tmp_path):
    with pytest.raises(UsageError, match="nothing to go on with"):
        check_run_folder(tmp_path / "run", resume=True)


def test_a_report_has_null_for_what_is_not_finite(tmp_path):
    write_report(tmp_path, {"auc": float("nan"), "rows": ({"p": 0.5},)})
    assert json.loads((tmp_path / "report.json").read_text()) == {"auc": None, "rows": [{"p": 0.5}]}


def test_a_files_digest_is_that_of_its_bytes(tmp_path):
    (tmp_path / "a").write_bytes(b"spectrum")
    assert sha256_of(tmp_path / "a") == hashlib.sha256(b"spectrum").hexdigest()


def test_a_folders_digest_changes_with_content_and_with_names(tmp_path):
    (tmp_path / "a").write_bytes(b"1")
    before = sha256_of(tmp_path)
    (tmp_path / "a").write_bytes(b"2")
    changed = sha256_of(tmp_path)
    (tmp_path / "a").rename(tmp_path / "b")
    assert len({before, changed, sha256_of(tmp_path)}) == 3


def test_a_missing_input_is_refused(tmp_path):
    with pytest.raises(DataError, match="no such file"):
        sha256_of(tmp_path / "nothing")


def test_the_root_of_the_file_system_is_refused():
    with pytest.raises(UsageError, match="root of the file system"):
        check_run_folder("/", overwrite=True)
