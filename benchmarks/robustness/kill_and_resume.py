"""Kill a training at random moments, resume it, and compare the weights with those of an undisturbed one.

    python benchmarks/robustness/kill_and_resume.py --kills 20

Each row of the table is one training: a real process, killed with SIGKILL at a moment drawn uniformly from the
undisturbed training's duration, then resumed in another process. It ends with code 1 unless every kill left a checkpoint
that loads and every resumed training ended with the undisturbed weights, bit for bit. POSIX only: it forks.
"""

import argparse
import hashlib
import json
import os
import random
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = "1"

import torch
import torch._dynamo  # what AdamW imports at its first step: the processes forked below need not
from torch import nn

from spectra_dl.storage.sealed import read_sealed
from spectra_dl.training import TensorBatches, TrainingSettings, cross_entropy, fit

_KIND = "spectra_dl_checkpoint"


@dataclass(frozen=True)
class Trial:
    """One killed and resumed training.

    Attributes
    ----------
    moment
        Seconds after the first checkpoint at which the process was killed.
    found
        What the checkpoint then held.
    left_over
        True when the kill fell into the writing of a checkpoint and left its temporary file.
    same
        True when the resumed training ended with the undisturbed weights.
    """

    moment: float
    found: str
    left_over: bool
    same: bool


def main() -> int:
    """Run the trials, print the table and return the exit code."""
    parser = argparse.ArgumentParser(description="kill a training, resume it, compare the weights")
    parser.add_argument("--kills", type=int, default=20, metavar="N")
    parser.add_argument("--epochs", type=int, default=40, metavar="N")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of the moments")
    arguments = parser.parse_args()
    moments = random.Random(arguments.seed)
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        started = time.monotonic()
        wanted = _trained(place / "undisturbed", arguments.epochs, resume=False)
        duration = time.monotonic() - started
        print(f"undisturbed training: {duration:.2f} s, weights {wanted[:16]}")
        print(f"{'kill':>4}  {'after s':>8}  {'checkpoint found':<28}  {'amid a write':<12}  same weights")
        same = 0
        for number in range(1, arguments.kills + 1):
            trial = None
            while trial is None:
                folder = Path(tempfile.mkdtemp(dir=place))
                trial = _trial(folder, arguments.epochs, moments.uniform(0, duration), wanted)
            same += trial.same
            print(
                f"{number:>4}  {trial.moment:>8.3f}  {trial.found:<28}  {'yes' if trial.left_over else 'no':<12}  {'yes' if trial.same else 'NO'}"
            )
    print(f"{same} of {arguments.kills} resumed trainings ended with the undisturbed weights")
    return 0 if same == arguments.kills else 1


def train(folder: Path, epochs: int, *, resume: bool) -> None:
    """Train a small network with everything that could make a resumed one differ, and write its weights' SHA-256."""
    torch.set_num_threads(1)
    draw = torch.Generator().manual_seed(0)
    inputs = torch.randn(384, 1, 96, generator=draw)
    targets = (inputs[:, 0, :48].mean(dim=1) > 0).long()
    settings = TrainingSettings(epochs=epochs, batch_size=32, patience=epochs, device="cpu")
    network = _network()
    fit(
        network,
        cross_entropy([1.0, 1.5], label_smoothing=0.05),
        TensorBatches(inputs[:320], targets[:320], batch_size=32, seed=0),
        TensorBatches(inputs[320:], targets[320:], batch_size=32, seed=0),
        settings,
        augment=_noise,
        checkpoint=folder / "checkpoint.safetensors",
        resume=resume,
        progress=False,
    )
    digest = hashlib.sha256()
    for tensor in network.state_dict().values():
        digest.update(tensor.numpy().tobytes())
    (folder / "sha256").write_text(digest.hexdigest())


def _network() -> nn.Module:
    torch.manual_seed(1)
    return nn.Sequential(
        nn.Conv1d(1, 16, 7, padding=3),
        nn.BatchNorm1d(16),
        nn.ReLU(),
        nn.MaxPool1d(4),
        nn.Conv1d(16, 24, 5, padding=2),
        nn.ReLU(),
        nn.Flatten(),
        nn.Dropout(0.3),
        nn.Linear(24 * 24, 2),
    )


def _noise(
    inputs: torch.Tensor, targets: torch.Tensor, generator: torch.Generator
) -> tuple[torch.Tensor, torch.Tensor]:
    return inputs + 0.1 * torch.randn(inputs.shape, generator=generator), targets


def _trial(folder: Path, epochs: int, moment: float, wanted: str) -> Trial | None:
    """Kill a training, resume it and compare; None when it had ended before it could be killed."""
    checkpoint = folder / "checkpoint.safetensors"
    process = _forked(lambda: train(folder, epochs, resume=False))
    while not checkpoint.exists():
        if os.waitpid(process, os.WNOHANG) != (0, 0):
            raise RuntimeError("the training ended before its first checkpoint")
        time.sleep(0.0005)
    time.sleep(moment)
    os.kill(process, signal.SIGKILL)
    if not os.WIFSIGNALED(os.waitpid(process, 0)[1]):
        return None
    left_over = any(folder.glob(".*.tmp"))
    found = _what_it_holds(checkpoint)
    return Trial(moment, found, left_over, _trained(folder, epochs, resume=True) == wanted)


def _what_it_holds(checkpoint: Path) -> str:
    description = json.loads(read_sealed(checkpoint, _KIND).text)
    return "a finished training" if description["finished"] else f"{len(description['history'])} epochs"


def _trained(folder: Path, epochs: int, *, resume: bool) -> str:
    """Train to the end in a process of its own; return the weights' SHA-256."""
    folder.mkdir(exist_ok=True)
    _, status = os.waitpid(_forked(lambda: train(folder, epochs, resume=resume)), 0)
    return (folder / "sha256").read_text() if status == 0 else "the training failed"


def _forked(work: Callable[[], None]) -> int:
    """Run ``work`` in a forked process and return its number.

    The parent never computes anything, so that torch has no threads a fork could lose.
    """
    sys.stdout.flush()
    process = os.fork()
    if process:
        return process
    try:
        work()
    except BaseException:
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


if __name__ == "__main__":
    sys.exit(main())
