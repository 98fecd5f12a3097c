"""How often is noise called more than noise, and how often do intervals hold the truth?

    python benchmarks/honesty/calibration RESULTS.jsonl [--study refits ...] [--sets 500] [--part 1/2]
    python benchmarks/honesty/calibration RESULTS.jsonl [MORE.jsonl ...] --table

Each finished data set is a line of the file, so that a rerun goes on where the last one ended; two processes with ``--part 1/2`` and ``--part
2/2`` share the work with a file each. docs/statistics/calibration.md has the tables. All studies but the default model take about an hour and a half on two cores; that one takes half a minute of CPU and more a set.
"""

import argparse
import json
import os
import warnings
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import batches
import default_model
import differences
import fixed_scores
import learners
import numpy as np
import refits
from study import Cell, Columns, Study

STUDIES: dict[str, Study] = {
    study.name: study
    for study in (
        refits.STUDY,
        learners.STUDY,
        batches.STUDY,
        differences.STUDY,
        *fixed_scores.STUDIES,
        default_model.STUDY,
    )
}


def main() -> None:
    """Run what is missing, or print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("results", type=Path, nargs="+")
    parser.add_argument("--study", nargs="*", choices=STUDIES, default=list(STUDIES))
    parser.add_argument("--sets", type=int, help="in each cell; each study's own number unless said")
    parser.add_argument("--part", default="1/1", help="which share of the sets, as 1/2")
    parser.add_argument("--table", action="store_true")
    asked = parser.parse_args()
    warnings.simplefilter("ignore")
    studies = [STUDIES[name] for name in asked.study]
    if asked.table:
        for study in studies:
            print_table(study, asked.results)
        return
    first, last = map(int, asked.part.split("/"))
    for study in studies:
        run(study, asked.results[0], range(first - 1, asked.sets or study.sets, last))


def finished(paths: Sequence[Path]) -> Iterator[tuple[str, Cell, int, dict[str, float]]]:
    """Read the lines of finished sets; a line that was cut off is left out."""
    for path in paths:
        for line in path.read_text().splitlines() if path.exists() else ():
            if line.endswith("}"):
                one = json.loads(line)
                yield one["study"], tuple(one["cell"]), one["set"], one["found"]


def run(study: Study, path: Path, numbers: range) -> None:
    """Evaluate every set that has no line yet."""
    done = {(cell, number) for name, cell, number, _ in finished([path]) if name == study.name}
    for cell in study.cells:
        for number in numbers:
            if (cell, number) in done:
                continue
            line = {"study": study.name, "cell": cell, "set": number, "found": study.one(cell, number)}
            with path.open("a") as stream:
                stream.write(json.dumps(line, default=float) + "\n")


def print_table(study: Study, paths: Sequence[Path]) -> None:
    """Print what the finished sets come to."""
    lines = defaultdict(list)
    for name, cell, _, found in finished(paths):
        if name == study.name:
            lines[cell].append(found)
    cells: dict[Cell, Columns] = {
        cell: {name: np.array([one[name] for one in lines[cell]]) for name in lines[cell][0]}
        for cell in study.cells
        if cell in lines
    }
    print(f"\n{study.title}")
    heading: list[str] = []
    for cell, columns in cells.items():
        figures = study.summary(cell, columns, cells)
        if [*figures] != heading:
            heading = [*figures]
            names = [*study.parts, "sets", *heading]
            print("\n| " + " | ".join(names) + " |\n|" + "---|" * len(names))
        cells_text = [*map(str, cell), str(len(lines[cell])), *(f"{value:.3f}" for value in figures.values())]
        print("| " + " | ".join(cells_text) + " |")


if __name__ == "__main__":
    main()
