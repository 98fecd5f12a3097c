"""What it costs to train five members of an ensemble as one network, against one after another.

Run: ``python benchmarks/speed/training/members_together.py [pairs]``, 5 unless said. 1,025 spectra of 900 points, the default network with its
augmentation and as many steps as `train` takes. CPU time, one thread, alternating; medians, and the median of the ratios. "With
torch's dropout" is one after another as it was before dropout drew packed bits.
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import statistics
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
import torch
from cpu_time import cpu_seconds
from torch import nn

from spectra_dl.spectra.estimators.augmentation import Augmentation
from spectra_dl.spectra.estimators.classifier import DEFAULT_TRAINING
from spectra_dl.spectra.networks.compact import Compact
from spectra_dl.spectra.networks.compact_group import CompactGroup
from spectra_dl.training.grouped.each_member import EachAugment, EachLoss
from spectra_dl.training.losses import cross_entropy
from spectra_dl.training.member import Examples, seeded_network, train_group, train_member

ROWS, POINTS, CLASSES, MEMBERS = 1025, 900, 2, 5
LOSS = cross_entropy([1.0, 1.0], 0.1)
SETTINGS = DEFAULT_TRAINING.for_rows(ROWS)


def main() -> None:
    """Print the times of each way, and what the first takes of the others."""
    pairs = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    torch.set_num_threads(1)
    generator = np.random.default_rng(0)
    targets = generator.integers(0, CLASSES, ROWS)
    bands = 0.2 * targets[:, None] * np.sin(np.arange(POINTS) / 9)
    rows = Examples((generator.normal(size=(ROWS, POINTS)) + bands).astype(np.float32), targets)
    ways = {
        "together": partial(together, rows),
        "one after another": partial(one_after_another, rows, network),
        "with torch's dropout": partial(one_after_another, rows, network_with_torchs_dropout),
    }
    for way in ways.values():
        way()
    times = [{name: cpu_seconds(way) for name, way in ways.items()} for _ in range(pairs)]
    for name in ways:
        taken = statistics.median(each[name] for each in times)
        ratio = statistics.median(each[name] / each["together"] for each in times)
        print(f"{MEMBERS} members, {ROWS} x {POINTS}, {name}: {taken:.2f} s, {ratio:.2f} x")


def network() -> nn.Module:
    """Return the default network."""
    return Compact(POINTS, CLASSES)


def network_with_torchs_dropout() -> nn.Module:
    """Return the default network with the dropout that it had."""
    built = Compact(POINTS, CLASSES)
    built.drop, built.hidden[3] = nn.Dropout(0.5), nn.Dropout(0.3)
    return built


def together(rows: Examples) -> None:
    """Train the members as one network."""
    members = CompactGroup([seeded_network(network, number) for number in range(MEMBERS)])
    learn = [(rows, number) for number in range(MEMBERS)]
    train_group(
        members, EachLoss((LOSS,) * MEMBERS), learn, SETTINGS, augment=EachAugment(Augmentation(), CLASSES)
    )


def one_after_another(rows: Examples, build: Callable[[], nn.Module]) -> None:
    """Train the members one by one."""
    for number in range(MEMBERS):
        train_member(
            build, LOSS, rows, None, SETTINGS, weights_seed=number, augment=Augmentation(), progress=False
        )


if __name__ == "__main__":
    main()
