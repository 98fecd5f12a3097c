"""Jobs run to outcomes in their order, the journal's are not run again, and the log says how far it is."""

import itertools

import pytest

from small_jobs import Square
from spectra_dl.errors import DataError, UsageError
from spectra_dl.execution.executor import SerialExecutor
from spectra_dl.execution.journal import begin_journal
from spectra_dl.execution.run import Execution, JobLog, clock
from spectra_dl.execution.stream import StreamedJobs

NUMBERS = [3, 1, 2]


class Counting(SerialExecutor):
    """Remembers which items it ran."""

    def __init__(self):
        super().__init__()
        object.__setattr__(self, "ran", [])

    def in_order(self, work, shared, items):
        for item, result in zip(*itertools.tee(items), strict=True):
            self.ran.append(item)
            yield work(shared, result)


def test_outcomes_come_in_the_order_of_the_jobs():
    assert Execution().run([Square(number) for number in NUMBERS]) == [9, 1, 4]
    assert Execution().run([]) == []


def test_two_jobs_of_one_title_are_refused():
    with pytest.raises(UsageError, match="two jobs are called 'square of 3'"):
        Execution().run([Square(3), Square(3)])


def test_what_the_journal_holds_is_not_run_again(tmp_path):
    jobs = [Square(number) for number in NUMBERS]
    journal, executor = begin_journal(tmp_path, {}), Counting()
    journal.write("square of 1", 1, ())
    assert Execution(executor, journal).run(jobs) == [9, 1, 4]
    assert executor.ran == [0, 2]
    again = Counting()
    assert Execution(again, journal).run(jobs) == [9, 1, 4]
    assert again.ran == []


def test_the_log_counts_and_expects(caplog):
    with caplog.at_level("INFO", logger="spectra_dl"):
        Execution().run([Square(number) for number in NUMBERS])
    said = [record.getMessage() for record in caplog.records]
    assert said[0] == "1 of 3 done: square of 3 (0:00 so far, about 0:00 left)"
    assert said[-1].startswith("3 of 3 done: square of 2")
    assert [(record.done, record.total) for record in caplog.records] == [(1, 3), (2, 3), (3, 3)]


def test_the_log_says_what_was_known(caplog, tmp_path):
    journal = begin_journal(tmp_path, {})
    journal.write("square of 1", 1, ())
    with caplog.at_level("INFO", logger="spectra_dl"):
        Execution(journal=journal).run([Square(number) for number in NUMBERS])
    assert [record.getMessage().split(" (")[0] for record in caplog.records] == [
        "1 of 3 jobs were finished before",
        "2 of 3 done: square of 3",
        "3 of 3 done: square of 2",
    ]


def test_the_time_left_is_that_of_the_jobs_this_run_has_done(caplog, monkeypatch):
    seconds = iter([100.0, 110.0])
    monkeypatch.setattr("spectra_dl.execution.run.time.monotonic", lambda: next(seconds))
    with caplog.at_level("INFO", logger="spectra_dl"):
        JobLog(10, 4).finished("a")  # one job in ten seconds, five are left
    assert caplog.records[-1].getMessage() == "5 of 10 done: a (0:10 so far, about 0:50 left)"


def test_a_stream_says_something_every_ten_seconds(caplog, monkeypatch):
    seconds = iter([0.0, 4.0, 9.0, 11.0, 12.0, 22.0])
    monkeypatch.setattr("spectra_dl.execution.run.time.monotonic", lambda: next(seconds))
    with caplog.at_level("INFO", logger="spectra_dl"):
        log = JobLog()
        for number in range(5):
            log.finished(f"block {number}")
    assert [record.getMessage() for record in caplog.records] == [
        "3 done: block 2 (0:11 so far)",
        "5 done: block 4 (0:22 so far)",
    ]


@pytest.mark.parametrize(("seconds", "written"), [(0.4, "0:00"), (61, "1:01"), (3600, "1:00:00")])
def test_times_are_written_for_people(seconds, written):
    assert clock(seconds) == written


def add(shared, item):
    if item == 13:
        raise DataError("13 is bad")
    return shared + item


def test_a_stream_gives_items_with_results_in_order():
    stream = StreamedJobs(add, 10, "number")
    assert list(stream.run(iter([1, 2, 3]), Execution())) == [(1, 11), (2, 12), (3, 13)]


def test_a_stream_goes_on_where_it_was_stopped(tmp_path):
    stream, journal = StreamedJobs(add, 10, "number"), begin_journal(tmp_path, {})
    with pytest.raises(DataError):
        list(stream.run(iter([1, 2, 13, 4]), Execution(journal=journal)))
    executor = Counting()
    assert list(stream.run(iter([1, 2, 5, 4]), Execution(executor, journal))) == [
        (1, 11),
        (2, 12),
        (5, 15),
        (4, 14),
    ]
    assert executor.ran == [5, 4]


def test_a_whole_stream_in_the_journal_is_not_run_again(tmp_path):
    stream, journal = StreamedJobs(add, 10, "number"), begin_journal(tmp_path, {})
    once = list(stream.run(iter([1, 2]), Execution(journal=journal)))
    executor = Counting()
    assert list(stream.run(iter([1, 2]), Execution(executor, journal))) == once
    assert executor.ran == []


class Nested(Square):
    """Runs jobs within a job."""

    def run(self):
        return sum(Execution().run([Square(1), Square(2)]))


def test_jobs_within_a_job_are_no_news(caplog):
    with caplog.at_level("INFO", logger="spectra_dl"):
        assert Execution().run([Nested(5)]) == [5]
    assert [record.getMessage().split(" (")[0] for record in caplog.records] == ["1 of 1 done: square of 5"]
