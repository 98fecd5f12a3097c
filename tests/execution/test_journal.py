"""A journal keeps finished jobs, goes on with its own run alone, and takes no damaged or foreign file for a job."""

import json

import numpy as np
import pytest

from failing_disk import failing_disk
from spectra_dl.errors import DataError, EnvironmentFault, UsageError
from spectra_dl.execution.journal import Journal, begin_journal, has_journal, remove_journal

IDENTITY = {"--folds": "5", "input 1": "a" * 64, "version of numpy": "2.4.6"}


@pytest.fixture
def journal(tmp_path):
    return begin_journal(tmp_path, IDENTITY)


def test_what_was_written_is_read(journal):
    journal.write("CNN: fold 1 of 5", (np.arange(3.0), None), ())
    ((values, nothing),) = journal.read("CNN: fold 1 of 5", ())
    assert (values.tolist(), nothing) == ([0.0, 1.0, 2.0], None)
    assert journal.read("CNN: fold 2 of 5", ()) is None
    assert journal.has_jobs()


def test_an_outcome_of_none_is_known_from_no_outcome(journal):
    journal.write("a", None, ())
    assert journal.read("a", ()) == (None,)


def test_titles_that_give_one_file_name_are_kept_apart(journal):
    for number, title in enumerate(["PLS/DA", "PLS:DA", "x" * 100 + "1", "x" * 100 + "2", "\ud800"]):
        journal.write(title, number, ())
    titles = ["PLS/DA", "PLS:DA", "x" * 100 + "1", "x" * 100 + "2", "\ud800"]
    assert [journal.read(title, ()) for title in titles] == [(0,), (1,), (2,), (3,), (4,)]


def test_a_flipped_bit_makes_a_job_unfinished(journal):
    journal.write("a", np.arange(50), ())
    (path,) = journal.folder.glob("*.safetensors")
    content = path.read_bytes()
    for at in range(0, len(content), 7):
        path.write_bytes(content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :])
        assert journal.read("a", ()) is None
    path.write_bytes(content)
    assert journal.read("a", ()) is not None


def test_a_job_of_another_run_is_not_taken(journal):
    journal.write("a", 1, ())
    assert Journal(journal.folder, IDENTITY | {"--folds": "4"}).read("a", ()) is None


def test_a_job_under_anothers_name_is_not_taken(journal):
    journal.write("a", 1, ())
    (path,) = journal.folder.glob("*.safetensors")
    journal.write("b", 2, ())
    other = next(each for each in journal.folder.glob("*.safetensors") if each != path)
    other.write_bytes(path.read_bytes())
    assert journal.read("b", ()) is None


def test_a_run_goes_on_with_its_own_journal(tmp_path, journal):
    journal.write("a", 1, ())
    assert begin_journal(tmp_path, IDENTITY, resume=True).read("a", ()) == (1,)


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"--folds": "4"}, "--folds: 5 then, 4 now"),
        ({"input 1": "b" * 64}, "input 1: other values"),
        ({"version of numpy": "2.5.1"}, "version of numpy: 2.4.6 then, 2.5.1 now"),
        ({"--tune": "True"}, "--tune: none then, True now"),
    ],
)
def test_another_run_is_refused_by_what_differs(tmp_path, journal, changed, named):
    journal.write("a", 1, ())
    with pytest.raises(UsageError, match="is another one") as refused:
        begin_journal(tmp_path, IDENTITY | changed, resume=True)
    assert named in str(refused.value)
    assert begin_journal(tmp_path, IDENTITY, resume=True).read("a", ()) == (1,)


def test_nothing_to_go_on_with_is_refused(tmp_path):
    with pytest.raises(UsageError, match="holds no unfinished run"):
        begin_journal(tmp_path, IDENTITY, resume=True)


@pytest.mark.parametrize(
    "text",
    ["", "[]", '{"run": 3}', '{"run": {"a": 1}}', pytest.param("[" * 100_000, id="deep"), "\udcff"],
)
def test_a_damaged_description_is_refused(tmp_path, journal, text):
    (journal.folder / "run.json").write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(DataError, match="leave --resume out"):
        begin_journal(tmp_path, IDENTITY, resume=True)


def test_without_resume_what_was_left_is_taken_away_and_counted(tmp_path, journal):
    journal.write("a", 1, ())
    journal.write("b", 1, ())
    anew = begin_journal(tmp_path, IDENTITY)
    assert (anew.discarded, anew.has_jobs()) == (2, False)


def test_a_link_in_its_place_is_not_followed(tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "kept.safetensors").write_text("kept")
    run = tmp_path / "run"
    run.mkdir()
    (run / "journal").symlink_to(outside)
    remove_journal(run)
    with pytest.raises(DataError, match="made by somebody else"):
        begin_journal(run, IDENTITY)
    assert not has_journal(run)
    assert (outside / "kept.safetensors").read_text() == "kept"


def test_a_folder_of_somebody_elses_is_neither_taken_nor_taken_away(tmp_path):
    (tmp_path / "journal").mkdir()
    (tmp_path / "journal" / "my notes.txt").write_text("kept")
    with pytest.raises(DataError, match="made by somebody else"):
        begin_journal(tmp_path, IDENTITY)
    remove_journal(tmp_path)
    assert (tmp_path / "journal" / "my notes.txt").read_text() == "kept"


def test_what_lies_beside_the_jobs_stays(tmp_path, journal):
    journal.write("a", 1, ())
    (journal.folder / "my notes.txt").write_text("kept")
    remove_journal(tmp_path)
    assert [path.name for path in journal.folder.iterdir()] == ["my notes.txt"]


def test_a_run_that_was_stopped_before_it_knew_its_input_goes_on(tmp_path):
    begin_journal(tmp_path, {})
    journal = begin_journal(tmp_path, IDENTITY, resume=True)
    journal.write("a", 1, ())
    assert begin_journal(tmp_path, IDENTITY, resume=True).read("a", ()) == (1,)
    with pytest.raises(UsageError, match="is another one"):
        begin_journal(tmp_path, IDENTITY | {"--folds": "3"}, resume=True)


def test_whatever_write_fails_finished_jobs_stay(monkeypatch, tmp_path, journal):
    journal.write("a", np.arange(5), ())
    with failing_disk(monkeypatch, journal.folder, 0) as disk:
        journal.write("counted", np.arange(5), ())
    for number in range(1, disk.done + 1):
        with failing_disk(monkeypatch, journal.folder, number), pytest.raises(EnvironmentFault):
            journal.write(f"job {number}", np.arange(5), ())
        assert journal.read("a", ())[0].tolist() == [0, 1, 2, 3, 4]
        assert not list(journal.folder.glob(".*.tmp"))


def test_the_description_can_be_read_by_people(journal):
    assert json.loads((journal.folder / "run.json").read_text())["run"] == IDENTITY
