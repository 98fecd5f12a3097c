"""Run the tutorials: every command and every block of Python, in order, and what they say is printed must be.

python tests/support/documentation/tutorials.py [docs/tutorials/spectra.md ...]    (all of them if none is named)
"""

import os
import re
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[3]


@dataclass(frozen=True)
class Step:
    """A block of a tutorial: commands, Python, or lines that must have been printed since the block of commands before."""

    kind: str
    text: str


def steps(markdown):
    """Return the blocks of a tutorial in order."""
    return [
        Step(kind or "commands", text)
        for kind, text in re.findall(r"```(\w*)\n(.*?)```", markdown, re.DOTALL)
    ]


def missing_lines(expected, printed):
    """Return the lines of a block that were not printed."""
    lines = {line.strip() for line in printed.splitlines()}
    return [line for line in expected.splitlines() if line.strip() not in lines]


def run_step(step, folder, printed):
    """Run one block in a folder, and return what was printed, or raise AssertionError."""
    if step.kind == "text":
        missing = missing_lines(step.text, printed)
        assert not missing, f"not printed: {missing}\n{printed}"
        return printed
    if step.kind == "python":
        return _run([sys.executable, "-c", step.text], folder)
    return "".join(
        _run(["bash", "-euc", f'spectra-dl() {{ "$PYTHON" -m spectra_dl "$@"; }}; {line}'], folder)
        for line in step.text.splitlines()
    )


def _run(command, folder):
    environment = {**os.environ, "PYTHON": sys.executable}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command[-1]}\n{done.stdout}\n{done.stderr}"
    return done.stdout + done.stderr


def run_tutorial(path):
    """Run a tutorial in a folder of its own, beside the shipped data."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "datasets").symlink_to(_ROOT / "datasets")
        printed = ""
        for step in steps(path.read_text(encoding="utf-8")):
            printed = run_step(step, folder, printed)


def _timed(path):
    started = time.monotonic()
    run_tutorial(path)
    return f"{path.name}: {time.monotonic() - started:.0f} s\n"


def main(arguments):
    """Run the tutorials that are named, or all, one on each core, and say how long each took."""
    paths = map(Path, arguments or sorted((_ROOT / "docs" / "tutorials").glob("*.md")))
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:  # each waits for processes of its own
        for said in pool.map(_timed, paths):
            sys.stdout.write(said)


if __name__ == "__main__":
    main(sys.argv[1:])
