"""AdamW's groups and the learning rate, against torch's own schedulers."""

import subprocess
import sys

import pytest
import torch
from torch import nn
from torch.optim.lr_scheduler import CosineAnnealingLR, LinearLR, SequentialLR

from spectra_dl.training.optimiser import PlainAdamW, build_adamw, learning_rate_at
from spectra_dl.training.settings import TrainingSettings


def test_biases_and_normalisation_layers_do_not_decay() -> None:
    network = nn.Sequential(nn.Conv1d(1, 2, 3), nn.BatchNorm1d(2), nn.Flatten(), nn.Linear(4, 2))
    optimiser = build_adamw(network, TrainingSettings(weight_decay=0.1))
    decayed = {
        id(p) for group in optimiser.param_groups if group["weight_decay"] == 0.1 for p in group["params"]
    }
    assert decayed == {id(network[0].weight), id(network[3].weight)}
    assert sum(len(group["params"]) for group in optimiser.param_groups) == len(list(network.parameters()))


def test_the_schedule_is_torchs_linear_rise_and_cosine() -> None:
    settings = TrainingSettings(learning_rate=0.02, warmup=0.1)
    weight = nn.Parameter(torch.zeros(1))
    optimiser = torch.optim.SGD([weight], lr=0.02)
    rise = LinearLR(optimiser, start_factor=1 / 20, total_iters=19)
    theirs = SequentialLR(optimiser, [rise, CosineAnnealingLR(optimiser, 180)], milestones=[20])
    for step in range(200):
        assert learning_rate_at(step, 200, settings) == pytest.approx(
            optimiser.param_groups[0]["lr"], rel=1e-9
        )
        optimiser.step()
        theirs.step()


def steps_of(optimiser_class: type[torch.optim.AdamW]) -> dict[str, torch.Tensor]:
    """Return the weights of a small network after twenty steps."""
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(5, 4), nn.BatchNorm1d(4), nn.Linear(4, 2))
    optimiser = optimiser_class(
        [{"params": [one], "weight_decay": 0.1 * one.ndim} for one in network.parameters()],
        lr=0.01,
        fused=True,
    )
    for _ in range(20):
        network(torch.randn(6, 5)).square().sum().backward()
        optimiser.step()
        optimiser.zero_grad()
        assert all(one.grad is None for one in network.parameters())
    return network.state_dict()


def test_it_takes_the_steps_of_torch_to_the_bit() -> None:
    ours, theirs = steps_of(PlainAdamW), steps_of(torch.optim.AdamW)
    assert all(torch.equal(ours[name], theirs[name]) for name in theirs)


def test_training_does_not_import_what_only_a_compiled_network_needs() -> None:
    code = """
import sys, torch
from spectra_dl.training.batches import TensorBatches
from spectra_dl.training.loop import fit
from spectra_dl.training.losses import cross_entropy
from spectra_dl.training.settings import TrainingSettings

settings = TrainingSettings(epochs=2, batch_size=4, device="cpu")
rows = TensorBatches(torch.randn(12, 5), torch.arange(12) % 2, batch_size=4, seed=0)
fit(torch.nn.Linear(5, 2), cross_entropy(), rows, rows, settings, progress=False)
sys.exit("torch._dynamo" in sys.modules)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], check=False, capture_output=True, text=True, timeout=120
    )
    assert (done.returncode, done.stderr) == (0, "")
