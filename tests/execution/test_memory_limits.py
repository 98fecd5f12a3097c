"""A command that the system's limits leave too little memory says so at once: OpenBLAS would wait for ever."""

import os
import subprocess
import sys

import pytest

from command_line import command

resource = pytest.importorskip("resource")
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="limits of a process as Linux has them")

from spectra_dl.execution.available_memory import LIMITS  # noqa: E402 - Windows has no such limits


def limited(words, limits, threads=1):
    """Return how a command ended that may use this much memory."""

    def limit_it():
        for name, limit in limits.items():
            resource.setrlimit(getattr(resource, name), (limit, limit))

    # What measures coverage waits for ever where there is no memory for it.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
    environment["OMP_NUM_THREADS"] = str(threads)
    return subprocess.run(
        words,
        preexec_fn=limit_it,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.mark.parametrize(
    ("name", "limit"),
    [("RLIMIT_AS", megabytes * 10**6) for megabytes in (60, 100, 220, 240, 280, 300, 900, 1300, 1799)]
    + [("RLIMIT_DATA", megabytes * 10**6) for megabytes in (40, 200, 400, 699)],
)
def test_too_little_memory_for_the_libraries_is_a_sentence(repository, tmp_path, name, limit):
    asked = ("predict", repository / "datasets/demo/spectra.csv", "--out", tmp_path / "out")
    done = limited(command(*asked), {name: limit})
    assert done.returncode == 5, done.stderr
    assert done.stderr.startswith("Error: not enough memory: this process may use ")
    assert f"{limit / 1e9:.2f} GB" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("words", [(), ("--help",), ("predict", "-h"), ("--version",)])
def test_help_needs_no_libraries(words):
    assert limited(command(*words), {"RLIMIT_AS": 200_000_000}).returncode == 0


def test_more_threads_need_more_memory(repository):
    asked = ("predict", repository / "datasets/demo/spectra.csv")
    done = limited(command(*asked), {"RLIMIT_AS": 2_000_000_000}, threads=16)
    assert done.returncode == 5
    assert "need 3.3 GB with OMP_NUM_THREADS=16; " in done.stderr
    assert done.stderr.endswith("set OMP_NUM_THREADS=1, which needs 1.8 GB\n")


def test_the_least_memory_is_enough_for_the_libraries_and_a_command(repository, tmp_path):
    code = (
        "import numpy as np, scanpy, scipy.linalg, sklearn.linear_model, torch\n"
        "matrix = np.eye(300) + .1\n"
        "scipy.linalg.solve(matrix, matrix @ matrix)\n"
        "torch.linalg.solve(*2 * [torch.from_numpy(matrix)])"
    )
    least = {name: least for name, (least, _) in LIMITS.items()}
    assert limited([sys.executable, "-c", code], least).stderr == ""
    asked = ("predict", repository / "datasets/demo/spectra.csv", "--out", tmp_path / "out")
    assert limited(command(*asked), least).returncode == 0
