"""Jobs for tests of executors; workers import this module by its name."""

import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np


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
