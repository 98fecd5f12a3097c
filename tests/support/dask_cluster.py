"""A Dask scheduler and workers in processes of their own, as a user starts them."""

import os
import subprocess
import sys
import time
from pathlib import Path


class Cluster:
    """A scheduler and workers in processes of their own, reached by a scheduler file."""

    def __init__(self, folder: Path, support: Path) -> None:
        self.file = folder / "scheduler.json"
        self._environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(support), *sys.path])}
        self.scheduler = self._start("scheduler", "--port", "0", "--host", "127.0.0.1", "--no-show")
        until(self.file.exists)
        self.workers: list[subprocess.Popen[bytes]] = []

    def add_worker(self, threads: int = 1) -> None:
        self.workers.append(self._start("worker", "--nthreads", str(threads), "--death-timeout", "5"))

    def _start(self, kind: str, *words: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", f"distributed.cli.dask_{kind}", "--scheduler-file", str(self.file)]
        return subprocess.Popen(
            [*command, "--no-dashboard", *words],
            env=self._environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def end(self) -> None:
        for process in (self.scheduler, *self.workers):
            process.terminate()
        for process in (self.scheduler, *self.workers):
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
