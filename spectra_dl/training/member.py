"""Train networks from nothing on arrays: initial weights of a seed, batches, the loop, and back to the processor."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from spectra_dl.training.batches import Batches, TensorBatches
from spectra_dl.training.grouped.batches import GroupBatches
from spectra_dl.training.grouped.network import NetworkGroup
from spectra_dl.training.loop import Augment, fit
from spectra_dl.training.losses import Loss
from spectra_dl.training.settings import TrainingSettings


class BatchSource(Protocol):
    """Rows with what is to be learnt of each, as batches: `Examples` where they are an array, else what a `RowSource` gives."""

    def batches(self, settings: TrainingSettings, passes: int = 1) -> Batches:
        """Return the rows as the loop takes them.

        Parameters
        ----------
        settings
            Say how large a batch is, and seed the order of rows.
        passes
            Over all rows in an epoch.
        """


class RowSource(Protocol):
    """Rows that are no array, because they differ in size or an epoch sees a part of each."""

    def __len__(self) -> int: ...

    def examples(self, targets: NDArray[Any]) -> BatchSource:
        """Return the rows with a target ``(n, ...)`` for each."""


@dataclass(frozen=True, eq=False)
class Examples:
    """Rows with what is to be learnt of each.

    Attributes
    ----------
    inputs
        ``(n, ...)`` float32.
    targets
        ``(n,)`` int64 class numbers, or ``(n, ...)`` float32.
    """

    inputs: NDArray[np.float32]
    targets: NDArray[Any]

    def batches(self, settings: TrainingSettings, passes: int = 1) -> TensorBatches:
        """Return the rows as the loop takes them.

        Parameters
        ----------
        settings
            Say how large a batch is, and seed the order of rows.
        passes
            Over all rows in an epoch.
        """
        inputs, targets = torch.from_numpy(self.inputs), torch.from_numpy(self.targets)
        return TensorBatches(
            inputs, targets, batch_size=settings.batch_size, seed=settings.seed, passes=passes
        )


def train_member(
    build: Callable[[], nn.Module],
    loss: Loss,
    learn: BatchSource,
    stop: BatchSource | None,
    settings: TrainingSettings,
    *,
    weights_seed: int,
    augment: Augment | None = None,
    checkpoint: Path | None = None,
    resume: bool = False,
    progress: bool = True,
) -> nn.Module:
    """Build a network, train it and return it with its best weights, on the processor and in evaluation mode.

    Parameters
    ----------
    build
        Builds the network with weights drawn from torch's global generator, which is given back as it was.
    loss
        See `spectra_dl.training.loop.fit`.
    learn
        Rows to learn from.
    stop
        Rows that only say which epoch is the best and when to stop; None keeps the last weights.
    settings
        Settings of the loop.
    weights_seed
        Seed of the initial weights.
    augment, checkpoint, resume, progress
        See `spectra_dl.training.loop.fit`.

    Raises
    ------
    TrainingDivergedError
        The loss is no longer finite.
    """
    network = seeded_network(build, weights_seed)
    fit(
        network,
        loss,
        learn.batches(settings, settings.passes),
        None if stop is None else stop.batches(settings),
        settings,
        augment=augment,
        checkpoint=checkpoint,
        resume=resume,
        progress=progress,
    )
    return network.cpu()


def train_group(
    group: NetworkGroup,
    loss: Loss,
    learn: Sequence[tuple[Examples, int]],
    settings: TrainingSettings,
    *,
    augment: Augment | None = None,
    checkpoint: Path | None = None,
    resume: bool = False,
) -> tuple[nn.Module, ...]:
    """Train a group of networks and return each with its last weights, on the processor and in evaluation mode.

    Parameters
    ----------
    group
        The networks, untrained.
    loss
        See `spectra_dl.training.loop.fit`; of ``(N, M, ...)`` outputs and targets.
    learn
        The rows that each member learns from, and the seed of their order.
    settings
        Settings of the loop.
    augment, checkpoint, resume
        See `spectra_dl.training.loop.fit`.

    Raises
    ------
    TrainingDivergedError
        The loss is no longer finite.
    """
    each = (rows.batches(replace(settings, seed=seed), settings.passes) for rows, seed in learn)
    fit(
        group,
        loss,
        GroupBatches(tuple(each)),
        None,
        settings,
        augment=augment,
        checkpoint=checkpoint,
        resume=resume,
        progress=False,
    )
    return tuple(network.cpu().eval() for network in group.separate())


def seeded_network(build: Callable[[], nn.Module], seed: int) -> nn.Module:
    """Build a network with weights of a seed.

    Parameters
    ----------
    build
        Draws them from torch's global generator, which is given back as it was.
    seed
        Of the weights.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return build()
