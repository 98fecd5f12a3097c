"""The whole command on a cluster of two workers writes what one process writes, also when a worker or the scheduler is killed."""

import os
import subprocess
import time

import psutil
import pytest

from command_line import command
from small_jobs import Cluster
from spectra_dl.spectra.simulation.serum_study import StudySettings, simulate_study
from spectra_dl.spectra.table_files import write_table

pytest.importorskip("distributed", reason="pip install 'spectra-dl[distributed]'")
pytestmark = pytest.mark.xdist_group("cluster")
EVALUATE = "evaluate spectra ../spectra.csv --label label --members 2 --epochs 2 --folds 2 --out out"
TRAIN = "train spectra ../spectra.csv --label label --members 2 --epochs 2 --out out"


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    folder = tmp_path_factory.mktemp("work")
    settings = StudySettings(patients=12, spectra_per_patient=1, n_wavenumbers=64, seed=1)
    write_table(folder / "spectra.csv", simulate_study(settings).table)
    return folder


@pytest.fixture
def two(tmp_path_factory, repository):
    cluster = Cluster(tmp_path_factory.mktemp("cluster"), repository / "tests/support")
    cluster.add_worker()
    cluster.add_worker()
    yield cluster
    cluster.end()


def done(place, words, *more, code=0):
    place.mkdir(exist_ok=True)
    ran = subprocess.run(
        command(*words.split(), *more), cwd=place, capture_output=True, text=True, check=False
    )
    assert ran.returncode == code, ran.stderr
    assert "Traceback" not in ran.stderr
    assert "distributed" not in ran.stderr
    return ran.stderr


def written(place):
    folder = place / "out"
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def on_cluster(place, words, cluster, disturb, after):
    """Run a command on a cluster, disturb it once so many jobs are finished, and return its exit code and what it said."""
    place.mkdir()
    words = command(*words.split(), "--scheduler", cluster.file)
    with subprocess.Popen(
        words, cwd=place, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as process:
        journal = place / "out" / "journal"
        while not (journal.is_dir() and len(os.listdir(journal)) > after) and process.poll() is None:
            time.sleep(0.01)
        disturb(cluster)
        said = process.stderr.read()
    return process.returncode, said


def kill_a_worker(cluster):
    """Kill the process that works, whose nanny starts another."""
    working = psutil.Process(cluster.workers[0].pid).children(recursive=True)
    for process in working:
        process.kill()


def test_evaluating_and_training_on_a_cluster_write_what_one_process_writes(work, two):
    for name, words in (("evaluate", EVALUATE), ("train", TRAIN)):
        done(work / f"{name}-here", words)
        done(work / f"{name}-there", words, "--scheduler", str(two.file))
        assert written(work / f"{name}-there") == written(work / f"{name}-here") != {}


def test_a_killed_worker_changes_nothing(work, two):
    code, said = on_cluster(work / "worker", EVALUATE, two, kill_a_worker, after=16)
    assert code == 0, said
    assert written(work / "worker") == written(work / "evaluate-here")


def test_a_killed_scheduler_ends_the_run_which_goes_on_without_it(work, two):
    code, said = on_cluster(
        work / "scheduler", EVALUATE, two, lambda cluster: cluster.scheduler.kill(), after=16
    )
    assert code == 5
    assert "the scheduler was lost" in said
    assert "--resume" in said
    assert "were finished before" in done(work / "scheduler", EVALUATE, "--resume")
    assert written(work / "scheduler") == written(work / "evaluate-here")
