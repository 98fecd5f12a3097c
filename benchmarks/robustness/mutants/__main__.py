"""Mistakes put into the package's code one at a time: how many do its tests notice?

    python benchmarks/robustness/mutants [--only NAME ...] [--jobs 2] [--no-baseline]

Each mutant of the tables beside this file changes one place of a copy of the checkout (an interval's percentile, ``<`` for ``<=``, test rows for
training rows, an axis, a class, a factor) and runs the tests that should fail. One line a mutant; those that survive are what no test would notice.
Ends with 1 if fewer than 95 % are killed, if a text is not found exactly once, or if the tests fail without any mistake. Some five minutes on two cores.
"""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue

from audit_mutants import MUTANTS as OF_AUDIT
from data_mutants import MUTANTS as OF_DATA
from evaluation_mutants import MUTANTS as OF_EVALUATION
from mutant import Mutant
from trial import Copy, Outcome, misplaced

LEAST_KILLED = 0.95


def main() -> int:
    """Try each mutant, print what became of it, and return the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", nargs="+", help="names of mutants, or parts of them")
    parser.add_argument("--jobs", type=int, default=2, help="how many at a time, each in a copy of its own")
    parser.add_argument(
        "--no-baseline", action="store_true", help="don't run the tests without a mistake first"
    )
    asked = parser.parse_args()
    mutants = [
        mutant
        for mutant in (*OF_EVALUATION, *OF_AUDIT, *OF_DATA)
        if not asked.only or any(part in mutant.name for part in asked.only)
    ]
    if problems := misplaced(mutants):
        print("\n".join(problems))
        return 1
    with tempfile.TemporaryDirectory() as folder:
        copies = [Copy(Path(folder) / f"copy{number}") for number in range(asked.jobs)]
        if not copies[0].imported_from().is_relative_to(copies[0].folder):
            print("the tests would not run on the copy; start this without spectra_dl on the path before it")
            return 1
        if not asked.no_baseline and not baseline_passes(copies, mutants):
            print("the tests fail without any mistake")
            return 1
        killed = sum(outcome.killed for outcome in try_all(copies, mutants))
    print(f"{killed} of {len(mutants)} killed")
    return 0 if killed >= LEAST_KILLED * len(mutants) else 1


def baseline_passes(copies: Sequence[Copy], mutants: Sequence[Mutant]) -> bool:
    """Run the tests of all mutants once, shared among the copies, and say whether all passed."""
    tests = sorted({test for mutant in mutants for test in mutant.tests})
    parts = [tests[number :: len(copies)] for number in range(len(copies))]
    with ThreadPoolExecutor(len(copies)) as pool:
        return all(pool.map(lambda copy, part: not part or copy.tests_pass(part), copies, parts))


def try_all(copies: Sequence[Copy], mutants: Sequence[Mutant]) -> list[Outcome]:
    """Try the mutants, as many at a time as there are copies; print a line for each as it is done."""
    free: SimpleQueue[Copy] = SimpleQueue()
    for copy in copies:
        free.put(copy)

    def tried(mutant: Mutant) -> Outcome:
        copy = free.get()
        try:
            outcome = copy.try_mutant(mutant)
        finally:
            free.put(copy)
        said = "killed  " if outcome.killed else "SURVIVED"
        print(f"{said} {outcome.seconds:5.1f} s  {mutant.path}: {mutant.name}", flush=True)
        return outcome

    with ThreadPoolExecutor(len(copies)) as pool:
        return list(pool.map(tried, mutants))


if __name__ == "__main__":
    sys.exit(main())
