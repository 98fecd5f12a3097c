"""Compare the losses of a training in two processes with those of the same training in one.

    python benchmarks/robustness/several_processes.py --epochs 10

Each row is one network, with the largest difference of a validation loss over all epochs: in single precision; in single
precision between two trainings in one process whose inputs differ by one part in ten million, which shows how far the
network carries rounding; and in double precision. It ends with code 1 unless the last is below 1e-9 for every network.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = "1"

import torch

from spectra_dl.spectra.networks import build_network
from spectra_dl.training import TensorBatches, TrainingSettings, cross_entropy, fit
from spectra_dl.training.distributed.launch import read_launch

_NETWORKS = ("compact", "lenet5", "deepcnn", "resnet")
_POINTS = 100
_PRECISIONS = {"single": torch.float32, "double": torch.float64}


@dataclass(frozen=True)
class Training:
    """What one training gave.

    Attributes
    ----------
    losses
        The validation loss of each epoch.
    seconds
        Per epoch.
    """

    losses: list[float]
    seconds: float


def main() -> int:
    """Print the table and return the exit code."""
    parser = argparse.ArgumentParser(description="compare two processes with one")
    parser.add_argument("--epochs", type=int, default=10, metavar="N")
    parser.add_argument("--into", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    if arguments.into:
        found = {f"{name}/{kind}": vars(_train(name, arguments.epochs, kind)) for name, kind in _CASES}
        if read_launch().is_first:
            arguments.into.write_text(json.dumps(found))
        return 0
    together = _in_two_processes(arguments.epochs)
    print(
        f"{'network':<8}  {'two processes':>13}  {'rounding':>9}  {'double':>9}  seconds per epoch, one and two"
    )
    largest = 0.0
    for name in _NETWORKS:
        alone = _train(name, arguments.epochs, "single")
        precise = _distance(_train(name, arguments.epochs, "double"), together[f"{name}/double"])
        rounding = _distance(alone, _train(name, arguments.epochs, "single", changed=1e-7))
        two = together[f"{name}/single"]
        print(
            f"{name:<8}  {_distance(alone, two):>13.1e}  {rounding:>9.1e}  {precise:>9.1e}  {alone.seconds:.3f}  {two.seconds:.3f}"
        )
        largest = max(largest, precise)
    return 0 if largest < 1e-9 else 1


_CASES = [(name, kind) for name in _NETWORKS for kind in _PRECISIONS]


def _in_two_processes(epochs: int) -> Mapping[str, Training]:
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    with tempfile.TemporaryDirectory() as folder:
        into = Path(folder) / "found.json"
        subprocess.run([*launcher, __file__, "--epochs", str(epochs), "--into", str(into)], check=True)
        return {case: Training(**found) for case, found in json.loads(into.read_text()).items()}


def _train(name: str, epochs: int, kind: str, *, changed: float = 0.0) -> Training:
    """Train on 180 rows in batches of 32 with augmentation, dropout and batch normalisation as the network has them."""
    draw = torch.Generator().manual_seed(0)
    inputs = torch.randn(240, _POINTS, generator=draw)
    targets = (inputs[:, :20].sum(dim=1) > 0).long()
    inputs = (inputs * (1 + changed * torch.randn(inputs.shape, generator=draw))).to(_PRECISIONS[kind])
    torch.manual_seed(1)
    network = build_network(name, _POINTS, 2).to(_PRECISIONS[kind])
    started = time.monotonic()
    history = fit(
        network,
        cross_entropy([1.0, 1.5], label_smoothing=0.1),
        TensorBatches(inputs[:180], targets[:180], batch_size=32, seed=0),
        TensorBatches(inputs[180:], targets[180:], batch_size=32, seed=0),
        TrainingSettings(epochs=epochs, batch_size=32, patience=epochs, device="cpu"),
        augment=_noise,
        progress=False,
    )
    losses = [row.valid_loss for row in history.epochs if row.valid_loss is not None]
    return Training(losses, (time.monotonic() - started) / epochs)


def _noise(
    inputs: torch.Tensor, targets: torch.Tensor, generator: torch.Generator
) -> tuple[torch.Tensor, torch.Tensor]:
    return inputs + 0.1 * torch.randn(inputs.shape, generator=generator, dtype=inputs.dtype), targets


def _distance(one: Training, other: Training) -> float:
    return max(abs(a - b) for a, b in zip(one.losses, other.losses, strict=True))


if __name__ == "__main__":
    sys.exit(main())
