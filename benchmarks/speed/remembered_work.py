"""Processor time of `evaluate spectra` with this version against an earlier one, which remembered less between models.

    git worktree add ../before 0358af7
    python benchmarks/speed/remembered_work.py ../before original_covid_and_healthy_spectra.csv --options "--label diagnostic --replicates 3"

Both run in one process with one thread, in turns. report.json is compared without the places that name the version.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parents[2]
OF_THE_RUN = ("command", "options", "path", "version", "versions")


def main() -> int:
    """Print a line for each pair and the median ratio, and return 1 where the reports differ."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("before", type=Path, help="a checkout of the earlier version")
    parser.add_argument("data", type=Path)
    parser.add_argument("--options", default="", help="further options of evaluate, in one text")
    parser.add_argument("--pairs", type=int, default=5)
    asked = parser.parse_args()
    ratios, same = [], True
    with tempfile.TemporaryDirectory() as folder:
        for number in range(asked.pairs):
            words = [str(asked.data.absolute()), *asked.options.split()]
            before = run(asked.before.absolute(), words, Path(folder) / f"{number}-before")
            now = run(HERE, words, Path(folder) / f"{number}-now")
            ratios.append(now[0] / before[0])
            same = same and before[1] == now[1]
            print(
                f"pair {number + 1}: before {before[0]:.1f} s, now {now[0]:.1f} s, ratio {ratios[-1]:.3f}",
                flush=True,
            )
    print(f"processor time now against before: {statistics.median(ratios):.3f} (median of {asked.pairs})")
    print("the results in report.json are the same" if same else "THE RESULTS DIFFER")
    return 0 if same else 1


def run(checkout: Path, words: list[str], out: Path) -> tuple[float, object]:
    """Return the processor seconds of one evaluation with a checkout, and its report."""
    paths = os.pathsep.join(str(checkout / part) for part in (".", "cli", "datasets"))
    command = [sys.executable, "-m", "spectra_dl_cli", "evaluate", "spectra", *words, "--out", str(out)]
    earlier = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        command,
        check=True,
        capture_output=True,
        cwd=out.parent,
        env={**os.environ, "PYTHONPATH": paths, "OMP_NUM_THREADS": "1"},
    )
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = used.ru_utime + used.ru_stime - earlier.ru_utime - earlier.ru_stime
    return seconds, without_the_run(json.loads((out / "report.json").read_text()))


def without_the_run(value: object) -> object:
    """Return a report without the keys that name the run or the version."""
    if isinstance(value, dict):
        return {key: without_the_run(item) for key, item in value.items() if key not in OF_THE_RUN}
    if isinstance(value, list):
        return [without_the_run(item) for item in value]
    return value


if __name__ == "__main__":
    sys.exit(main())
