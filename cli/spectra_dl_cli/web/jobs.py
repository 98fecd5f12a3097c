"""One job at a time, each in a process of its own that can be killed, and which has its imports behind it when its work comes."""

import asyncio
import contextlib
import json
import os
import re
import signal
import sys
import time
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

SPARE = 2  # so that a table's patients are predicted right after it was read
_IDLE = 1.5  # a new process would slow down the job that follows at once
_SOON, _GRACE = 0.05, 3.0
_TAIL = 8_192
_PROGRESS = re.compile(r"(\d+) of (\d+) done: (.*)")
_PARTIAL = 6


@dataclass(eq=False)
class Job:
    """Work of a process.

    Attributes
    ----------
    task
        ``"read"``, or ``"command"`` for any command of spectra-dl.
    words
        Of it.
    folder
        Where it runs.
    printed, said
        Files with what it prints, and with its progress and refusal.
    state
        ``"cancelled"`` where a person ended it.
    began, ended
        In monotonic seconds; 0 before that.
    code
        With which it ended.
    wanted
        No person has ended it.
    """

    task: Literal["read", "command"]
    words: Sequence[str]
    folder: Path
    printed: Path
    said: Path
    state: Literal["waiting", "running", "done", "refused", "cancelled"] = "waiting"
    began: float = 0.0
    ended: float = 0.0
    code: int | None = None
    wanted: bool = True

    @property
    def has_ended(self) -> bool:
        """Whether nothing more will come."""
        return self.state not in ("waiting", "running")

    @property
    def seconds(self) -> float:
        """How long it has worked."""
        return (self.ended or time.monotonic()) - self.began if self.began else 0.0

    @property
    def progress(self) -> tuple[int, int, str]:
        """How much is done, of how much (0: unknown), and what."""
        for line in reversed(_tail(self.said)):
            if found := _PROGRESS.fullmatch(line.strip()):
                return int(found[1]), int(found[2]), found[3]
        return 0, 0, ""

    @property
    def sentence(self) -> str:
        """Why it was refused."""
        errors = [line for line in _tail(self.said) if line.startswith(("Error: ", "Usage: "))]
        if errors:
            return errors[-1].partition(": ")[2].strip()
        if self.code is not None and self.code < 0:
            return f"the work was ended from outside (signal {-self.code}), perhaps for lack of memory; try a smaller file"
        return "the work ended without a word; run the command below in a terminal to see why"

    @property
    def warnings(self) -> list[str]:
        """What it warned of."""
        return [line.partition(": ")[2].strip() for line in _tail(self.said) if line.startswith("Warning: ")]


class Jobs:
    """The queue, and processes that wait for work."""

    def __init__(self) -> None:
        self._waiting: deque[Job] = deque()
        self._running: tuple[Job, Process] | None = None
        self._came = asyncio.Event()
        self._spare: deque[Process] = deque()

    def submit(self, job: Job) -> None:
        """Put a job at the end of the queue."""
        self._waiting.append(job)
        self._came.set()

    def ahead_of(self, job: Job) -> int:
        """Return how many jobs are done before this one begins."""
        if job not in self._waiting:
            return 0
        return self._waiting.index(job) + (self._running is not None)

    async def cancel(self, job: Job) -> None:
        """End a job, whether it waits or runs."""
        job.wanted = False
        if job in self._waiting:
            self._waiting.remove(job)
            job.state = "cancelled"
        elif self._running is not None and self._running[0] is job:
            await _end(self._running[1])

    async def work(self) -> None:
        """Do one job after the other, until this is cancelled."""
        try:
            while True:
                self._came.clear()
                if self._waiting:
                    await self._do(self._waiting.popleft())
                else:
                    await self._wait()
        finally:
            if self._running is not None:
                await _end(self._running[1])
            for process in self._spare:
                await _end(process)

    async def _wait(self) -> None:
        """Wait for a job; where none comes, see to it that processes stand by."""
        wanting = len(self._spare) < SPARE
        try:
            await asyncio.wait_for(self._came.wait(), (_IDLE if self._spare else _SOON) if wanting else None)
        except TimeoutError:
            with contextlib.suppress(OSError):
                self._spare.append(await _started())

    async def _do(self, job: Job) -> None:
        try:
            process = self._spare.popleft() if self._spare else await _started()
            if process.returncode is not None:
                process = await _started()
        except OSError:  # no memory, or no more processes
            job.state = "refused"
            return
        if not job.wanted:
            self._spare.append(process)
            job.state = "cancelled"
            return
        self._running, job.state, job.began = (job, process), "running", time.monotonic()
        request = {
            "task": job.task,
            "words": list(job.words),
            "folder": str(job.folder),
            "printed": str(job.printed),
            "said": str(job.said),
        }
        try:
            # The pipe stays open: where it closes, this server has died, and the process ends itself.
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                _pipe(process).write(json.dumps(request).encode() + b"\n")
                await _pipe(process).drain()
            job.code = await process.wait()
        finally:
            self._running = None
            job.ended = time.monotonic()
            if job.code in (0, _PARTIAL):
                job.state = "done"
            else:
                job.state = "refused" if job.wanted else "cancelled"
            _close(process)


async def _started() -> Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "spectra_dl_cli.web.worker",
        stdin=PIPE,
        stdout=DEVNULL,
        stderr=DEVNULL,
        start_new_session=True,
    )


def _pipe(process: Process) -> asyncio.StreamWriter:
    pipe = process.stdin
    assert isinstance(pipe, asyncio.StreamWriter)
    return pipe


def _close(process: Process) -> None:
    with contextlib.suppress(OSError, RuntimeError):
        _pipe(process).close()


async def _end(process: Process) -> None:
    """End a process and what it started: asked first, and then killed."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        if process.returncode is not None:
            break
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), _GRACE)
    _close(process)


def _tail(path: Path) -> list[str]:
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - _TAIL))
            return file.read().decode("utf-8", "replace").splitlines()
    except OSError:
        return []
