"""The whole command on a cluster of two workers writes what one process writes, also when a worker or the scheduler is killed."""

import os
import time

import psutil
import pytest

from command_line import Started, run
from small_jobs import Cluster
from spectra_dl.spectra.simulation.serum_study import StudySettings, simulate_study
from spectra_dl.spectra.table_files import write_table

pytest.importorskip("distributed", reason="pip install 'spectra-dl[distributed]'")
pytestmark = pytest.mark.xdist_group("cluster")
# A network and two models of classes; the others travel as they do, and a forest takes longer than all else.
MODELS = "--models auto,logistic,pls-da"
EVALUATE = (
    f"evaluate spectra ../spectra.csv --label label --members 2 --epochs 2 --folds 2 {MODELS} --out out"
)
TRAIN = "train spectra ../spectra.csv --label label --members 2 --epochs 2 --out out"


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    folder = tmp_path_factory.mktemp("work")
    settings = StudySettings(patients=12, spectra_per_patient=1, n_wavenumbers=64, seed=1)
    write_table(folder / "spectra.csv", simulate_study(settings).table)
    return folder


@pytest.fixture(scope="module")
def two(tmp_path_factory, repository):
    """A cluster for all tests but one, which kills the scheduler; a killed worker is started anew."""
    cluster = Cluster(tmp_path_factory.mktemp("cluster"), repository / "tests/support")
    cluster.add_worker()
    cluster.add_worker()
    yield cluster
    cluster.end()


@pytest.fixture
def mortal(tmp_path, repository):
    """A cluster of a test's own."""
    cluster = Cluster(tmp_path, repository / "tests/support")
    cluster.add_worker()
    yield cluster
    cluster.end()


@pytest.fixture(scope="module")
def here(work):
    """What the evaluation writes in one process."""
    done(work / "evaluate-here", EVALUATE)
    return written(work / "evaluate-here")


def done(place, words, *more):
    place.mkdir(exist_ok=True)
    said = run(*words.split(), *more, folder=place).stderr
    assert "distributed" not in said
    return said


def written(place):
    folder = place / "out"
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def on_cluster(place, words, cluster, disturb, after):
    """Run a command on a cluster, disturb it once so many jobs are finished, and return its exit code and what it said."""
    place.mkdir()
    with Started(*words.split(), "--scheduler", cluster.file, folder=place) as process:
        journal = place / "out" / "journal"
        while not (journal.is_dir() and len(os.listdir(journal)) > after) and process.poll() is None:
            time.sleep(0.01)
        disturb(cluster)
        said = process.communicate()[1]
    return process.returncode, said


def kill_a_worker(cluster):
    """Kill the process that works, whose nanny starts another."""
    working = psutil.Process(cluster.workers[0].pid).children(recursive=True)
    for process in working:
        process.kill()


def test_training_on_a_cluster_writes_what_one_process_writes(work, two):
    done(work / "train-here", TRAIN)
    done(work / "train-there", TRAIN, "--scheduler", str(two.file))
    assert written(work / "train-there") == written(work / "train-here") != {}


def test_a_killed_worker_changes_nothing(work, here, two):
    code, said = on_cluster(work / "worker", EVALUATE, two, kill_a_worker, after=14)
    assert code == 0, said
    assert written(work / "worker") == here != {}


def test_a_killed_scheduler_ends_the_run_which_goes_on_without_it(work, here, mortal):
    code, said = on_cluster(
        work / "scheduler", EVALUATE, mortal, lambda cluster: cluster.scheduler.kill(), after=14
    )
    assert code == 5
    assert "the scheduler was lost" in said
    assert "--resume" in said
    assert "were finished before" in done(work / "scheduler", EVALUATE, "--resume")
    assert written(work / "scheduler") == here
