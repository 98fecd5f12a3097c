"""Feed every reader of users' files with damaged ones, as long as you like: each must be read rightly or refused in a sentence.

Run: ``python benchmarks/robustness/fuzz.py --target all --seconds 60 --seed 0``. For each target the executions, how many were refused and
read, and the findings are printed, with where the input of each was kept; the command ends with 1 if there are any. A finding is
any exception that is none of ours, a warning, a message that is too long or can't be printed, a crash, more than 5 s or 500 MB.

Each target runs in a process of its own, so that a crash or a hang is found as well. ``--engine atheris`` follows the coverage of
the readers with libFuzzer (``pip install atheris``); without it, changes are drawn at random.
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import importlib.util
import mmap
import shutil
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from random import Random

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(REPOSITORY), str(REPOSITORY / "tests" / "support")]
DATA = REPOSITORY.parent / "shared" / "data"
HUNG_SECONDS, START_SECONDS = 30.0, 120.0
COUNTS = struct.Struct("<4q")  # executions, refused, read, findings


class Counts:
    """Figures in a file that both processes see, so that they outlive a crash."""

    def __init__(self, path: Path) -> None:
        if not path.exists():
            path.write_bytes(bytes(COUNTS.size))
        with open(path, "r+b") as stream:
            self._shared = mmap.mmap(stream.fileno(), COUNTS.size)

    def get(self) -> tuple[int, ...]:
        """Return executions, refused, read, findings."""
        return COUNTS.unpack(self._shared[:])

    def add(self, *more: int) -> None:
        """Add to each of them."""
        self._shared[:] = COUNTS.pack(*(one + other for one, other in zip(self.get(), more, strict=True)))


class Worker:
    """Runs one target's inputs in this process and keeps those that break the contract."""

    def __init__(self, name: str, work: Path, kept: Path) -> None:
        from fuzzing import TARGETS

        self.target = TARGETS[name]
        self.seeds = self.target.all_seeds(DATA if DATA.is_dir() else None)
        self._counts, self._work, self._kept = Counts(work / "counts"), work, kept
        self._smallest: dict[str, int] = {}

    def run(self, data: bytes) -> None:
        """Try one input."""
        from fuzzing import Finding, attempt

        (self._work / "input").write_bytes(data)
        folder = self._work / "files"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        try:
            taken = attempt(self.target, data, folder)
        except Finding as finding:
            self._keep(finding.place, str(finding), data)
            return
        self._counts.add(1, int(not taken), int(taken), 0)

    def _keep(self, place: str, said: str, data: bytes) -> None:
        """Keep the smallest input of each kind of finding."""
        known = place in self._smallest
        self._counts.add(1, 0, 0, int(not known))
        if known and len(data) >= self._smallest[place]:
            return
        self._smallest[place] = len(data)
        path = keep(self._kept, self.target.name, place, data)
        if not known:
            print(f"  {said}\n    {path}", flush=True)


def keep(folder: Path, target: str, place: str, data: bytes) -> Path:
    """Write an input under a name that says what it led to."""
    path = folder / f"{target}--{''.join(c if c.isalnum() or c in '.-' else '_' for c in place)[:80]}"
    path.write_bytes(data)
    return path


def run_random(worker: Worker, seconds: float, seed: int) -> None:
    """Draw changes at random until the time is over."""
    from fuzzing import mutated

    random, end = Random(seed), time.monotonic() + seconds
    for data in worker.seeds:
        worker.run(data)
    while time.monotonic() < end:
        worker.run(mutated(worker.seeds, random))


def run_atheris(name: str, work: Path, kept: Path, seconds: float, seed: int) -> None:
    """Let libFuzzer choose, with our changes as well as its own; it ends the process."""
    import atheris

    with atheris.instrument_imports(include=["spectra_dl"], enable_loader_override=False):
        worker = Worker(name, work, kept)
    from fuzzing import mutated

    corpus = work / "corpus"
    corpus.mkdir(exist_ok=True)
    for number, data in enumerate(worker.seeds):
        (corpus / f"seed{number}").write_bytes(data)

    def change(data: bytes, longest: int, number: int) -> bytes:
        random = Random(number)
        if random.randrange(3):
            return mutated([data, *worker.seeds], random)[:longest]
        found: bytes = atheris.Mutate(data, longest)
        return found

    options = [
        f"-max_total_time={max(1, int(seconds))}",
        f"-seed={seed + 1}",
        f"-artifact_prefix={kept}/",
        "-timeout=60",
    ]
    options += [
        "-rss_limit_mb=0",
        f"-max_len={max(4096, 2 * max(map(len, worker.seeds)))}",
        "-print_final_stats=0",
        "-verbosity=0",
    ]
    atheris.Setup([sys.argv[0], *options, str(corpus)], worker.run, custom_mutator=change)
    atheris.Fuzz()


