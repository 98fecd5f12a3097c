"""Run spectra-dl as a user does, in a process of its own."""

import atexit
import functools
import json
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from forking import server as forking_server

if TYPE_CHECKING:
    import click


def command(*words: object) -> list[str]:
    """Return the command line that starts spectra-dl with these words."""
    return [sys.executable, "-m", "spectra_dl_cli", *map(str, words)]


def run(
    *words: object, code: int | None = 0, folder: Path | None = None, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Return what spectra-dl printed; it must end with ``code`` (None: 0 or 6) and show no traceback.

    With variables of the environment other than PYTHONPATH it is started anew; else it is forked from a process that has
    imported everything.
    """
    if environment.keys() - {"PYTHONPATH"} or not hasattr(os, "fork"):
        done = subprocess.run(
            command(*words),
            capture_output=True,
            text=True,
            check=False,
            cwd=folder,
            env={**os.environ, **environment},
        )
    else:
        with Started(*words, folder=folder, **environment) as process:
            printed = process.communicate()
        done = subprocess.CompletedProcess(command(*words), process.returncode, *printed)
    assert done.returncode in ((0, 6) if code is None else (code,)), done.stderr + done.stdout
    assert "Traceback" not in done.stderr + done.stdout
    return done


def on_a_terminal(*words: object, width: int = 90, **environment: str) -> str:
    """Return what spectra-dl prints where standard input, output and error are one terminal; it must end with 0."""
    ours, terminal = os.openpty()
    inherited = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    with subprocess.Popen(
        command(*words),
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        env={**inherited, "COLUMNS": str(width), "TERM": "xterm", **environment},
    ) as process:
        os.close(terminal)
        output = b""
        while True:
            try:
                part = os.read(ours, 100_000)
            except OSError:  # how Linux says that the other side has closed
                break
            if not part:
                break
            output += part
    os.close(ours)
    assert process.returncode == 0
    return output.decode("utf-8", "replace").replace("\r\n", "\n")


class Started:
    """A command at work in a process that was forked with the imports behind it; it is used as `subprocess.Popen` is."""

    def __init__(self, *words: object, folder: Path | None = None, **environment: str) -> None:
        self.returncode: int | None = None
        self._printed = tempfile.TemporaryDirectory()
        self._streams = [Path(self._printed.name, name) for name in ("out", "err")]
        for file in self._streams:
            file.touch()
        out, err = map(str, self._streams)
        self.pid = _asked(
            words=[str(word) for word in words],
            folder=str(folder or Path.cwd()),
            environment={**os.environ, **environment},
            out=out,
            err=err,
        )

    def __enter__(self) -> "Started":
        return self

    def __exit__(self, *_: object) -> None:
        if self.poll() is None:
            self.send_signal(signal.SIGKILL)
            self.wait()
        self._printed.cleanup()

    def poll(self) -> int | None:
        """Return the exit code, or None while it works."""
        return self._ended(wait=False)

    def wait(self) -> int | None:
        """Return the exit code once it has ended."""
        return self._ended(wait=True)

    def send_signal(self, number: int) -> None:
        """Send a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def communicate(self) -> tuple[str, str]:
        """Return what it printed and what it said, once it has ended."""
        self.wait()
        out, err = (file.read_bytes().decode() for file in self._streams)
        return out, err

    def _ended(self, *, wait: bool) -> int | None:
        if self.returncode is None:
            self.returncode = _asked(pid=self.pid, wait=wait)
        return self.returncode


def _asked(**request: object) -> int | None:
    """Return the number that the process which commands are forked from answers."""
    server = _server()
    server.stdin.write(json.dumps(request) + "\n")
    server.stdin.flush()
    answer = server.stdout.readline()
    assert answer, "the process that commands are forked from has ended"
    return json.loads(answer)


@functools.cache
def _server() -> subprocess.Popen[str]:
    server = subprocess.Popen(
        [sys.executable, forking_server.__file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    atexit.register(_end, server)
    return server


def _end(server: subprocess.Popen[str]) -> None:
    server.stdin.close()
    server.wait()


def subcommands(group: "click.Group") -> "dict[str, click.Command]":
    """Return the commands of a group by name, in the order of its help."""
    import click

    context = click.Context(group)
    found = {name: group.get_command(context, name) for name in group.list_commands(context)}
    return {name: command for name, command in found.items() if command is not None}


def parse(words: list[str]) -> None:
    """Let click parse a command without running it."""
    import click

    from spectra_dl_cli.main import cli

    command: click.Command = cli
    name = "spectra-dl"
    while isinstance(command, click.Group):
        name, words = words[0], words[1:]
        assert name in subcommands(command), f"{name} is no command"
        command = subcommands(command)[name]
    command.make_context(name, list(words))
