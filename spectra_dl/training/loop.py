"""The training loop."""

import contextlib
import logging
import math
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import torch
from torch import nn

from spectra_dl.errors import EnvironmentFault, SpectraDLWarning, TrainingDivergedError, UsageError
from spectra_dl.execution.available_memory import keep_freed_memory
from spectra_dl.training.batches import Batch, Batches
from spectra_dl.training.checkpoint import training_identity
from spectra_dl.training.distributed.launch import read_launch
from spectra_dl.training.distributed.processes import Processes, join_processes
from spectra_dl.training.distributed.whole_batch import whole_batch_layers, whole_outputs
from spectra_dl.training.engine import Engine, start_engine
from spectra_dl.training.grouped.network import NetworkGroup, clip_each_member
from spectra_dl.training.history import EpochRecord, History
from spectra_dl.training.losses import Loss
from spectra_dl.training.on_device import Tally, counted_batches, resident, tally_for
from spectra_dl.training.opening import open_training
from spectra_dl.training.optimiser import learning_rate_at, move_moments
from spectra_dl.training.progress import epoch_text, progress_bar
from spectra_dl.training.seeds import preserved_random_state, seed_layers, seeded_generator
from spectra_dl.training.settings import TrainingSettings
from spectra_dl.training.state import TrainingState

Augment = Callable[[torch.Tensor, torch.Tensor, torch.Generator], tuple[torch.Tensor, torch.Tensor]]
_FEWEST_ROWS_AT_A_TIME = 8
_LOG = logging.getLogger(__name__)
_NAMED_ROWS = 10


class TrainingInterrupted(KeyboardInterrupt):
    """The training was asked to stop and did so after a whole step.

    It is a KeyboardInterrupt, so that no ``except Exception`` takes a half-trained network for a trained one.
    """


@dataclass
class _Job:
    """What stays the same during a training; only ``micro_batches`` grows when memory is short."""

    engine: Engine
    processes: Processes
    network: nn.Module
    optimiser: torch.optim.AdamW
    loss: Loss
    train: Batches
    valid: Batches | None
    settings: TrainingSettings
    augment: Augment | None
    stop_requested: Callable[[], bool]
    write: Callable[[TrainingState], None]
    tally: Tally | None
    micro_batches: int = 1


def fit(
    network: nn.Module,
    loss: Loss,
    train: Batches,
    valid: Batches | None,
    settings: TrainingSettings,
    *,
    augment: Augment | None = None,
    checkpoint: Path | None = None,
    resume: bool = False,
    progress: bool = True,
    callbacks: Sequence[Callable[[EpochRecord], None]] = (),
    stop_requested: Callable[[], bool] | None = None,
) -> History:
    """Train ``network`` in place and leave it with its best weights, in evaluation mode.

    Under torchrun the processes train one network together, each on its share of every batch, and all end with it. The
    first one alone reads and writes the checkpoint, shows progress and runs the callbacks.

    Parameters
    ----------
    network
        Takes a batch of inputs ``(N, ...)``.
    loss
        Takes the network's outputs ``(N, ...)`` and targets ``(N, ...)`` and returns one value per row ``(N,)``.
    train
        Rows to learn from.
    valid
        Rows that only say which epoch is the best and when to stop; None keeps the last weights.
    settings
        Settings of the loop.
    augment
        Takes inputs, targets and a generator, and returns changed inputs and targets. It sees the whole batch,
        whatever the number of processes, and draws the same for the same (seed, epoch, step).
    checkpoint
        A file that keeps the training; it must not exist unless ``resume``.
    resume
        Go on from ``checkpoint``. The weights end up bit for bit as those of a training that was not disturbed; a
        finished training returns at once.
    progress
        Show a bar when standard error is a terminal.
    callbacks
        Each takes every epoch's record, after the checkpoint is written.
    stop_requested
        Asked after each step; when it returns True, on any process, the checkpoint is written and the training ends.
        Several processes also stop so when one gets SIGINT or SIGTERM.

    Returns
    -------
    History
        One record per epoch.

    Raises
    ------
    TrainingDivergedError
        A loss, gradient or weight is not finite. The step is not taken, and the last checkpoint is kept.
    TrainingInterrupted
        ``stop_requested`` returned True.
    UsageError
        The device is not there; there is nothing to resume, or it is another training; the checkpoint exists already;
        a layer can't be shared by several processes.
    EnvironmentFault
        The checkpoint can't be written, memory is too small, or another process ended.
    """
    keep_freed_memory()
    processes = join_processes(read_launch(), settings.device)
    state = TrainingState.start(network, settings)
    write = open_training(
        checkpoint,
        state,
        lambda: training_identity(settings, train, valid, loss, augment),
        processes,
        resume=resume,
    )
    if not state.finished:
        engine = start_engine(settings, processes.launch)
        network.to(engine.device)
        move_moments(state.optimiser)
        job = _Job(
            engine=engine,
            processes=processes,
            network=network,
            optimiser=state.optimiser,
            loss=loss,
            train=resident(train, engine.device),
            valid=None if valid is None else resident(valid, engine.device),
            settings=settings,
            augment=augment,
            stop_requested=stop_requested or (lambda: False),
            write=write,
            tally=tally_for(engine.device),
        )
        first = processes.launch.is_first
        with (
            preserved_random_state(engine.device),
            whole_batch_layers(network, processes),
            processes.deferred_signals(),
            progress_bar(settings.epochs, state.epoch, show=progress and first) as bar,
        ):
            _train(job, state, [bar, *callbacks] if first else [])
    network.load_state_dict(state.best)
    network.eval()
    return state.history


