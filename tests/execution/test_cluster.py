"""A Dask cluster gives what one process gives; unfit workers are refused by name, and a lost cluster is said in a sentence."""

import os
import time

import numpy as np
import pytest

import small_jobs
from dask_cluster import Cluster
from spectra_dl.errors import EnvironmentFault
from spectra_dl.execution import cluster
from spectra_dl.execution.cluster import ClusterExecutor
from spectra_dl.execution.executor import SerialExecutor

pytest.importorskip("distributed", reason="pip install 'spectra-dl[distributed]'")
pytestmark = [
    pytest.mark.xdist_group("cluster"),
    # Dask's own, when a worker or the scheduler is killed.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning"),
]
MATRIX = np.random.default_rng(0).normal(size=(300, 200))


@pytest.fixture
def start(tmp_path_factory, repository):
    started = []

    def a_cluster(workers=1):
        folder = tmp_path_factory.mktemp("cluster")
        started.append(Cluster(folder, repository / "tests/support"))
        for _ in range(workers):
            started[-1].add_worker()
        return started[-1]

    yield a_cluster
    for each in started:
        each.end()


@pytest.fixture(scope="module")
def two(tmp_path_factory, repository):
    """A cluster of two workers."""
    started = Cluster(tmp_path_factory.mktemp("two"), repository / "tests/support")
    for _ in range(2):
        started.add_worker()
    yield ClusterExecutor(str(started.file))
    started.end()


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


def test_a_job_whose_worker_dies_is_repeated(two, tmp_path):
    marker = str(tmp_path / "died")
    assert sorted(two.finished(small_jobs.dies_once, marker, range(8))) == [(k, k) for k in range(8)]


def test_a_worker_with_other_versions_is_refused_by_name(two, monkeypatch):
    ours = cluster.facts() | {"numpy": "9.9.9"}
    monkeypatch.setattr(cluster, "facts", lambda: ours)
    with pytest.raises(EnvironmentFault, match=r"worker tcp://127\.0\.0\.1:\d+ has numpy .*, here 9\.9\.9"):
        list(two.finished(small_jobs.fails, None, range(2)))


def test_a_worker_that_joins_late_with_other_versions_does_no_job():
    how = cluster._How(1, cluster.facts() | {"torch": "0.1"})
    with pytest.raises(EnvironmentFault, match=r"torch .*, here 0\.1"):
        cluster.run_on_worker(None, 1, how)


def test_workers_with_several_threads_are_refused(start):
    started = start(workers=0)
    started.add_worker(threads=2)
    with pytest.raises(EnvironmentFault, match="has 2 threads; start workers with one each"):
        list(ClusterExecutor(str(started.file)).finished(small_jobs.fails, None, range(2)))


def test_a_scheduler_without_workers_is_refused(start, monkeypatch):
    monkeypatch.setattr(cluster, "_WORKER_SECONDS", 1)
    with pytest.raises(EnvironmentFault, match="has no workers; start one on each machine: dask worker"):
        list(ClusterExecutor(str(start(workers=0).file)).finished(small_jobs.fails, None, range(2)))


def test_an_address_where_nobody_answers_is_refused(monkeypatch):
    monkeypatch.setattr(cluster, "_CONNECT_SECONDS", 1)
    with pytest.raises(EnvironmentFault, match="no Dask scheduler answers there"):
        list(ClusterExecutor("tcp://127.0.0.1:9").finished(small_jobs.fails, None, range(2)))


def test_a_scheduler_that_dies_ends_the_run_with_a_sentence(start):
    started = start()
    results = ClusterExecutor(str(started.file)).finished(small_jobs.uneven, [0.3] * 30, range(30))
    next(results)
    started.scheduler.kill()
    began = time.monotonic()
    with pytest.raises(EnvironmentFault, match=r"the scheduler was lost while job .* --resume"):
        list(results)
    assert time.monotonic() - began < 60


def test_workers_that_die_again_and_again_end_the_run(start):
    started = start()
    with pytest.raises(EnvironmentFault, match=r"workers died while job .* was worked on"):
        list(ClusterExecutor(str(started.file)).finished(small_jobs.dies_always, None, range(5)))
