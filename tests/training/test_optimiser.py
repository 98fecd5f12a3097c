"""AdamW's groups and the learning rate, against torch's own schedulers."""

import pytest
import torch
from torch import nn
from torch.optim.lr_scheduler import CosineAnnealingLR, LinearLR, SequentialLR

from spectra_dl.training.optimiser import build_adamw, learning_rate_at
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