def _train(job: _Job, state: TrainingState, callbacks: Sequence[Callable[[EpochRecord], None]]) -> None:
    """Run epoch after epoch until the state is finished."""
    if state.epoch == 0 and state.step == 0:
        _save(job, state)
    while not state.finished:
        started = time.monotonic()
        with contextlib.nullcontext() if job.tally is None else counted_batches(job.network):
            _train_epoch(job, state)
        record = EpochRecord(
            epoch=state.epoch + 1,
            train_loss=state.loss_sum / job.train.n_rows,
            valid_loss=None if job.valid is None else _mean_loss(job, job.valid, state),
            learning_rate=_learning_rate(job, state.epoch, len(job.train) - 1),
            seconds=time.monotonic() - started,
        )
        state.close_epoch(record, job.settings)
        if state.finished or state.epoch % job.settings.checkpoint_every == 0:
            _save(job, state)
        _LOG.debug(epoch_text(record), extra={"epoch": record.epoch, "epochs": job.settings.epochs})
        for callback in callbacks:
            callback(record)


def _train_epoch(job: _Job, state: TrainingState) -> None:
    """Take the steps that are left of the epoch under way."""
    job.network.train()
    for batch in job.train.shuffled(state.epoch, state.step):
        place = (state.epoch, state.step)
        rate = _learning_rate(job, *place)
        for group in job.optimiser.param_groups:
            group["lr"] = rate
        if job.augment is not None:
            generator = seeded_generator(job.settings.seed, "augment", *place, device=batch.inputs.device)
            inputs, targets = job.augment(batch.inputs, batch.targets, generator)
            batch = batch._replace(inputs=inputs, targets=targets)
        loss, norm = _gradient(job, batch, *place)
        # Before the step is taken: weights that are not finite never come to be, so none can be saved.
        if job.tally is None:
            _count_now(job, state, batch, torch.stack((loss, norm)))
        else:
            # AdamW leaves a step out where this is 1, without anybody asking the device.
            vars(state.optimiser)["found_inf"] = job.tally.add(loss, norm, len(batch.rows), state.step)
        job.optimiser.step()
        job.optimiser.zero_grad()
        state.step += 1
        if job.processes.any_process(job.stop_requested() or job.processes.received_signal > 0):
            _read_tally(job, state)
            _save(job, state)
            raise TrainingInterrupted(
                f"training stopped as asked, in epoch {state.epoch + 1} after step {state.step} of {len(job.train)}; its checkpoint, where one was asked for, goes on from here"
            )
    _read_tally(job, state)


def _count_now(job: _Job, state: TrainingState, batch: Batch, loss_and_norm: torch.Tensor) -> None:
    loss, norm = loss_and_norm.tolist()
    if not math.isfinite(loss + norm):
        raise _diverged(job, batch, (state.epoch, state.step), f"loss {loss:g}, gradient {norm:g}")
    state.loss_sum += loss * len(batch.rows)


def _read_tally(job: _Job, state: TrainingState) -> None:
    """Take over the losses that were left on the device; a step that was not finite was not taken, and is reported now."""
    if job.tally is None:
        return
    total, broken = job.tally.read()
    if broken is not None:
        raise _diverged(job, None, (state.epoch, broken), "loss or gradient not finite")
    state.loss_sum += total


