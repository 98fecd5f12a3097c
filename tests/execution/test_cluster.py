"""A Dask cluster gives what one process gives; unfit workers are refused by name, and a lost cluster is said in a sentence."""

import os
import time

import numpy as np
import pytest

import small_jobs
from small_jobs import Cluster
from spectra_dl.errors import EnvironmentFault
from spectra_dl.execution import cluster, cluster_connection
from spectra_dl.execution.cluster import ClusterExecutor
from spectra_dl.execution.executor import SerialExecutor
from spectra_dl.execution.worker import SharedWork

pytest.importorskip("distributed", reason="pip install 'spectra-dl[distributed]'")
pytestmark = [
    pytest.mark.xdist_group("cluster"),
    # Dask's own, when a worker or the scheduler is killed.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning"),
]
MATRIX = np.random.default_rng(0).normal(size=(300, 200))


@pytest.fixture(scope="module")
def bare(tmp_path_factory, repository):
    """A scheduler to which each test brings its workers."""
    started = Cluster(tmp_path_factory.mktemp("bare"), repository / "tests/support")
    yield started
    started.end()


@pytest.fixture
def brought(bare):
    """The scheduler, whose workers end with the test."""
    yield bare
    bare.end_workers()


@pytest.fixture(scope="module")
def reborn(tmp_path_factory, repository):
    """A cluster of one worker, whose nanny starts it anew whenever it is killed."""
    started = Cluster(tmp_path_factory.mktemp("reborn"), repository / "tests/support")
    started.add_worker()
    yield ClusterExecutor(str(started.file))
    started.end()


@pytest.fixture(scope="module")
def pair(tmp_path_factory, repository):
    """A cluster of two workers that nobody starts anew."""
    started = Cluster(tmp_path_factory.mktemp("two"), repository / "tests/support")
    for _ in range(2):
        started.add_worker(nanny=False)
    yield started
    started.end()


@pytest.fixture
def two(pair):
    """An executor on two workers."""
    return ClusterExecutor(str(pair.file))


def test_a_cluster_gives_the_same_bytes_as_one_process(two):
    serial = list(SerialExecutor().in_order(small_jobs.product, MATRIX, range(6)))
    assert list(two.in_order(small_jobs.product, MATRIX, range(6))) == serial
    assert [result for _, result in sorted(two.finished(small_jobs.product, MATRIX, range(6)))] == serial


def test_results_come_in_order_and_shared_things_are_unpacked_once(two):
    pauses = [0.3, 0.0, 0.1, 0.0, 0.2, 0.0, 0.0, 0.1]
    assert list(two.in_order(small_jobs.uneven, pauses, range(8))) == list(range(8))
    places = set(two.in_order(small_jobs.identity_of, MATRIX, range(30)))
    assert os.getpid() not in {process for process, _ in places}
    assert len(places) == len({process for process, _ in places}) <= 2


def test_threads_are_limited(two):
    ((of_torch, variable, of_blas),) = two.in_order(small_jobs.threads, None, [1])
    assert (of_torch, variable, max(of_blas)) == (1, "1", 1)


def test_what_a_job_raises_is_raised_here(two):
    with pytest.raises(ValueError, match="the third"):
        list(two.in_order(small_jobs.fails, ValueError("the third"), range(8)))


def test_a_stream_that_nobody_reads_on_ends(two):
    stream = two.in_order(small_jobs.uneven, [0.0] * 1000, iter(range(1000)))
    assert [next(stream) for _ in range(5)] == [0, 1, 2, 3, 4]
    stream.close()


def test_a_job_whose_worker_dies_is_repeated(two, pair, tmp_path):
    pair.add_worker(nanny=False)  # for the one that dies
    marker = str(tmp_path / "died")
    assert sorted(two.finished(small_jobs.dies_once, marker, range(8))) == [(k, k) for k in range(8)]


def test_a_worker_with_other_versions_is_refused_by_name(two, monkeypatch):
    ours = cluster_connection.facts() | {"numpy": "9.9.9"}
    monkeypatch.setattr(cluster_connection, "facts", lambda: ours)
    with pytest.raises(EnvironmentFault, match=r"worker tcp://127\.0\.0\.1:\d+ has numpy .*, here 9\.9\.9"):
        list(two.finished(small_jobs.fails, None, range(2)))


def test_a_worker_that_joins_late_with_other_versions_does_no_job():
    how = cluster._How(1, cluster_connection.facts() | {"torch": "0.1"}, "/")
    with pytest.raises(EnvironmentFault, match=r"torch .*, here 0\.1"):
        cluster.run_on_worker(None, 1, how)


def test_workers_with_several_threads_are_refused(brought):
    brought.add_worker(threads=2, nanny=False)
    with pytest.raises(EnvironmentFault, match="has 2 threads; start workers with one each"):
        list(ClusterExecutor(str(brought.file)).finished(small_jobs.fails, None, range(2)))


