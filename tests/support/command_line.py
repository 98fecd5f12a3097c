"""Run spectra-dl as a user does, in a process of its own."""

import atexit
import functools
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from forking import server as forking_server


def command(*words: object) -> list[str]:
    """Return the command line that starts spectra-dl with these words."""
    return [sys.executable, "-m", "spectra_dl_cli", *map(str, words)]


def run(*words: object, code: int | None = 0, **environment: str) -> subprocess.CompletedProcess[str]:
    """Return what spectra-dl printed; it must end with ``code`` (None: 0 or 6) and show no traceback.

    With variables of the environment it is started anew; else it is forked from a process that has imported everything.
    """
    if environment or not hasattr(os, "fork"):
        done = subprocess.run(
            command(*words), capture_output=True, text=True, check=False, env={**os.environ, **environment}
        )
    else:
        done = _run_warm(list(map(str, words)))
    assert done.returncode in ((0, 6) if code is None else (code,)), done.stderr + done.stdout
    assert "Traceback" not in done.stderr + done.stdout
    return done


def _run_warm(words: list[str]) -> subprocess.CompletedProcess[str]:
    server = _server()
    with tempfile.TemporaryDirectory() as folder:
        out, err = (Path(folder, name) for name in ("out", "err"))
        for file in (out, err):
            file.touch()
        request = {
            "words": words,
            "folder": os.getcwd(),
            "environment": dict(os.environ),
            "out": str(out),
            "err": str(err),
        }
        server.stdin.write(json.dumps(request) + "\n")
        server.stdin.flush()
        answer = server.stdout.readline()
        assert answer, "the process that commands are forked from has ended"
        texts = [file.read_bytes().decode() for file in (out, err)]
    return subprocess.CompletedProcess(command(*words), int(answer), *texts)


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


def parse(words: list[str]) -> None:
    """Let click parse a command without running it."""
    import click

    from spectra_dl_cli.main import cli

    command: click.Command = cli
    name = "spectra-dl"
    while isinstance(command, click.Group):
        name, words = words[0], words[1:]
        assert name in command.commands, f"{name} is no command"
        command = command.commands[name]
    command.make_context(name, list(words))
