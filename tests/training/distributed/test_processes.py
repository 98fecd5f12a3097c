"""Several processes that train one network together, started by torchrun as a user starts them."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

import train_together
from spectra_dl.errors import UsageError
from spectra_dl.training.distributed.launch import Launch, read_launch
from spectra_dl.training.distributed.processes import Processes
from train_together import NETWORKS, digest, losses, network, precise_losses, train

pytestmark = pytest.mark.xdist_group("processes")
PROGRAM = ("-m", "train_together")
Found = Mapping[str, Any]


def torchrun(repository: Path, processes: int, *words: object) -> subprocess.CompletedProcess[str]:
    """Start the processes on this machine and wait for their end."""
    paths = [str(repository / part) for part in ("", "cli", "datasets", "tests/support")]
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node"]
    return subprocess.run(
        [*launcher, str(processes), *map(str, words)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join(paths)},
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the two processes wrote."""
    return tmp_path_factory.mktemp("together")


@pytest.fixture(scope="module")
def done(repository: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    """What two processes printed."""
    return torchrun(repository, 2, *PROGRAM, "everything", folder)


@pytest.fixture(scope="module")
def both(done: subprocess.CompletedProcess[str], folder: Path) -> list[Found]:
    """What each of them found."""
    paths = [folder / "found-0.json", folder / "found-1.json"]
    assert all(path.exists() for path in paths), done.stdout + done.stderr
    return [json.loads(path.read_text()) for path in paths]


@pytest.mark.parametrize("name", NETWORKS)
def test_two_processes_compute_what_one_computes(both: list[Found], name: str) -> None:
    # In double precision, where rounding can't be taken for a difference, nor hide one.
    assert both[0]["precise"][name] == pytest.approx(precise_losses(name), rel=1e-9)


def test_a_loss_of_the_whole_batch_is_that_of_one_process(both: list[Found]) -> None:
    alone = precise_losses("context", train_together.correlation)
    assert both[0]["correlation"] == pytest.approx(alone, rel=1e-9)


@pytest.mark.parametrize("name", ["compact", "lenet5", "deepcnn", "context"])
def test_two_processes_give_the_losses_of_one_to_five_digits(both: list[Found], name: str) -> None:
    assert both[0]["single"][name] == pytest.approx(losses(train(network(name))), abs=1e-5)


def test_one_validation_row_is_enough_for_two_processes(both: list[Found]) -> None:
    alone = losses(train(network("lenet5"), n_valid=1))
    assert both[0]["one validation row"] == pytest.approx(alone, abs=1e-5)


def test_every_process_ends_with_the_same_weights_and_history(both: list[Found]) -> None:
    assert both[0]["stopped"] == both[1]["stopped"]
    assert both[0]["precise"] == both[1]["precise"]


def test_only_the_first_process_runs_callbacks_and_writes_the_checkpoint(
    both: list[Found], folder: Path
) -> None:
    assert [outcome["records seen"] for outcome in both] == [16, 0]
    written = {path.name for path in folder.iterdir()}
    assert written == {"found-0.json", "found-1.json", "undisturbed", "stopped", "stopped-copy"}


def test_a_loss_that_is_not_finite_stops_all_with_the_sentence_of_one(both: list[Found]) -> None:
    assert "not finite in training rows 17, counted" in both[0]["diverging"]
    assert both[0]["diverging"] == both[1]["diverging"] == train_together.diverging()


@pytest.mark.parametrize(
    ("kind", "named"),
    [
        ("other dropout", "layer 1 (AlphaDropout)"),
        ("inner dropout", "layer 1 (LSTM)"),
        ("batch statistics while judging", "layer 1 (BatchNorm1d)"),
        ("dropout of other rows", "keep the batch the first dimension"),
    ],
)
def test_a_layer_that_several_processes_would_compute_differently_is_refused(
    both: list[Found], kind: str, named: str
) -> None:
    assert named in both[0]["refused"][kind]
    assert named in both[1]["refused"][kind]


def test_one_process_refuses_no_layer() -> None:
    assert train_together.refused(nn.AlphaDropout(0.5)) == "it was not refused"


def test_a_signal_to_one_process_stops_all_after_the_same_step(both: list[Found]) -> None:
    assert all("in epoch 3 after step 1 of 3" in outcome["stopped"]["message"] for outcome in both)


def test_a_signal_after_the_last_step_is_not_lost() -> None:
    reached = []

    def training() -> None:
        with Processes(Launch(rank=0, world_size=2, local_rank=0)).deferred_signals():
            signal.raise_signal(signal.SIGINT)
            reached.append("the end of the block")

    with pytest.raises(KeyboardInterrupt):
        training()
    assert reached


def test_stopped_processes_go_on_to_the_same_bits(both: list[Found]) -> None:
    outcome = both[0]["stopped"]
    assert outcome["got"] == outcome["wanted"]
    assert outcome["got weights"] == outcome["wanted weights"]


def test_one_process_goes_on_where_two_stopped(folder: Path, both: list[Found]) -> None:
    resumed = network("lenet5")
    got = train(resumed, checkpoint=folder / "stopped-copy", resume=True)
    assert losses(got) == pytest.approx(both[0]["stopped"]["wanted"], abs=1e-5)


def test_when_one_process_is_killed_the_others_end_and_the_checkpoint_goes_on(
    repository: Path, tmp_path: Path
) -> None:
    started = time.monotonic()
    done = torchrun(repository, 3, *PROGRAM, "killed", tmp_path)
    assert time.monotonic() - started < 30 + 15  # 15 s to start the processes
    assert done.returncode != 0
    reporting = re.findall(r"process (\d) of 3: another process of this training ended", done.stderr)
    assert reporting, done.stderr  # torchrun may end one of the two before it has said so
    assert set(reporting) <= {"0", "2"}
    assert done.stderr.count("Traceback") == 1  # torchrun's own
    alone, resumed = network("lenet5"), network("lenet5")
    wanted = losses(train(alone))
    got = train(resumed, checkpoint=tmp_path / "checkpoint", resume=True)
    assert losses(got) == pytest.approx(wanted, abs=1e-5)
    assert [row.seconds is None for row in got.epochs] == [True, True, False, False]


def test_processes_with_other_rows_are_refused(done: subprocess.CompletedProcess[str]) -> None:
    assert done.returncode != 0
    assert "process 1 of 2 was started for another training than the first (training inputs:" in done.stderr


def test_alone_no_processes_are_connected() -> None:
    trained = network("lenet5")
    train(trained)
    assert not torch.distributed.is_initialized()
    assert all("forward" not in layer.__dict__ for layer in trained.modules())
    assert digest(trained) != digest(network("lenet5"))


@pytest.mark.parametrize(("rank", "count"), [("2", "2"), ("-1", "2"), ("one", "2"), ("0", "")])
def test_numbers_of_processes_that_make_no_sense_are_refused(
    monkeypatch: pytest.MonkeyPatch, rank: str, count: str
) -> None:
    monkeypatch.setenv("RANK", rank)
    monkeypatch.setenv("WORLD_SIZE", count)
    monkeypatch.setenv("LOCAL_RANK", "0")
    with pytest.raises(UsageError, match="torchrun"):
        read_launch()


def test_several_processes_without_an_address_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("RANK", "0"), ("WORLD_SIZE", "2"), ("LOCAL_RANK", "0")):
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("MASTER_ADDR", raising=False)
    with pytest.raises(UsageError, match="MASTER_ADDR is not set"):
        train(network("lenet5"))
