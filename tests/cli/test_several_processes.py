"""The commands under torchrun, as a user of a cluster starts them."""

import json
import os
import socket
import subprocess
import sys
import time

import pytest

from command_line import Started, run

pytestmark = pytest.mark.xdist_group("several processes")
TRAINING = (
    "--label",
    "label",
    "--patient",
    "patient_id",
    "--model",
    "lenet5",
    "--members",
    2,
    "--epochs",
    2,
)


@pytest.fixture(scope="module")
def spectra(tmp_path_factory):
    """A small simulated study."""
    folder = tmp_path_factory.mktemp("study") / "s"
    run("simulate", folder, "--patients", 12, "--spectra-per-patient", 2, "--distance", 4, "--seed", 3)
    return folder / "spectra.csv"


@pytest.fixture
def two_processes(repository):
    """Return a function that starts a command in two processes."""
    paths = os.pathsep.join(str(repository / part) for part in ("", "cli", "datasets"))

    def start(*words):
        launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
        return subprocess.Popen(
            [*launcher, "-m", "spectra_dl_cli", *map(str, words)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": paths},
        )

    return start


def said_by_two(*words):
    """Return what each of two processes printed and said that have the imports behind them and the environment of torchrun."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    shared = {"WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
    with (
        Started(*words, RANK="0", LOCAL_RANK="0", **shared) as first,
        Started(*words, RANK="1", LOCAL_RANK="1", **shared) as second,
    ):
        said = [first.communicate(), second.communicate()]
        assert [first.returncode, second.returncode] == [0, 0], said
    return said


def figures(content):
    """Yield every number of a report's results, by its place."""
    if isinstance(content, dict):
        for name, value in content.items():
            yield from ((f"{name}/{place}", number) for place, number in figures(value))
    elif isinstance(content, list):
        for number, value in enumerate(content):
            yield from ((f"{number}/{place}", figure) for place, figure in figures(value))
    elif isinstance(content, int | float):
        yield "", content


def test_two_processes_that_were_asked_to_end_go_on_to_the_model_of_one(spectra, two_processes, tmp_path):
    command = ("train", "spectra", spectra, *TRAINING, "--out")
    run(*command, tmp_path / "one")
    stopped = two_processes(*command, tmp_path / "two")
    while stopped.poll() is None and not (tmp_path / "two/checkpoints/member-0.safetensors").exists():
        time.sleep(0.01)
    stopped.terminate()
    told = stopped.communicate()[1]
    assert stopped.returncode != 0
    assert "Error: stopped; nothing unfinished" in told or "Error: asked to end" in told
    assert not (tmp_path / "two/model.safetensors").exists()

    first, second = said_by_two(*command, tmp_path / "two", "--resume")
    assert first[0].count("Wrote ") == 1
    assert "Wrote " not in second[0]
    assert {path.name for path in (tmp_path / "two").iterdir()} == {
        "model.safetensors",
        "report.json",
        "checkpoints",
    }
    one, two = (
        dict(figures(json.loads((tmp_path / name / "report.json").read_text())["results"]))
        for name in ("one", "two")
    )
    assert two == pytest.approx(one, abs=1e-5)


def test_other_commands_refuse_several_processes():
    done = run("audit", "spectra.csv", code=2, RANK="1", WORLD_SIZE="2", LOCAL_RANK="1")
    assert "only 'train spectra' works in more than one" in done.stderr
