"""The process that does jobs, as the server sees it: begun once, given one job at a time, and begun anew where it ended."""

import asyncio
import contextlib
import json
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Mapping

_GRACE = 3.0


class WarmProcess:
    """`spectra_dl_cli.web.worker` at work; begin one with `started`."""

    def __init__(self, process: Process) -> None:
        requests, answers = process.stdin, process.stdout
        assert isinstance(requests, asyncio.StreamWriter)
        assert isinstance(answers, asyncio.StreamReader)
        self._process, self._requests, self._answers = process, requests, answers
        self._child: int | None = None
        self._begun, self._over = asyncio.Event(), asyncio.Event()

    @classmethod
    async def started(cls) -> "WarmProcess":
        """Return a new one, which imports what jobs need while it waits for the first.

        Raises
        ------
        OSError
            There is no memory, or no further process may be begun.
        """
        return cls(
            await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "spectra_dl_cli.web.worker",
                stdin=PIPE,
                stdout=PIPE,
                stderr=DEVNULL,
                start_new_session=True,
            )
        )

    @property
    def lives(self) -> bool:
        """Whether it can take a job."""
        return self._process.returncode is None

    async def do(self, request: Mapping[str, object]) -> int | None:
        """Do a job, and return the exit code of its process; None where this process ended instead.

        Parameters
        ----------
        request
            What `spectra_dl_cli.web.worker` takes.
        """
        self._begun.clear()
        self._over.clear()
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self._requests.write(json.dumps(request).encode() + b"\n")
            await self._requests.drain()
        self._child = await self._answer()
        self._begun.set()
        code = None if self._child is None else await self._answer()
        if code is None:
            await self.end()
        self._child = None
        self._over.set()
        return code

    async def cancel(self) -> None:
        """End the job, and what it started: asked first, and then killed."""
        await self._begun.wait()
        for number in (signal.SIGTERM, signal.SIGKILL):
            if self._child is None:
                return
            _send(self._child, number)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._over.wait(), _GRACE)

    async def end(self) -> None:
        """End the process and its job."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            if self._child is None:
                break
            _send(self._child, number)
            with contextlib.suppress(TimeoutError):
                if await asyncio.wait_for(self._answer(), _GRACE) is not None:
                    self._child = None
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        await self._process.wait()
        with contextlib.suppress(OSError, RuntimeError):
            self._requests.close()

    async def _answer(self) -> int | None:
        line = await self._answers.readline()
        return int(line) if line else None


def _send(child: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child, number)
