"""Train small networks, alone when imported and under torchrun when run: ``-m train_together JOB FOLDER``."""

import hashlib
import json
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import nn

from spectra_dl.errors import SpectraDLError
from spectra_dl.expression.estimators.head_registry import build_head
from spectra_dl.expression.estimators.losses import pearson_loss
from spectra_dl.spectra.networks import build_network
from spectra_dl.training import (
    EpochRecord,
    History,
    TensorBatches,
    TrainingInterrupted,
    TrainingSettings,
    cross_entropy,
    fit,
)
from spectra_dl.training.losses import Loss

WIDTH = 64
SETTINGS = TrainingSettings(batch_size=16, device="cpu")
NETWORKS = ("compact", "lenet5", "deepcnn", "context")
UNSHARED: dict[str, nn.Module] = {
    "other dropout": nn.AlphaDropout(0.5),
    "inner dropout": nn.LSTM(2, 2, num_layers=2, dropout=0.5),
    "batch statistics while judging": nn.BatchNorm1d(2, track_running_stats=False),
    "dropout of other rows": nn.Sequential(nn.Flatten(0), nn.Dropout(0.5), nn.Unflatten(0, (-1, 2))),
}


def rows(n_rows: int, seed: int, dtype: torch.dtype = torch.float32) -> TensorBatches:
    """Return weighted rows; 35 of them make batches of 12, 12 and 11."""
    draw = torch.Generator().manual_seed(seed)
    inputs = torch.randn(n_rows, WIDTH, generator=draw).to(dtype)
    weight = torch.rand(n_rows, generator=draw).to(dtype)
    targets = (inputs[:, :20].sum(dim=1) > 0).long()
    return TensorBatches(inputs, targets, batch_size=16, seed=0, weight=weight)


