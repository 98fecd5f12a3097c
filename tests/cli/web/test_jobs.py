"""Jobs are done in children of one process that has its imports behind it."""

import time

import psutil
import pytest

pytestmark = pytest.mark.xdist_group("served")
MB = 2**20


@pytest.fixture(scope="module")
def demo(repository):
    return (repository / "datasets" / "demo" / "spectra.csv").read_bytes()


def process(served):
    """The process that jobs are forked from."""
    children = psutil.Process(served.process.pid).children()
    assert len(children) == 1
    return children[0]


def jobs(served, least=1):
    end = time.monotonic() + 60
    while len(found := process(served).children()) < least:
        assert time.monotonic() < end
        time.sleep(0.02)
    return found


def memory(served):
    processes = [psutil.Process(served.process.pid), *psutil.Process(served.process.pid).children(True)]
    return sum(each.memory_info().rss for each in processes) / MB


def test_a_job_that_is_cancelled_ends_at_once_and_the_process_does_the_next(served, demo):
    drop = served.read({"spectra.csv": demo})
    before = process(served)
    served.start_long(drop)
    child = jobs(served)
    begin = time.monotonic()
    served.ask("POST", f"{drop}/cancel")
    assert time.monotonic() - begin < 5
    assert psutil.wait_procs(child, timeout=1)[1] == []
    served.run(drop, "predict")
    assert "patients.csv" in served.get(drop)
    assert process(served) == before
    served.ask("POST", f"{drop}/remove")


def test_a_job_that_is_killed_is_said_to_be_and_ends_nothing_else(served, demo):
    drop = served.read({"spectra.csv": demo})
    served.start_long(drop)
    for child in jobs(served):
        child.kill()
    served.wait(drop)
    assert "ended from outside (signal 9)" in served.get(drop)
    served.run(drop, "predict")
    assert "patients.csv" in served.get(drop)
    served.ask("POST", f"{drop}/remove")


def test_where_the_process_is_killed_its_job_ends_and_another_process_does_the_next(served, demo):
    drop = served.read({"spectra.csv": demo})
    served.start_long(drop)
    child = jobs(served)
    process(served).kill()
    served.wait(drop)
    assert "Refused" in served.get(drop)
    assert psutil.wait_procs(child, timeout=5)[1] == []
    served.run(drop, "predict")
    assert "patients.csv" in served.get(drop)
    served.ask("POST", f"{drop}/remove")


def test_twenty_jobs_take_no_memory_that_the_first_did_not(served, demo):
    def one():
        drop = served.read({"spectra.csv": demo})
        assert served.ask("GET", f"{drop}/view?spectrum=0").status == 200
        served.ask("POST", f"{drop}/remove")
        return memory(served)

    first = one()
    assert [one() for _ in range(20)][-1] - first < 50
