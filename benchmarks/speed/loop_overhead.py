"""What the training loop and its data feed cost, against the plainest torch code that does the same.

    python benchmarks/speed/loop_overhead.py

CPU time on one thread, pairs in alternating order, median ratio of the pairs: absolute times don't travel, ratios within
one process do. It ends with code 1 unless ``fit`` takes at most 1.05 times the hand-written loop and `TensorBatches` feeds at
least 4 times as fast as a DataLoader. The hand-written loop knows no validation, checkpoint, augmentation or stop on
a loss that is not finite, and builds its optimiser as most people do. ``fit`` uses torch's fused one, so a second row, without a
target, gives the hand-written loop that one too: what is left there is Lightning Fabric's share and ours.
"""

import argparse
import os
import statistics
import sys
import time
from collections.abc import Callable
from functools import partial

os.environ["OMP_NUM_THREADS"] = "1"

import torch
from torch import nn
from torch.nn import functional
from torch.utils.data import DataLoader, TensorDataset

from spectra_dl.spectra.networks import build_network
from spectra_dl.training import TensorBatches, TrainingSettings, cross_entropy, fit
from spectra_dl.training.optimiser import learning_rate_at

SPECTRA, WAVENUMBERS, CLASSES, BATCH = 1281, 1000, 2, 64
MOST_OVERHEAD, LEAST_SPEEDUP = 1.05, 4.0
Work = Callable[[], object]


def main() -> int:
    """Measure, print the table and return the exit code."""
    parser = argparse.ArgumentParser(description="cost of the training loop and of its data feed")
    parser.add_argument("--pairs", type=int, default=9, metavar="N", help="pairs of measurements (default 9)")
    parser.add_argument(
        "--epochs", type=int, default=10, metavar="N", help="epochs per training (default 10)"
    )
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    draw = torch.Generator().manual_seed(0)
    inputs = torch.randn(SPECTRA, WAVENUMBERS, generator=draw)
    targets = torch.randint(CLASSES, (SPECTRA,), generator=draw)
    batches = TensorBatches(inputs, targets, batch_size=BATCH, seed=0)
    loader = DataLoader(TensorDataset(inputs, targets), batch_size=BATCH, shuffle=True, num_workers=0)
    settings = TrainingSettings(epochs=arguments.epochs, batch_size=BATCH, device="cpu")

    print(
        f"{SPECTRA} x {WAVENUMBERS}, batch {BATCH}, {arguments.pairs} pairs, CPU seconds on one thread (median)"
    )
    print(f"{'':<28}  {'theirs':>8}  {'ours':>8}  {'ratio':>7}  target")
    ratios = []
    for fused, target in ((False, f"at most {MOST_OVERHEAD}"), (True, "none")):
        theirs, ours, ratio = _compare(
            partial(_hand_written, batches, settings, fused=fused),
            lambda: fit(_network(), cross_entropy(), batches, None, settings, progress=False),
            arguments.pairs,
        )
        name = f"{arguments.epochs} epochs{', both fused' if fused else ''}"
        print(f"{name:<28}  {theirs:>8.3f}  {ours:>8.3f}  {ratio:>7.3f}  {target}")
        ratios.append(ratio)
    theirs, ours, share = _compare(
        lambda: _feed_loader(loader), lambda: _feed_ours(batches), 3 * arguments.pairs
    )
    print(
        f"{'data feed, 1 epoch':<28}  {theirs:>8.4f}  {ours:>8.4f}  {1 / share:>7.1f}  at least {LEAST_SPEEDUP} faster"
    )
    return 0 if ratios[0] <= MOST_OVERHEAD and 1 / share >= LEAST_SPEEDUP else 1


def _compare(theirs: Work, ours: Work, pairs: int) -> tuple[float, float, float]:
    """Return the median seconds of both and the median of the ratios ours / theirs, after one unmeasured pair."""
    theirs(), ours()
    seconds = []
    for pair in range(pairs):
        if pair % 2:
            second, first = _cpu_seconds(ours), _cpu_seconds(theirs)
        else:
            first, second = _cpu_seconds(theirs), _cpu_seconds(ours)
        seconds.append((first, second))
    ratio = statistics.median(second / first for first, second in seconds)
    return statistics.median(row[0] for row in seconds), statistics.median(row[1] for row in seconds), ratio


def _cpu_seconds(work: Work) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started


def _network() -> nn.Module:
    torch.manual_seed(0)
    return build_network("compact", WAVENUMBERS, CLASSES)


def _hand_written(batches: TensorBatches, settings: TrainingSettings, *, fused: bool) -> None:
    """Do the same sums as ``fit``: the same rows per step, AdamW, schedule and clipping."""
    network = _network()
    decayed = [p for p in network.parameters() if p.ndim >= 2]
    plain = [p for p in network.parameters() if p.ndim < 2]
    optimiser = torch.optim.AdamW(
        [{"params": decayed, "weight_decay": settings.weight_decay}, {"params": plain, "weight_decay": 0.0}],
        fused=fused or None,
    )
    steps = len(batches)
    for epoch in range(settings.epochs):
        network.train()
        total = 0.0
        for step, rows in enumerate(torch.randperm(len(batches.inputs)).tensor_split(steps)):
            for group in optimiser.param_groups:
                group["lr"] = learning_rate_at(epoch * steps + step, settings.epochs * steps, settings)
            loss = functional.cross_entropy(network(batches.inputs[rows]), batches.targets[rows])
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(network.parameters(), settings.gradient_clip)
            optimiser.step()
            total += loss.item() * len(rows)


def _feed_loader(loader: "DataLoader[tuple[torch.Tensor, ...]]") -> None:
    for _ in loader:
        pass


def _feed_ours(batches: TensorBatches) -> None:
    for _ in batches.shuffled(epoch=0):
        pass


if __name__ == "__main__":
    sys.exit(main())
