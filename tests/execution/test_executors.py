"""Several processes give what one gives; what they die of, and what a job raises, is said in this one."""

import contextlib
import itertools
import multiprocessing
import os
import socket
import subprocess
import sys
import threading
import time
from multiprocessing.connection import Client
from pathlib import Path

import numpy as np
import pytest

import small_jobs
from spectra_dl.errors import DataError, EnvironmentFault, UsageError
from spectra_dl.execution import processes
from spectra_dl.execution.executor import SerialExecutor
from spectra_dl.execution.processes import ProcessExecutor, load_ahead
from spectra_dl.execution.worker import SharedWork

pytestmark = pytest.mark.xdist_group("processes")
MATRIX = np.random.default_rng(0).normal(size=(300, 200))


@pytest.fixture(scope="module", autouse=True)
def torch_is_loaded_once():
    """Fork the workers of this module from a process that has loaded torch."""
    load_ahead(["torch"])


@pytest.fixture(autouse=True)
def importable_by_workers(monkeypatch, repository):
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(repository / "tests/support"), *sys.path]))


@pytest.mark.parametrize("threads", [1, 2])
def test_processes_give_the_same_bytes_as_one(threads):
    serial = list(SerialExecutor(threads).in_order(small_jobs.product, MATRIX, range(6)))
    assert list(ProcessExecutor(2, threads).in_order(small_jobs.product, MATRIX, range(6))) == serial
    finished = ProcessExecutor(2, threads).finished(small_jobs.product, MATRIX, range(6))
    assert [result for _, result in sorted(finished)] == serial


def test_results_come_in_order_however_long_each_takes():
    pauses = [0.3, 0.0, 0.1, 0.0, 0.2, 0.0, 0.0, 0.1]
    assert list(ProcessExecutor(2).in_order(small_jobs.uneven, pauses, range(8))) == list(range(8))
    early, *_ = ProcessExecutor(2).finished(small_jobs.uneven, pauses, range(8))
    assert early == (1, 1)


def test_work_is_done_in_other_processes_and_shared_things_are_brought_once():
    places = set(ProcessExecutor(2).in_order(small_jobs.identity_of, MATRIX, range(40)))
    assert os.getpid() not in {process for process, _ in places}
    assert len(places) == len({process for process, _ in places}) <= 2


@pytest.mark.skipif(sys.platform != "linux", reason="processes are forked on Linux only")
def test_modules_loaded_ahead_are_loaded_when_a_job_begins(tmp_path, repository):
    script = tmp_path / "ahead.py"
    script.write_text(
        "import sys\n"
        "from spectra_dl.execution.processes import ProcessExecutor, load_ahead\n"
        "def loaded(shared, name):\n"
        "    return name in sys.modules\n"
        "if __name__ == '__main__':\n"
        "    load_ahead(['colorsys', 'no_such_module'])\n"
        "    print(list(ProcessExecutor(1).in_order(loaded, None, ['colorsys', 'turtledemo'])))\n"
    )
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=100, check=False)
    assert (done.stdout, done.stderr) == ("[True, False]\n", "")


def test_of_an_endless_stream_only_a_few_items_are_taken():
    taken = []

    def items():
        for number in itertools.count():
            taken.append(number)
            yield number

    stream = ProcessExecutor(2).in_order(small_jobs.uneven, [0.0] * 1000, items())
    assert [next(stream) for _ in range(10)] == list(range(10))
    stream.close()
    assert len(taken) <= 10 + 2 * 2 + 2 + 1


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("executor", [SerialExecutor, lambda threads: ProcessExecutor(2, threads)])
def test_threads_are_limited_alike(executor, threads):
    (of_torch, variable, of_blas), *_ = executor(threads=threads).in_order(small_jobs.threads, None, [1])
    assert (of_torch, variable) == (threads, str(threads))
    assert of_blas
    assert max(of_blas) <= threads


def test_threads_are_given_back(monkeypatch):
    import torch

    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    before = torch.get_num_threads()
    list(SerialExecutor(1).in_order(small_jobs.threads, None, [1]))
    assert (torch.get_num_threads(), os.environ["OMP_NUM_THREADS"]) == (before, "3")


def test_a_job_whose_process_dies_runs_once_more(tmp_path, caplog):
    marker = str(tmp_path / "died")
    with caplog.at_level("WARNING", logger="spectra_dl"):
        results = list(ProcessExecutor(2).in_order(small_jobs.dies_once, marker, range(8)))
    assert results == list(range(8))
    assert "is repeated in another" in caplog.text


