"""A row of the table, and how its broken input is brought to the real commands."""

import contextlib
import hashlib
import io
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Literal

Right = Literal["same", "warn", "partial", "refuse", "unsafe"]
Command = Sequence[str]
Maker = Callable[[Path], Sequence[Command]]
_LARGE = 64 << 20
EXIT_CODES: dict[Right, int] = {"same": 0, "warn": 0, "partial": 6, "refuse": 3, "unsafe": 4}


@dataclass(frozen=True)
class Row:
    """One fault.

    Attributes
    ----------
    section
        A letter of `sections.SECTIONS`.
    fault
        What is wrong with the input, in words.
    right
        What the program does: the same result as without the fault, a warning, all rows with some refused, a refusal, or
        a refusal of what could run code or reach other files.
    remedy
        What to do then.
    make
        Writes the broken input to a folder and returns the commands that must meet it there; the page shows what the first
        prints. None where only ``tests`` check the row.
    says
        Words that stand in the printed sentence, or, without ``make``, the behaviour as the page states it.
    code
        The exit code where it is not the usual one of ``right``.
    bounded
        The input could fill the memory: time and memory are measured in a process of its own.
    tests
        Tests, as ``file::name``, that check the row, or more of it.
    """

    section: str
    fault: str
    right: Right
    remedy: str
    make: Maker | None = None
    says: str = ""
    code: int | None = None
    bounded: bool = False
    tests: tuple[str, ...] = ()

    @property
    def exit_code(self) -> int:
        """The code its command ends with."""
        return EXIT_CODES[self.right] if self.code is None else self.code


@dataclass(frozen=True)
class Outcome:
    """How a command ended.

    Attributes
    ----------
    command
        Its words.
    code, out, error
        Its exit code and what it printed.
    seconds, peak
        How long it ran, and the bytes it took at most; these are measured for processes of their own alone.
    changed
        Names in the folder under which something else stands than before.
    predictions
        What ``out/predictions.csv`` holds.
    """

    command: Command
    code: int
    out: str
    error: str
    seconds: float
    peak: int = 0
    changed: frozenset[str] = frozenset()
    predictions: str = ""


@cache
def outcomes(row: Row) -> tuple[Outcome, ...]:
    """Write the row's input to a fresh folder, run its commands there, and return how each ended."""
    assert row.make is not None
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        run = _in_a_process if row.bounded else _here
        return tuple(_watched(run, command, folder) for command in row.make(folder))


def _watched(run: Callable[[Command, Path], Outcome], command: Command, folder: Path) -> Outcome:
    before = _contents(folder)
    done = run(command, folder)
    after = _contents(folder)
    changed = {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
    written = folder / "out" / "predictions.csv"
    return replace(
        done, changed=frozenset(changed), predictions=written.read_text("utf-8") if written.is_file() else ""
    )


def _contents(folder: Path) -> dict[str, str]:
    """Return what stands under each name: a digest, where a link points, or what else it is."""
    contents = {}
    for path in sorted(folder.rglob("*")):
        if path.is_symlink():
            contents[str(path.relative_to(folder))] = f"link to {path.readlink()}"
        elif path.is_file():
            contents[str(path.relative_to(folder))] = _state(path)
        else:
            contents[str(path.relative_to(folder))] = "no file"
    return contents


def _state(path: Path) -> str:
    about = path.stat()
    if about.st_size > _LARGE:
        return f"{about.st_size} bytes of {about.st_mtime_ns}"
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _here(command: Command, folder: Path) -> Outcome:
    """Run in this process: the same code from the words of the command line to its exit code."""
    from spectra_dl_cli.main import _run

    out, error, begin = io.StringIO(), io.StringIO(), time.monotonic()
    with contextlib.chdir(folder), contextlib.redirect_stdout(out), contextlib.redirect_stderr(error):
        code = _run(list(command))
    return Outcome(command, code, out.getvalue(), error.getvalue(), time.monotonic() - begin)


# Of a process this one starts, the system reports its own peak as well; one between them starts small.
_MEASURE = """
import resource, subprocess, sys
code = subprocess.run(sys.argv[1:]).returncode
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=sys.stderr)
sys.exit(code)
"""


def _in_a_process(command: Command, folder: Path) -> Outcome:
    begin = time.monotonic()
    done, error, peak = _measured(["-m", "spectra_dl_cli", *command], folder)
    return Outcome(command, done.returncode, done.stdout, error, time.monotonic() - begin, peak)


@cache
def peak_of(code: str) -> int:
    """Return the bytes that an interpreter takes for a line of code."""
    return _measured(["-c", code], Path.cwd())[2]


def _measured(words: list[str], folder: Path) -> tuple[subprocess.CompletedProcess[str], str, int]:
    """Run an interpreter, and return it with what it said and the bytes it took at most."""
    command = [sys.executable, "-c", _MEASURE, sys.executable, *words]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=120)
    *messages, peak = done.stderr.splitlines(keepends=True)
    unit = 1 if sys.platform == "darwin" else 1024
    return done, "".join(messages), int(peak) * unit
