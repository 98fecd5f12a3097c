"""One job at a time, each in a process of its own that can be killed."""

import asyncio
import contextlib
import re
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from spectra_dl_cli.web.warm_process import WarmProcess

_TAIL = 8_192
_PROGRESS = re.compile(r"(\d+) of (\d+) done: (.*)")
_PARTIAL = 6


@dataclass(eq=False)
class Job:
    """Work of a process.

    Attributes
    ----------
    task
        ``"read"`` or ``"read_tissue"``, or ``"command"`` for any command of spectra-dl.
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

    task: Literal["read", "read_tissue", "command"]
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
    def model(self) -> str:
        """What it printed of the model that it was given; empty without one."""
        with contextlib.suppress(OSError), self.printed.open("rb") as file:
            line = file.readline(_TAIL).decode("utf-8", "replace").strip()
            return line if line.startswith("Model ") else ""
        return ""

    @property
    def warnings(self) -> list[str]:
        """What it warned of."""
        return [line.partition(": ")[2].strip() for line in _tail(self.said) if line.startswith("Warning: ")]


class Jobs:
    """The queue, and the process that does what waits in it."""

    def __init__(self) -> None:
        self._waiting: deque[Job] = deque()
        self._running: Job | None = None
        self._process: WarmProcess | None = None
        self._came, self._changed = asyncio.Event(), asyncio.Event()

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
            self._say_change()
        elif self._running is job and self._process is not None:
            await self._process.cancel()

    async def change(self, seconds: float) -> None:
        """Wait until a job begins or ends, but not longer than some seconds."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._changed.wait(), seconds)

    async def work(self) -> None:
        """Do one job after the other, until this is cancelled."""
        try:
            while True:
                self._came.clear()
                if self._waiting:
                    await self._do(self._waiting.popleft())
                else:
                    with contextlib.suppress(OSError):
                        await self._ready()
                    await self._came.wait()
        finally:
            if self._process is not None:
                await self._process.end()

    async def _ready(self) -> WarmProcess:
        """Return the process, a new one where there is none."""
        if self._process is None or not self._process.lives:
            self._process = await WarmProcess.started()
        return self._process

    async def _do(self, job: Job) -> None:
        request = {
            "task": job.task,
            "words": list(job.words),
            "folder": str(job.folder),
            "printed": str(job.printed),
            "said": str(job.said),
        }
        self._running = job
        try:
            process = await self._ready()
            if job.wanted:
                job.state, job.began = "running", time.monotonic()
                self._say_change()
                job.code = await process.do(request)
        except OSError:  # no memory, or no more processes
            pass
        finally:
            self._running = None
            job.ended = time.monotonic()
            if job.code in (0, _PARTIAL):
                job.state = "done"
            else:
                job.state = "refused" if job.wanted else "cancelled"
            self._say_change()

    def _say_change(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()


def _tail(path: Path) -> list[str]:
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - _TAIL))
            return file.read().decode("utf-8", "replace").splitlines()
    except OSError:
        return []
