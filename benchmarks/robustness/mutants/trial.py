"""A copy of the checkout in which mistakes are made one at a time."""

import compileall
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from mutant import Mutant

REPOSITORY = Path(__file__).resolve().parents[3]
_COPIED = ("spectra_dl", "cli", "datasets", "tests", "pyproject.toml")
_PASSED, _FAILED = 0, 1


class TrialError(Exception):
    """The tests ended in another way than by passing or failing."""


@dataclass(frozen=True)
class Outcome:
    """What became of a mutant.

    Attributes
    ----------
    killed
        Whether a test failed.
    seconds
        How long the tests took.
    """

    killed: bool
    seconds: float


class Copy:
    """A copy of the checkout in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in _COPIED:
            source = REPOSITORY / name
            if source.is_dir():
                shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy2(source, folder / name)
        # Compiled once; a changed module has another time, and what is compiled of it is never kept.
        for name in ("spectra_dl", "tests"):
            compileall.compile_dir(folder / name, quiet=2)

    def try_mutant(self, mutant: Mutant) -> Outcome:
        """Make a mistake, run its tests, and take it back."""
        path = self.folder / "spectra_dl" / mutant.path
        whole, times = path.read_text(encoding="utf-8"), path.stat()
        path.write_text(whole.replace(mutant.text, mutant.replacement), encoding="utf-8")
        started = time.monotonic()
        try:
            passed = self.tests_pass(mutant.tests)
        finally:
            path.write_text(whole, encoding="utf-8")
            os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
        return Outcome(not passed, time.monotonic() - started)

    def tests_pass(self, tests: Iterable[str]) -> bool:
        """Run tests on the copy and say whether all passed."""
        options = ("-x", "-q", "-n0", "-p", "no:cacheprovider", "--hypothesis-seed=0")
        chosen = [f"tests/{test}" for test in tests]
        run = subprocess.run(
            [sys.executable, "-m", "pytest", *options, *chosen],
            cwd=self.folder,
            env={
                **os.environ,
                "PYTHONPATH": os.pathsep.join(str(self.folder / part) for part in ("", "cli", "datasets")),
                "PYTHONDONTWRITEBYTECODE": "1",
            },
            capture_output=True,
            text=True,
            check=False,
        )
        shutil.rmtree(self.folder / ".hypothesis", ignore_errors=True)  # no mutant learns from another
        if run.returncode not in (_PASSED, _FAILED):
            raise TrialError(
                f"pytest ended with {run.returncode} for {chosen}:\n{run.stdout[-2000:]}{run.stderr[-500:]}"
            )
        return run.returncode == _PASSED

    def imported_from(self) -> Path:
        """Return where the copy's tests find the package."""
        found = subprocess.run(
            [sys.executable, "-c", "import spectra_dl; print(spectra_dl.__file__)"],
            cwd=self.folder,
            env={**os.environ, "PYTHONPATH": str(self.folder)},
            capture_output=True,
            text=True,
            check=True,
        )
        return Path(found.stdout.strip())


def misplaced(mutants: Iterable[Mutant]) -> list[str]:
    """Return a sentence for each mutant whose text doesn't stand once in its module, or changes nothing."""
    problems = []
    for mutant in mutants:
        path = REPOSITORY / "spectra_dl" / mutant.path
        found = path.read_text(encoding="utf-8").count(mutant.text) if path.is_file() else 0
        if found != 1 or mutant.text == mutant.replacement:
            problems.append(f"{mutant.name}: its text stands {found} times in {mutant.path}")
    return problems
