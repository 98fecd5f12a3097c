"""Checkpoints: a training that was stopped, killed or damaged, and what follows."""

import os
import random
import resource
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import torch
from torch import nn

from spectra_dl.errors import EnvironmentFault, ModelFileError, SpectraDLError, UsageError
from spectra_dl.training import (
    EpochRecord,
    History,
    TensorBatches,
    TrainingInterrupted,
    TrainingSettings,
    cross_entropy,
    fit,
)

SETTINGS = TrainingSettings(epochs=5, batch_size=16, learning_rate=0.01, device="cpu")


@dataclass(frozen=True)
class Noise:
    """Add white noise."""

    size: float = 0.1

    def __call__(
        self, inputs: torch.Tensor, targets: torch.Tensor, generator: torch.Generator
    ) -> tuple[torch.Tensor, torch.Tensor]:
        return inputs + self.size * torch.randn(inputs.shape, generator=generator), targets


def rows(seed: int = 5, n_rows: int = 70) -> TensorBatches:
    inputs = torch.randn(n_rows, 12, generator=torch.Generator().manual_seed(seed))
    return TensorBatches(inputs, (inputs[:, 0] > 0).long(), batch_size=16, seed=0)


def network(width: int = 8) -> nn.Sequential:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(3)
        return nn.Sequential(
            nn.Linear(12, width), nn.BatchNorm1d(width), nn.ReLU(), nn.Dropout(0.3), nn.Linear(width, 2)
        )


def weights(trained: nn.Module) -> bytes:
    return b"".join(tensor.numpy().tobytes() for tensor in trained.state_dict().values())


def train(
    trained: nn.Module,
    checkpoint: Path | None,
    *,
    resume: bool = False,
    settings: TrainingSettings = SETTINGS,
    stop_requested: Callable[[], bool] | None = None,
    callbacks: tuple[Callable[[EpochRecord], None], ...] = (),
) -> History:
    return fit(
        trained,
        cross_entropy(),
        rows(),
        rows(6, 30),
        settings,
        augment=Noise(),
        checkpoint=checkpoint,
        resume=resume,
        stop_requested=stop_requested,
        callbacks=callbacks,
    )


def after(steps: int) -> Callable[[], bool]:
    """Return a function that returns True when it is called for the ``steps``-th time."""
    left = iter(range(steps - 1, -1, -1))
    return lambda: next(left) == 0


@pytest.mark.parametrize("steps", [1, 5, 7, 24])
def test_a_stopped_training_goes_on_to_the_same_bits(tmp_path: Path, steps: int) -> None:
    undisturbed, stopped, resumed = network(), network(), network(8)
    wanted = train(undisturbed, None)
    with pytest.raises(TrainingInterrupted, match="after step"):
        train(stopped, tmp_path / "checkpoint", stop_requested=after(steps))
    got = train(resumed, tmp_path / "checkpoint", resume=True)
    assert got == wanted
    assert weights(resumed) == weights(undisturbed)


def test_stopping_after_every_step_still_ends_with_the_same_bits(tmp_path: Path) -> None:
    undisturbed = network()
    train(undisturbed, None)
    finished, stops = False, 0
    while not finished:
        resumed = network()
        try:
            train(resumed, tmp_path / "checkpoint", resume=stops > 0, stop_requested=lambda: True)
            finished = True
        except TrainingInterrupted:
            stops += 1
    assert stops == 5 * len(rows())
    assert weights(resumed) == weights(undisturbed)


def test_a_killed_training_goes_on_to_the_same_bits(repository: Path) -> None:
    program = repository / "benchmarks" / "robustness" / "kill_and_resume.py"
    run = subprocess.run(
        [sys.executable, str(program), "--kills", "4", "--epochs", "12"],
        capture_output=True,
        text=True,
        check=False,
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(repository), os.environ.get("PYTHONPATH", "")]),
        },
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert "4 of 4 resumed trainings ended with the undisturbed weights" in run.stdout


def test_a_finished_training_returns_at_once_with_its_weights(tmp_path: Path) -> None:
    first, second = network(), network()
    wanted = train(first, tmp_path / "checkpoint")
    content = (tmp_path / "checkpoint").read_bytes()
    epochs: list[EpochRecord] = []
    got = train(second, tmp_path / "checkpoint", resume=True, callbacks=(epochs.append,))
    assert (got, epochs) == (wanted, [])
    assert weights(second) == weights(first)
    assert not second.training
    assert (tmp_path / "checkpoint").read_bytes() == content


