"""Jobs for tests of executors, and a Dask cluster in processes of their own; workers import this module by its name."""

import importlib
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path

import numpy as np

from spectra_dl.execution.processes import load_ahead


@dataclass(frozen=True)
class Square:
    """Squares a number after a pause."""

    number: int
    pause: float = 0.0
    record_types = ()

    @property
    def title(self) -> str:
        return f"square of {self.number}"

    def run(self) -> int:
        time.sleep(self.pause)
        return self.number**2


def product(matrix: np.ndarray, seed: int) -> bytes:
    """Return the bytes of what torch and BLAS make of random numbers, which show threads and libraries."""
    import torch

    drawn = np.random.default_rng(seed).normal(size=matrix.shape)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        weights = torch.randn(matrix.shape[1], 7, dtype=torch.float32)
    outcome = torch.from_numpy((matrix.T @ drawn).astype(np.float32)) @ weights
    return outcome.numpy().tobytes()


def uneven(total: list[float], item: int) -> int:
    """Return the item after a time of its own."""
    time.sleep(total[item])
    return item


def process_of(shared: object, item: int) -> int:
    """Return the number of the process."""
    time.sleep(0.05)
    return os.getpid()


def identity_of(shared: object, item: int) -> tuple[int, int]:
    """Return the process, and where in its memory the shared object lies."""
    return os.getpid(), id(shared)


def dies_once(marker: str, item: int) -> int:
    """Kill its own process the first time it gets item 3."""
    if item == 3 and not Path(marker).exists():
        Path(marker).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return item


def dies_always(shared: object, item: int) -> int:
    """Kill its own process at item 3."""
    if item == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return item


def fails(error: Exception, item: int) -> int:
    """Raise the error at item 3."""
    if item == 3:
        raise error
    return item


def threads(shared: object, item: int) -> tuple[int, str, list[int]]:
    """Return how many threads torch, the baseline kernels and BLAS may use."""
    import torch
    from threadpoolctl import threadpool_info

    return (
        torch.get_num_threads(),
        os.environ["OMP_NUM_THREADS"],
        [pool["num_threads"] for pool in threadpool_info()],
    )


class Unsendable(Exception):
    """An error that can't be made anew from its arguments."""

    def __init__(self, first: int, second: int) -> None:
        super().__init__("both are needed")


def fails_oddly(shared: object, item: int) -> int:
    """Raise an error that can't travel."""
    raise Unsendable(1, 2)


def sleeps_beside(path: str, item: int) -> int:
    """Write its process's number into a folder and sleep for long."""
    Path(path, str(os.getpid())).touch()
    time.sleep(60)
    return item


class Counted:
    """Leaves a file, named after the process, each time it is turned into an object again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __getstate__(self) -> dict[str, object]:
        if "lock" in self.__dict__:
            raise TypeError("a lock can't be sent")
        return self.__dict__

    def __setstate__(self, state: dict[str, Path]) -> None:
        self.folder = state["folder"]
        Path(self.folder, f"{os.getpid()}-{uuid.uuid4().hex}").touch()


def works_with(shared: Counted, item: int) -> int:
    """Return the number of the process, after which the shared object can't be sent any more."""
    shared.lock = threading.Lock()  # type: ignore[attr-defined]
    time.sleep(0.05)
    return os.getpid()


def length(shared: object, item: np.ndarray) -> int:
    """Return how many numbers an array has."""
    return len(item)


def leaves_a_file(folder: str, item: int) -> int:
    """Leave a file named after the item."""
    Path(folder, str(item)).touch()
    time.sleep(0.1)
    return item


class Cluster:
    """A scheduler and workers in processes of their own, reached by a scheduler file."""

    def __init__(self, folder: Path, support: Path) -> None:
        self.file = folder / "scheduler.json"
        self._environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(support), *sys.path])}
        self.scheduler = _forked("scheduler", self._words("--port", "0", "--host", "127.0.0.1", "--no-show"))
        until(self.file.exists)
        self.workers: list[subprocess.Popen[bytes] | BaseProcess] = []

    def add_worker(self, threads: int = 1, *, nanny: bool = True) -> None:
        """Start a worker; a nanny starts it anew when it is killed."""
        # A nanny gives up for ever where a start takes longer than the death timeout, as it may on a busy machine.
        words = self._words("--nthreads", str(threads), "--death-timeout", "120")
        self.workers.append(self._started(words) if nanny else _forked("worker", [*words, "--no-nanny"]))

    def _words(self, *words: str) -> list[str]:
        return ["--scheduler-file", str(self.file), "--no-dashboard", *words]

    def _started(self, words: list[str]) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-m", "distributed.cli.dask_worker", *words],
            env=self._environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def end_workers(self) -> None:
        """End all workers while their scheduler can still hear of it."""
        _end(self.workers)
        self.workers.clear()

    def end(self) -> None:
        """End all processes."""
        self.end_workers()
        _end([self.scheduler])


def _forked(kind: str, words: list[str]) -> BaseProcess:
    """Return a process of Dask, forked from one that has loaded what it needs."""
    load_ahead(["torch", "distributed.cli.dask_scheduler", "distributed.cli.dask_worker"])
    context = multiprocessing.get_context("forkserver" if sys.platform == "linux" else "spawn")
    process = context.Process(target=_dask, args=(kind, words), daemon=True)
    process.start()
    return process


def _dask(kind: str, words: list[str]) -> None:
    """Be a scheduler or a worker, and say nothing."""
    with open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), 1)
        os.dup2(nowhere.fileno(), 2)
    importlib.import_module(f"distributed.cli.dask_{kind}").main(words)


def _end(processes: Sequence[subprocess.Popen[bytes] | BaseProcess]) -> None:
    for process in processes:
        process.terminate()
    for process in processes:
        if isinstance(process, BaseProcess):
            process.join(8)
            process.kill()
            process.join()
            continue
        try:
            process.wait(8)
        except subprocess.TimeoutExpired:  # a nanny whose worker was killed too often
            process.kill()
            process.wait()


def until(reached, seconds=60.0):
    end = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < end
        time.sleep(0.05)


def choice_of_worker(shared: object, item: int) -> tuple[tuple[str, str], str]:
    """Return what was chosen for the process, and the device it computes on."""
    from spectra_dl.execution.facts import device_choice, torch_device

    return device_choice(), str(torch_device())