def test_a_job_beside_one_that_dies_is_not_blamed(tmp_path):
    def two_deaths(folder, item):
        """Items 2 and 5 each kill their process the first time; item 0 takes long, and runs beside both."""
        if item in (2, 5) and not Path(folder, str(item)).exists():
            Path(folder, str(item)).touch()
            os.kill(os.getpid(), 9)
        time.sleep(1.0 if item == 0 else 0.01)
        return item

    assert list(ProcessExecutor(2).in_order(two_deaths, str(tmp_path), range(8))) == list(range(8))


def test_processes_that_cannot_begin_end_the_run_instead_of_waiting_for_ever(tmp_path, repository):
    script = tmp_path / "unguarded.py"
    script.write_text(
        f"import sys; sys.path[:0] = {sys.path!r}\n"
        "from spectra_dl.execution.processes import ProcessExecutor\n"
        "print(list(ProcessExecutor(2).in_order(pow, 2, range(3))))\n"
    )
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=100, check=False)
    assert "processes die before they have begun to work" in done.stderr
    assert "__main__" in done.stderr


def test_a_job_that_kills_every_process_ends_the_run():
    results = ProcessExecutor(2).finished(small_jobs.dies_always, None, range(8))
    with pytest.raises(EnvironmentFault, match="died, and again when the job was repeated"):
        list(results)


@pytest.mark.parametrize("error", [DataError("the third is bad"), ValueError("no"), MemoryError("none left")])
def test_what_a_job_raises_is_raised_here(error):
    with pytest.raises(type(error), match=str(error)):
        list(ProcessExecutor(2).in_order(small_jobs.fails, error, range(8)))


def test_an_error_that_cannot_travel_is_told_in_words():
    with pytest.raises(EnvironmentFault, match="a worker failed \\(Unsendable: both are needed\\)"):
        list(ProcessExecutor(2).in_order(small_jobs.fails_oddly, None, range(2)))


def test_a_class_of_a_notebook_goes_along():
    class Local:
        def __call__(self, shared, item):
            return shared + item

    assert list(ProcessExecutor(2).in_order(Local(), 1, range(3))) == [1, 2, 3]


@pytest.mark.parametrize(("jobs", "threads"), [(-1, 1), (1, 0)])
def test_impossible_counts_are_refused(jobs, threads):
    with pytest.raises(UsageError, match="give 0 jobs"):
        ProcessExecutor(jobs, threads)


def test_zero_jobs_are_one_for_each_processor():
    assert ProcessExecutor(0).workers == len(os.sched_getaffinity(0))


def test_short_memory_runs_fewer_jobs_at_a_time(monkeypatch, caplog):
    monkeypatch.setattr(processes, "available_memory", lambda: 1)
    with caplog.at_level("WARNING", logger="spectra_dl"):
        results = set(ProcessExecutor(2).in_order(small_jobs.process_of, None, range(6)))
    assert len(results) == 1
    assert "1 jobs at a time instead of 2" in caplog.text


def test_enough_memory_runs_all_jobs():
    assert len(set(ProcessExecutor(2).in_order(small_jobs.process_of, None, range(20)))) == 2


SCRIPT = """
import sys
sys.path[:0] = {path!r}
from spectra_dl.execution.processes import ProcessExecutor
import small_jobs
if __name__ == "__main__":
    list(ProcessExecutor(2).in_order(small_jobs.sleeps_beside, {folder!r}, range(4)))
"""


@pytest.mark.parametrize("signal_name", ["SIGKILL", "SIGINT"])
def test_workers_end_with_the_process_that_started_them(tmp_path, repository, signal_name):
    import signal

    folder, script = tmp_path / "pids", tmp_path / "script.py"
    folder.mkdir()
    script.write_text(SCRIPT.format(path=[str(repository / "tests/support"), *sys.path], folder=str(folder)))
    with subprocess.Popen([sys.executable, script], stderr=subprocess.DEVNULL) as process:
        until(lambda: len(list(folder.iterdir())) == 2)
        process.send_signal(getattr(signal, signal_name))
        process.wait(20)
    until(lambda: not any(alive(int(path.name)) for path in folder.iterdir()))


def until(reached, seconds=60.0):
    end = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < end
        time.sleep(0.05)


def alive(process):
    try:
        return "Z" not in Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return False


def test_bringing_work_ends_whoever_asks_at_that_moment():
    key = multiprocessing.current_process().authkey

    def ask(address, pause):
        time.sleep(pause)
        with contextlib.suppress(OSError, EOFError):
            Client(address, authkey=key).close()

    def leave_amid_the_greeting(address, pause):
        time.sleep(pause)
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as raw:
            raw.connect(address)

    began = time.monotonic()
    for number in range(150):
        pause = (number % 30) * 1e-4
        with processes._brought_to_workers(SharedWork(pow, 2), threading.Event()) as address:
            for asking in (ask, leave_amid_the_greeting, ask):
                threading.Thread(target=asking, args=(address, pause), daemon=True).start()
            time.sleep(0.0015)
    assert time.monotonic() - began < 60