def test_the_same_training_writes_the_same_checkpoint(tmp_path: Path) -> None:
    for name in ("first", "second"):
        train(network(), tmp_path / name)
    assert (tmp_path / "first").read_bytes() == (tmp_path / "second").read_bytes()


def test_there_is_a_checkpoint_before_the_first_step(tmp_path: Path) -> None:
    def fails(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fit(network(), fails, rows(), None, SETTINGS, checkpoint=tmp_path / "checkpoint")
    assert (tmp_path / "checkpoint").exists()


def test_resuming_another_training_lists_each_difference(tmp_path: Path) -> None:
    train(network(), tmp_path / "checkpoint")
    with pytest.raises(UsageError) as caught:
        fit(
            network(),
            cross_entropy(label_smoothing=0.1),
            rows(seed=7),
            rows(6, 30),
            replace(SETTINGS, seed=1, learning_rate=0.02),
            augment=Noise(0.2),
            checkpoint=tmp_path / "checkpoint",
            resume=True,
        )
    message = str(caught.value)
    for difference in (
        "learning_rate: 0.01 then, 0.02 now",
        "seed: 0 then, 1 now",
        "training inputs: other values",
        "loss: ",
        "augmentation: ",
    ):
        assert difference in message
    assert len(message) <= 500


def test_resuming_without_a_checkpoint_never_starts_a_new_training(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no checkpoint"):
        train(network(), tmp_path / "checkpoint", resume=True)
    with pytest.raises(UsageError, match="no checkpoint file was named"):
        train(network(), None, resume=True)


def test_a_new_training_never_overwrites_a_checkpoint(tmp_path: Path) -> None:
    (tmp_path / "checkpoint").write_bytes(b"precious")
    with pytest.raises(UsageError, match="is there already"):
        train(network(), tmp_path / "checkpoint")
    assert (tmp_path / "checkpoint").read_bytes() == b"precious"


def test_a_checkpoint_of_another_network_is_refused_and_names_its_tensors(tmp_path: Path) -> None:
    train(network(), tmp_path / "checkpoint")
    wider = network(width=9)
    before = weights(wider)
    with pytest.raises(ModelFileError, match=r"0\.weight has shape \(8, 12\), not \(9, 12\)"):
        train(wider, tmp_path / "checkpoint", resume=True)
    assert weights(wider) == before
    with pytest.raises(ModelFileError, match=" is missing"):
        train(nn.Sequential(*network(), nn.Linear(2, 2)), tmp_path / "checkpoint", resume=True)


def test_a_flipped_bit_is_always_noticed(tmp_path: Path) -> None:
    train(network(), tmp_path / "checkpoint")
    content = (tmp_path / "checkpoint").read_bytes()
    draw = random.Random(0)
    for _ in range(200):
        broken = bytearray(content)
        broken[draw.randrange(len(broken))] ^= 1 << draw.randrange(8)
        (tmp_path / "checkpoint").write_bytes(broken)
        with pytest.raises(SpectraDLError):
            train(network(), tmp_path / "checkpoint", resume=True)


def test_a_full_disk_keeps_the_checkpoint_before(tmp_path: Path) -> None:
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)

    def fill_disk(record: EpochRecord) -> None:
        if record.epoch == 2:
            resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))

    undisturbed, resumed = network(), network()
    train(undisturbed, None)
    try:
        with pytest.raises(EnvironmentFault, match="can't be written"):
            train(network(), tmp_path / "checkpoint", callbacks=(fill_disk,))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert [path.name for path in tmp_path.iterdir()] == ["checkpoint"]
    train(resumed, tmp_path / "checkpoint", resume=True)
    assert weights(resumed) == weights(undisturbed)


def flipped(batches: TensorBatches) -> TensorBatches:
    return replace(batches, targets=1 - batches.targets)


@pytest.mark.parametrize(
    ("learnt", "stops", "said"),
    [
        (flipped(rows()), rows(6, 30), "training targets: other values"),
        (rows(), flipped(rows(6, 30)), "validation targets: other values"),
    ],
)
def test_resuming_with_other_targets_of_the_same_rows_is_refused(
    tmp_path: Path, learnt: TensorBatches, stops: TensorBatches, said: str
) -> None:
    train(network(), tmp_path / "checkpoint")
    with pytest.raises(UsageError) as caught:
        fit(
            *(network(), cross_entropy(), learnt, stops, SETTINGS),
            augment=Noise(),
            checkpoint=tmp_path / "checkpoint",
            resume=True,
        )
    assert f"is of another training ({said})" in str(caught.value)