def test_a_scheduler_without_workers_is_refused(brought, monkeypatch):
    monkeypatch.setattr(cluster_connection, "_WORKER_SECONDS", 1)
    with pytest.raises(EnvironmentFault, match="has no workers; start one on each machine: dask worker"):
        list(ClusterExecutor(str(brought.file)).finished(small_jobs.fails, None, range(2)))


def test_an_address_where_nobody_answers_is_refused(monkeypatch):
    monkeypatch.setattr(cluster_connection, "_CONNECT_SECONDS", 1)
    with pytest.raises(EnvironmentFault, match="no Dask scheduler answers there"):
        list(ClusterExecutor("tcp://127.0.0.1:9").finished(small_jobs.fails, None, range(2)))


def test_a_scheduler_that_dies_ends_the_run_with_a_sentence(tmp_path, repository):
    mortal = Cluster(tmp_path, repository / "tests/support")
    try:
        mortal.add_worker(nanny=False)
        results = ClusterExecutor(str(mortal.file)).finished(small_jobs.uneven, [0.3] * 30, range(30))
        next(results)
        mortal.scheduler.kill()
        began = time.monotonic()
        with pytest.raises(EnvironmentFault, match=r"the scheduler was lost while job .* --resume"):
            list(results)
        assert time.monotonic() - began < 60
    finally:
        mortal.end()


def test_shared_things_are_unpacked_once_in_each_worker(two, tmp_path):
    processes = set(two.finished(small_jobs.works_with, small_jobs.Counted(tmp_path), range(30)))
    unpacked_in = [path.name.split("-")[0] for path in tmp_path.iterdir()]
    assert sorted(unpacked_in) == sorted({str(process) for _, process in processes})


def test_a_worker_that_joins_late_gets_what_jobs_share(brought, tmp_path):
    brought.add_worker(nanny=False)
    results = ClusterExecutor(str(brought.file)).in_order(
        small_jobs.works_with, small_jobs.Counted(tmp_path), iter(range(10_000))
    )
    first = next(results)
    brought.add_worker(nanny=False)
    assert any(process != first for process in results)
    results.close()


def test_where_all_workers_die_what_jobs_share_is_sent_once_more(reborn, tmp_path, monkeypatch):
    sent = []
    send = cluster._Run._send
    monkeypatch.setattr(cluster._Run, "_send", lambda run: sent.append(run) or send(run))
    results = reborn.finished(small_jobs.dies_once, str(tmp_path / "died"), range(100))
    assert sorted(results) == [(k, k) for k in range(100)]
    assert len(sent) == 2


def test_workers_that_die_again_and_again_end_the_run(reborn):
    with pytest.raises(EnvironmentFault, match=r"workers died while job .* was worked on"):
        list(reborn.finished(small_jobs.dies_always, None, range(5)))


def test_large_items_come_without_a_warning(two):
    blocks = (np.zeros(2_000_000) for _ in range(3))
    assert list(two.in_order(small_jobs.length, None, blocks)) == [2_000_000] * 3


def test_results_that_come_with_a_failure_are_kept():
    run = object.__new__(cluster._Run)
    run._running = {key: (number, b"", None) for number, key in enumerate("abc")}
    work = SharedWork(small_jobs.fails, ValueError("the third"))
    results = run._results({"a": work.reply(3), "b": work.reply(1), "c": work.reply(2)})
    assert [next(results), next(results)] == [(1, 1), (2, 2)]
    with pytest.raises(ValueError, match="the third"):
        next(results)


def test_jobs_that_wait_are_dropped_when_nobody_reads_on(two, tmp_path):
    results = two.finished(small_jobs.leaves_a_file, str(tmp_path), range(200))
    next(results)
    results.close()
    begun, before = len(list(tmp_path.iterdir())), -1
    while begun > before:  # what runs already is finished, on a busy machine later
        time.sleep(1)
        begun, before = len(list(tmp_path.iterdir())), begun
    assert begun < 100


@pytest.mark.parametrize("address", ["nonsense", "", "tls://127.0.0.1:9", "http://127.0.0.1:9", "{file}"])
def test_what_is_no_address_of_a_scheduler_is_refused(address, tmp_path, monkeypatch):
    monkeypatch.setattr(cluster_connection, "_CONNECT_SECONDS", 1)
    file = tmp_path / "scheduler.json"
    file.write_text('{"id": 1}')
    with pytest.raises(EnvironmentFault, match="no Dask scheduler answers there"):
        list(ClusterExecutor(address.format(file=file)).finished(small_jobs.fails, None, range(2)))


def test_an_error_of_dasks_own_is_said_in_a_sentence():
    error = RuntimeError("of the task graph")
    error.__cause__ = ModuleNotFoundError("No module named 'spectra_dl'")
    fault = cluster._fault(error, 4)
    assert isinstance(fault, EnvironmentFault)
    assert "can't begin job 5 (ModuleNotFoundError: No module named 'spectra_dl')" in str(fault)
