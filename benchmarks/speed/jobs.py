"""Wall time and memory of commands in one process and in several, and whether they write the same bytes.

Run: ``python benchmarks/speed/jobs.py evaluate DATA [--options "--label diagnostic"] [--pairs 3]``
or   ``python benchmarks/speed/jobs.py predict [--shards 20] [--spectra 50000]``.

``evaluate`` runs ``spectra-dl evaluate spectra DATA`` with ``--jobs 1`` and with ``--jobs 2`` in turns. ``predict`` writes so many CSV files of so
many spectra of 700 points (2,000 distinct ones of the simulated study under running ids), and predicts all of them in one command with
``--jobs 1`` and with ``--jobs 2``, once each. Memory is that of the command and its processes together, pages that they share counted once (Linux's
proportional set size), asked twice a second, at its highest.
"""

import argparse
import hashlib
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from spectra_dl.spectra.simulation.serum_study import StudySettings, simulate_study

POINTS, DISTINCT = 700, 2_000


@dataclass(frozen=True)
class Ran:
    """One run of a command: seconds on the clock and of processors, highest memory in bytes, digests of its files."""

    wall: float
    processor: float
    memory: int
    files: dict[str, str]


def main() -> int:
    """Print a line for each run and the ratio, and return 1 where files differ."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    evaluate = commands.add_parser("evaluate")
    evaluate.add_argument("data", type=Path)
    evaluate.add_argument("--options", default="", help="further options of evaluate, in one text")
    evaluate.add_argument("--pairs", type=int, default=3)
    predict = commands.add_parser("predict")
    predict.add_argument("--shards", type=int, default=20)
    predict.add_argument("--spectra", type=int, default=50_000, help="in each shard")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        if asked.command == "evaluate":
            words = ["evaluate", "spectra", str(asked.data.absolute()), *asked.options.split()]
            return compared(words, work, asked.pairs)
        shards = written_shards(work, asked.shards, asked.spectra)
        return compared(["predict", *map(str, shards)], work, pairs=1)


def compared(words: list[str], work: Path, pairs: int) -> int:
    """Run a command with one and with two jobs in turns, and print what that took."""
    ratios, same = [], True
    for number in range(pairs):
        one, two = (run([*words, "--jobs", str(jobs)], work / f"{number}-{jobs}") for jobs in (1, 2))
        for jobs, ran in ((1, one), (2, two)):
            print(
                f"pair {number + 1}, --jobs {jobs}: wall {ran.wall:.1f} s, processors {ran.processor:.1f} s, memory {ran.memory / 2**20:,.0f} MiB",
                flush=True,
            )
        ratios.append(two.wall / one.wall)
        same = same and one.files == two.files
    print(f"wall of --jobs 2 against --jobs 1: {statistics.median(ratios):.2f} (median of {pairs})")
    print("the files are the same to the byte" if same else "THE FILES DIFFER")
    return 0 if same else 1


def run(words: list[str], place: Path) -> Ran:
    """Run spectra-dl in a folder of its own, its results in ``out``, and watch it."""
    place.mkdir()
    began = time.monotonic()
    with (place / "said").open("w") as said:
        process = psutil.Popen(
            [sys.executable, "-m", "spectra_dl_cli", *words, "--out", "out", "--quiet"],
            cwd=place,
            stdout=said,
            stderr=said,
        )
        memory, seconds = 0, 0.0
        while process.poll() is None:
            time.sleep(0.5)
            held, used = 0, 0.0
            for each in [process, *children(process)]:
                try:
                    held += each.memory_full_info().pss
                    used += sum(each.cpu_times()[:2])
                except psutil.Error:
                    continue
            memory, seconds = max(memory, held), max(seconds, used)
    if process.returncode not in (0, 6):
        raise SystemExit((place / "said").read_text())
    wall = time.monotonic() - began
    files = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in (place / "out").iterdir()}
    return Ran(wall, seconds, memory, files)


def children(process: psutil.Process) -> list[psutil.Process]:
    """Return the processes that a process has started."""
    try:
        return process.children(recursive=True)
    except psutil.Error:
        return []


def written_shards(folder: Path, shards: int, spectra: int) -> list[Path]:
    """Write CSV files of simulated spectra, three of each patient."""
    settings = StudySettings(patients=DISTINCT, spectra_per_patient=1, n_wavenumbers=POINTS)
    table = simulate_study(settings).table
    lines = [",".join(f"{value:.1f}" for value in row) for row in table.intensity]
    header = "sample_id,patient_id," + ",".join(f"{value:.1f}" for value in table.wavenumber)
    paths = []
    for shard in range(shards):
        paths.append(folder / f"shard-{shard:02}.csv")
        with paths[-1].open("w") as stream:
            stream.write(header + "\n")
            for row in range(shard * spectra, (shard + 1) * spectra):
                stream.write(f"spectrum-{row},patient-{row // 3},{lines[row % DISTINCT]}\n")
    return paths


if __name__ == "__main__":
    sys.exit(main())