def _gradient(job: _Job, batch: Batch, epoch: int, step: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Compute the batch's mean loss and its clipped gradient; return that loss and the gradient's norm before clipping, ``()``."""
    while True:
        seed_layers(job.engine.device, job.settings.seed, "layers", epoch, step, 0)
        try:
            return _forward_and_backward(job, batch)
        except torch.OutOfMemoryError as err:
            _halve_micro_batches(job, len(batch.rows), err)
        job.optimiser.zero_grad()


def _forward_and_backward(job: _Job, batch: Batch) -> tuple[torch.Tensor, torch.Tensor]:
    scale = 1 / len(batch.rows)
    mean_loss = torch.zeros((), device=job.engine.device)
    for part in batch.split(job.micro_batches):
        loss = _shared_losses(job, part).sum() * scale  # (n,) -> (), a share of the whole batch's mean
        torch.autograd.backward(loss)
        mean_loss += loss.detach()
    job.processes.all_reduce_gradients(job.network)
    return mean_loss, _clipped_norm(job)


def _clipped_norm(job: _Job) -> torch.Tensor:
    """Shorten the gradient, of each member of a group on its own, and return its norm before, ``()``."""
    longest = job.settings.gradient_clip
    if isinstance(job.network, NetworkGroup):
        return clip_each_member(job.network.parameters(), job.network.members, longest)
    trained = [parameter for group in job.optimiser.param_groups for parameter in group["params"]]
    return nn.utils.clip_grad_norm_(trained, longest)


def _shared_losses(job: _Job, batch: Batch) -> torch.Tensor:
    """Return the losses of all rows ``(N,)``, of which each process's network has seen its share."""
    count = job.processes.launch.world_size
    if len(batch.rows) < count:
        raise UsageError(
            f"a batch has {len(batch.rows)} rows for {count} processes; use fewer processes or a larger batch_size"
        )
    there = batch.to(job.engine.device)
    outputs = job.engine.outputs(job.network, job.processes.local_batch(there).inputs)  # (n, ...) -> (n, ...)
    return _row_losses(job, whole_outputs(outputs, job.processes), there)


def _row_losses(job: _Job, outputs: torch.Tensor, batch: Batch) -> torch.Tensor:
    losses = job.loss(outputs, batch.targets)
    if losses.shape != batch.rows.shape:
        raise UsageError(
            f"the loss returned shape {tuple(losses.shape)} for {len(batch.rows)} rows; it must return one value per row (reduction='none')"
        )
    return losses if batch.weight is None else losses * batch.weight


@torch.no_grad()
def _mean_loss(job: _Job, batches: Batches, state: TrainingState) -> float:
    """Return the mean loss over all rows, without changing anything."""
    job.network.eval()
    launch = job.processes.launch
    total = torch.zeros((), dtype=torch.float64, device=job.engine.device)
    # Each process takes whole batches in turn.
    for batch in islice(batches.in_order(), launch.rank, None, launch.world_size):
        there = batch.to(job.engine.device)
        total += _row_losses(job, job.engine.outputs(job.network, there.inputs), there).sum()
    mean = job.processes.all_reduce_number(float(total)) / batches.n_rows
    if not math.isfinite(mean):
        place = (state.epoch, state.step - 1)
        raise _diverged(job, None, place, f"validation loss {mean:g}")
    return mean


def _learning_rate(job: _Job, epoch: int, step: int) -> float:
    steps = len(job.train)
    return learning_rate_at(epoch * steps + step, job.settings.epochs * steps, job.settings)


def _save(job: _Job, state: TrainingState) -> None:
    """Write the checkpoint, where one was asked for, of a state that is worth keeping."""
    if broken := state.first_not_finite():
        raise TrainingDivergedError(
            f"training diverged: after {state.epoch} epochs and {state.step} steps {broken} is not finite; lower the learning rate"
        )
    job.write(state)
    job.processes.any_process(False)  # none goes on before the file is whole


def _halve_micro_batches(job: _Job, n_rows: int, err: torch.OutOfMemoryError) -> None:
    """Take the batch in twice as many micro-batches from now on, or give up."""
    rows = n_rows // job.processes.launch.world_size // job.micro_batches
    if rows < 2 * _FEWEST_ROWS_AT_A_TIME or job.processes.several:
        raise EnvironmentFault(
            f"not enough memory on device {job.engine.device} for {rows} rows at a time; try batch_size={max(1, rows // 2)}, or device='cpu'"
        ) from err
    job.micro_batches *= 2
    warnings.warn(
        f"not enough memory for {rows} rows at a time: batches are taken in {job.micro_batches} micro-batches; the batch size stays {n_rows}",
        SpectraDLWarning,
        stacklevel=2,
    )


def _diverged(job: _Job, batch: Batch | None, place: tuple[int, int], what: str) -> TrainingDivergedError:
    """Return the error that says when the numbers broke, at which learning rate, and in which rows."""
    epoch, step = place
    where = f"epoch {epoch + 1}, step {step + 1}, learning rate {_learning_rate(job, epoch, step):g}"
    rows = "" if batch is None else _broken_rows(job, batch)
    return TrainingDivergedError(
        f"training diverged at {where}: {what}{rows}; lower the learning rate (a checkpoint, where one was asked for, holds the last finite weights)"
    )


@torch.no_grad()
def _broken_rows(job: _Job, batch: Batch) -> str:
    losses = _shared_losses(job, batch)
    broken = batch.rows[~losses.isfinite().to(batch.rows.device)].tolist()
    if not broken:
        return f" (largest loss in training row {int(batch.rows.flatten()[int(losses.argmax())])}, counted from 0)"
    named = ", ".join(map(str, broken[:_NAMED_ROWS])) + (", ..." if len(broken) > _NAMED_ROWS else "")
    return f" (not finite in training rows {named}, counted from 0)"