@dataclass(frozen=True)
class Noise:
    """Add white noise."""

    size: float = 0.1

    def __call__(
        self, inputs: torch.Tensor, targets: torch.Tensor, generator: torch.Generator
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return inputs with noise, and the targets."""
        return inputs + self.size * torch.randn(
            inputs.shape, generator=generator, dtype=inputs.dtype
        ), targets


class Shown(nn.Module):
    """Show a head of expression four neighbours, cut from one row."""

    def __init__(self) -> None:
        super().__init__()
        self.head = build_head("context", n_regions=4, n_features=WIDTH // 4, n_outputs=2)

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Return ``(N, 2)``."""
        outputs: torch.Tensor = self.head(inputs.reshape(-1, 4, WIDTH // 4))
        return outputs


def network(name: str) -> nn.Module:
    """Return a network whose weights depend on nothing but its name."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(3)
        return Shown() if name == "context" else build_network(name, WIDTH, 2)


def train(
    trained: nn.Module,
    *,
    dtype: torch.dtype = torch.float32,
    epochs: int = 4,
    n_valid: int = 17,
    loss: Loss | None = None,
    checkpoint: Path | None = None,
    resume: bool = False,
    stop_requested: Callable[[], bool] | None = None,
    seen: list[EpochRecord] | None = None,
) -> History:
    """Train as all jobs here do."""
    return fit(
        trained.to(dtype),
        loss or cross_entropy([1.0, 1.5], label_smoothing=0.1),
        rows(35, 5, dtype),
        rows(n_valid, 6, dtype),
        replace(SETTINGS, epochs=epochs),
        augment=Noise(),
        checkpoint=checkpoint,
        resume=resume,
        stop_requested=stop_requested,
        callbacks=[] if seen is None else [seen.append],
    )


def losses(history: History) -> list[float]:
    """Return all losses in one list."""
    return [loss for row in history.epochs for loss in (row.train_loss, row.valid_loss) if loss is not None]


def correlation(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Return a loss that is one of the batch, not of its rows one by one."""
    return pearson_loss(outputs, nn.functional.one_hot(targets, 2).to(outputs.dtype))


def precise_losses(name: str, loss: Loss | None = None) -> list[float]:
    """Return the validation losses of a training in double precision; the loop adds up training losses in single precision."""
    return losses(train(network(name), dtype=torch.float64, epochs=2, loss=loss))[1::2]


def digest(trained: nn.Module) -> str:
    """Return a digest of the weights."""
    content = b"".join(tensor.numpy().tobytes() for tensor in trained.state_dict().values())
    return hashlib.sha256(content).hexdigest()


def diverging() -> str:
    """Train on a row whose loss overflows; return the error's sentence."""
    good = rows(35, 5)
    targets = torch.zeros(35)
    targets[17] = 3e38
    batches = TensorBatches(good.inputs, targets, batch_size=16, seed=0)
    try:
        fit(network("lenet5"), lambda outputs, wanted: (outputs[:, 0] - wanted) ** 2, batches, None, SETTINGS)
    except SpectraDLError as err:
        return str(err)
    return "it did not diverge"


def refused(layer: nn.Module) -> str:
    """Train a network with the layer; return the error's sentence."""
    try:
        fit(nn.Sequential(nn.Linear(WIDTH, 2), layer), cross_entropy(), rows(35, 5), None, SETTINGS)
    except SpectraDLError as err:
        return str(err)
    return "it was not refused"


def after(steps: int, act: Callable[[], None]) -> Callable[[], bool]:
    """Return a function that acts when it is called for the ``steps``-th time, and never asks to stop."""
    left = iter(range(steps - 1, -1, -1))

    def call() -> bool:
        if next(left, None) == 0:
            act()
        return False

    return call


def signal_in_process_1(number: int) -> Callable[[], bool]:
    """Return what ends process 1, and no other, by a signal in its seventh step, the first of epoch 3."""
    sends_signal = os.environ.get("RANK") == "1"
    return after(7, lambda: os.kill(os.getpid(), number) if sends_signal else None)


def stopped_and_resumed(folder: Path) -> dict[str, object]:
    """Stop a training by a signal to one process, go on, and compare with an undisturbed one."""
    undisturbed, stopped, resumed = (network("lenet5") for _ in range(3))
    wanted = train(undisturbed, checkpoint=folder / "undisturbed")
    message = "it was not stopped"
    try:
        train(stopped, checkpoint=folder / "stopped", stop_requested=signal_in_process_1(signal.SIGTERM))
    except TrainingInterrupted as err:
        message = str(err)
    if os.environ["RANK"] == "0":
        (folder / "stopped-copy").write_bytes((folder / "stopped").read_bytes())
    got = train(resumed, checkpoint=folder / "stopped", resume=True)
    return {
        "message": message,
        "wanted": losses(wanted),
        "got": losses(got),
        "wanted weights": digest(undisturbed),
        "got weights": digest(resumed),
    }


def everything(folder: Path) -> dict[str, object]:
    """Return what the tests compare."""
    seen: list[EpochRecord] = []
    return {
        "precise": {name: precise_losses(name) for name in NETWORKS},
        "single": {
            name: losses(train(network(name), seen=seen))
            for name in ("compact", "lenet5", "deepcnn", "context")
        },
        "correlation": precise_losses("context", correlation),
        "one validation row": losses(train(network("lenet5"), n_valid=1)),
        "records seen": len(seen),
        "diverging": diverging(),
        "refused": {kind: refused(layer) for kind, layer in UNSHARED.items()},
        "stopped": stopped_and_resumed(folder),
    }


def main() -> int:
    """Do the job in this one of several processes."""
    job, folder, rank = sys.argv[1], Path(sys.argv[2]), os.environ["RANK"]
    torch.set_num_threads(1)
    try:
        if job == "killed":
            stop = signal_in_process_1(signal.SIGKILL)
            train(network("lenet5"), checkpoint=folder / "checkpoint", stop_requested=stop)
        else:
            (folder / f"found-{rank}.json").write_text(json.dumps(everything(folder)))
            # Last, because this one ends the processes.
            fit(network("lenet5"), cross_entropy(), rows(35, int(rank)), None, SETTINGS)
    except SpectraDLError as err:
        sys.stderr.write(f"{err}\n")
        return err.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