def run_target(name: str, arguments: argparse.Namespace) -> int:
    """Run one target in a process of its own, again after a crash, print its figures, and return its findings."""
    end, attempt = time.monotonic() + arguments.seconds, 0
    print(f"{name}:", flush=True)
    with tempfile.TemporaryDirectory(prefix="spectra-dl-fuzz-") as folder:
        work = Path(folder)
        counts = Counts(work / "counts")
        while attempt == 0 or time.monotonic() < end - 1:
            command = [sys.executable, str(Path(__file__).resolve()), "--worker", str(work), "--target", name]
            command += [
                "--seconds",
                str(max(1.0, end - time.monotonic())),
                "--seed",
                str(arguments.seed + 1000 * attempt),
            ]
            command += ["--engine", arguments.engine, "--keep", str(arguments.keep)]
            ended = _watched(command, work, lambda: counts.get()[0])
            attempt += 1
            if ended:
                counts.add(1, 0, 0, 1)
                path = keep(
                    arguments.keep,
                    name,
                    f"{ended}{attempt}",
                    (work / "input").read_bytes() if (work / "input").exists() else b"",
                )
                print(f"  {ended}\n    {path}", flush=True)
        executions, refused, taken, findings = counts.get()
    print(f"  {executions} executions, {refused} refused, {taken} read, {findings} findings", flush=True)
    return findings


def _watched(command: list[str], work: Path, executions: Callable[[], int]) -> str:
    """Run a worker; return "" where it ended by itself, else how it went wrong."""
    with open(work / "log", "wb") as log:
        process = subprocess.Popen(command, stderr=log)
        last, changed, limit = executions(), time.monotonic(), START_SECONDS
        while process.poll() is None:
            time.sleep(0.2)
            now = executions()
            if now != last:
                last, changed, limit = now, time.monotonic(), HUNG_SECONDS
            if time.monotonic() - changed > limit:
                process.kill()
                process.wait()
                return "hang"
    if process.returncode:
        print((work / "log").read_text(errors="replace")[-1500:], flush=True)
    return f"crash {process.returncode}" if process.returncode else ""


def main() -> int:
    """Fuzz, and return 1 if anything was found."""
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("--target", default="all", help="a target, a group of targets, or all")
    parser.add_argument("--seconds", type=float, default=60.0, help="for each target")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--engine", choices=("random", "atheris"), default="random")
    parser.add_argument(
        "--keep",
        type=Path,
        default=Path(tempfile.gettempdir()) / "spectra-dl-findings",
        help="folder for inputs of findings",
    )
    parser.add_argument("--worker", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.engine == "atheris" and importlib.util.find_spec("atheris") is None:
        print("atheris is not installed (pip install atheris); changes are drawn at random")
        arguments.engine = "random"
    arguments.keep.mkdir(parents=True, exist_ok=True)
    if arguments.worker and arguments.engine == "atheris":
        run_atheris(arguments.target, arguments.worker, arguments.keep, arguments.seconds, arguments.seed)
        return 0
    if arguments.worker:
        run_random(
            Worker(arguments.target, arguments.worker, arguments.keep), arguments.seconds, arguments.seed
        )
        return 0
    from fuzzing import TARGETS

    chosen = [one.name for one in TARGETS.values() if arguments.target in ("all", one.name, one.group)]
    if not chosen:
        parser.error(f"no target or group {arguments.target}; there are {', '.join(TARGETS)}")
    return int(sum(run_target(name, arguments) for name in chosen) > 0)


if __name__ == "__main__":
    sys.exit(main())
