"""Run spectra-dl as a user does, in a process of its own."""

import os
import subprocess
import sys


def command(*words: object) -> list[str]:
    """Return the command line that starts spectra-dl with these words."""
    return [sys.executable, "-m", "spectra_dl_cli", *map(str, words)]


def run(*words: object, code: int | None = 0, **environment: str) -> subprocess.CompletedProcess[str]:
    """Return what spectra-dl printed; it must end with ``code`` (None: 0 or 6) and show no traceback."""
    done = subprocess.run(
        command(*words), capture_output=True, text=True, check=False, env={**os.environ, **environment}
    )
    assert done.returncode in ((0, 6) if code is None else (code,)), done.stderr + done.stdout
    assert "Traceback" not in done.stderr + done.stdout
    return done


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
