"""Several processes that train one network together, started by torchrun.

Every process goes through the same steps. Each takes its share of every batch; sums over all of them stand wherever
one process would have taken a sum over the batch, so the result does not depend on how many there are, and every decision
is made from the same numbers on each.
"""

import atexit
import contextlib
import os
import signal
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from types import FrameType

import torch

from spectra_dl.errors import EnvironmentFault, UsageError
from spectra_dl.execution.facts import torch_device
from spectra_dl.training.batches import Batch
from spectra_dl.training.distributed.launch import Launch

# A process that dies closes its connections and is noticed at once. This is for a machine that vanishes or stands still,
# and must be longer than a checkpoint ever takes to write.
_MINUTES = 5
_ADDRESS = ("MASTER_ADDR", "MASTER_PORT")


@dataclass
class Processes:
    """The processes of one training; where there is one, every method does nothing.

    Attributes
    ----------
    launch
        Which of them this is.
    start, stop, total
        This process's share of the batch under way, rows ``start`` to ``stop`` of ``total``.
    received_signal
        The last signal to end that this process got inside `deferred_signals`; 0 for none.
    """

    launch: Launch
    start: int = 0
    stop: int = 0
    total: int = 0
    received_signal: int = 0

    @property
    def several(self) -> bool:
        """True when there is more than one."""
        return self.launch.world_size > 1

    def local_batch(self, batch: Batch) -> Batch:
        """Return this process's rows of the batch, which may be none."""
        before = batch.split(self.launch.world_size)[: self.launch.rank + 1]
        local = before[-1]
        self.start = sum(len(part.rows) for part in before[:-1])
        self.stop, self.total = self.start + len(local.rows), len(batch.rows)
        return local

    def all_reduce(self, tensor: torch.Tensor) -> None:
        """Replace ``tensor`` by its sum over all processes, which has the same bits on each."""
        if self.several:
            with self._lost_process_as_fault():
                torch.distributed.all_reduce(tensor)

    def all_reduce_gradients(self, network: torch.nn.Module) -> None:
        """Replace the network's gradients by their sums over all processes, in one message."""
        if not self.several:
            return
        parts = [parameter.grad for parameter in network.parameters() if parameter.grad is not None]
        flat = torch.cat([part.reshape(-1) for part in parts])
        self.all_reduce(flat)
        totals = torch.split(flat, [part.numel() for part in parts])
        for part, total in zip(parts, totals, strict=True):
            part.copy_(total.view_as(part))

    def all_reduce_number(self, value: float) -> float:
        """Return the sum of ``value`` over all processes."""
        if not self.several:
            return value
        here = torch.tensor(value, dtype=torch.float64)
        self.all_reduce(here)
        return float(here)

    def any_process(self, flag: bool) -> bool:
        """Return True on every process when ``flag`` is True on one; none goes on before all have come here."""
        return self.all_reduce_number(float(flag)) > 0

    def broadcast(self, tensor: torch.Tensor) -> None:
        """Replace ``tensor`` by that of the process of rank 0."""
        with self._lost_process_as_fault():
            torch.distributed.broadcast(tensor, src=0)

    def broadcast_text(self, text: str) -> str:
        """Return the ``text`` of the process of rank 0."""
        content = text.encode()
        length = torch.tensor(len(content))
        self.broadcast(length)
        sent = torch.zeros(int(length), dtype=torch.uint8)
        if self.launch.is_first:
            sent.copy_(torch.frombuffer(bytearray(content), dtype=torch.uint8))
        self.broadcast(sent)
        return sent.numpy().tobytes().decode()

    @contextlib.contextmanager
    def deferred_signals(self) -> Iterator[None]:
        """Record a signal to end instead of ending, while the block runs, so that all can stop at the same step.

        A signal that came after the last step ends this process when the block does. One process alone is left to be
        ended by the signal, as everywhere else.
        """
        here = threading.current_thread() is threading.main_thread()
        numbers = (signal.SIGINT, signal.SIGTERM) if self.several and here else ()
        before = {number: signal.signal(number, self._record_signal) for number in numbers}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
        if self.received_signal:
            signal.raise_signal(self.received_signal)

    def _record_signal(self, number: int, frame: FrameType | None) -> None:
        self.received_signal = number

    @contextlib.contextmanager
    def _lost_process_as_fault(self) -> Iterator[None]:
        try:
            yield
        except RuntimeError as err:
            raise EnvironmentFault(
                f"process {self.launch.rank} of {self.launch.world_size}: another process of this training ended, or did not answer for {_MINUTES} minutes; its own message, where it could give one, says why, and resume goes on from the last checkpoint"
            ) from err


def join_processes(launch: Launch, device: str) -> Processes:
    """Return the processes that torchrun started, connected; they stay so until this one ends.

    Parameters
    ----------
    launch
        Which of the processes this one is.
    device
        Of the settings; on GPUs each process needs its own.

    Raises
    ------
    UsageError
        There are fewer GPUs than processes on this machine, or the processes were not started by torchrun.
    EnvironmentFault
        The others can't be reached.
    """
    processes = Processes(launch)
    if not processes.several:
        return processes
    kind = torch_device(device).type
    if kind == "cuda" and launch.local_rank >= torch.cuda.device_count():
        raise UsageError(
            f"process {launch.local_rank} on this machine has no GPU of its own ({torch.cuda.device_count()} GPUs); start one process for each GPU, or choose device 'cpu'"
        )
    if missing := [name for name in _ADDRESS if name not in os.environ]:
        raise UsageError(f"WORLD_SIZE={launch.world_size} but {missing[0]} is not set; start with torchrun")
    if not torch.distributed.is_initialized():
        _connect(launch, kind)
    return processes


def _connect(launch: Launch, kind: str) -> None:
    try:
        torch.distributed.init_process_group(
            "cpu:gloo,cuda:nccl" if kind == "cuda" else "gloo", timeout=timedelta(minutes=_MINUTES)
        )
    except RuntimeError as err:
        raise EnvironmentFault(
            f"process {launch.rank} of {launch.world_size} can't reach the others at {os.environ['MASTER_ADDR']:.80}; start all within {_MINUTES} minutes of each other, and let the machines connect"
        ) from err
    atexit.register(torch.distributed.destroy_process_group)
