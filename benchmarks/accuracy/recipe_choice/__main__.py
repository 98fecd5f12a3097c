"""Which recipe is best on small studies? Every recipe on forty simulated studies of known best AUC, and on the real sets.

    python benchmarks/accuracy/recipe_choice --work FOLDER [--data ../shared/data/raman] [--jobs 2] [--variant A] [--studies 3] [--fresh 2000]
        [--cells heights subset-n40 ...] [--recipes compact "logistic regression" ...] [--sets covid_serum ... | --sets] [--check] [--table]

A recipe is chosen on variant A and the real sets by its inner figures: out-of-fold probabilities of training patients. Fresh
patients (2,000 of each cell) say what the choice is worth. Variant B, with other bands, shapes and covariances, is looked at
once, at the end. ``--inner own`` takes the out-of-fold probabilities that a recipe offers; ``--inner refit`` fits every recipe
on the same five folds. ``--studies N`` draws N studies of each cell, each another world, and
``--fresh 0`` leaves fresh patients out: many studies under inner figures alone, for a quarter of the time each.

Each finished result is a file in the work folder, so an interrupted run goes on where it stopped. Files are known by a digest of
the cell's settings and the recipe's parameters; empty the folder after a change to the code of a model.
"""

import argparse
import os
import warnings
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import checks
import real_sets
import simulated
import tables
import tasks
from cells import FRESH_PATIENTS, Cell, design
from options import Options
from recipes import COMPARED, RECIPES
from store import Result, stored


def main() -> None:
    """Run what is missing, and print the tables."""
    asked = arguments()
    asked.work.mkdir(parents=True, exist_ok=True)
    cells = chosen_cells(asked)
    if asked.check:
        warnings.simplefilter("ignore")
        for line in checks.shuffled_labels(design(asked.variant), asked.recipes, asked.inner):
            print(line, flush=True)
        return
    if not asked.table:
        for line in tasks.finished(cells, asked.sets, asked.studies, options_of(asked), asked.jobs):
            print(line, flush=True)
    print_tables(asked, cells)


def arguments() -> argparse.Namespace:
    """Return what the command line asks for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--data", type=Path, default=Path("../shared/data/raman"))
    parser.add_argument("--variant", choices=("A", "B"), default="A")
    parser.add_argument("--cells", nargs="*", help="those whose name starts so; none without a word after it")
    parser.add_argument("--recipes", nargs="+", choices=list(RECIPES), default=list(COMPARED))
    parser.add_argument("--sets", nargs="*", choices=list(real_sets.SETS), default=list(real_sets.SETS))
    parser.add_argument("--studies", type=int, default=3, help="of each cell")
    parser.add_argument(
        "--fresh", type=int, default=FRESH_PATIENTS, help="fresh patients of each study; 0 for none"
    )
    parser.add_argument("--inner", choices=("own", "refit"), default="own")
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    parser.add_argument(
        "--check", action="store_true", help="only this: do recipes see anything in shuffled labels?"
    )
    parser.add_argument("--table", action="store_true", help="only print what is finished")
    asked = parser.parse_args()
    if asked.variant == "B" and asked.sets == list(real_sets.SETS):
        asked.sets = []  # they were chosen on
    return asked


def options_of(asked: argparse.Namespace) -> Options:
    """Return what every task needs to know."""
    return Options(tuple(asked.recipes), asked.work, asked.inner, asked.fresh, asked.data)


def chosen_cells(asked: argparse.Namespace) -> dict[str, Cell]:
    """Return the cells asked for."""
    every = design(asked.variant)
    if asked.cells is None:
        return every
    return {name: cell for name, cell in every.items() if any(map(name.startswith, asked.cells))}


def print_tables(asked: argparse.Namespace, cells: dict[str, Cell]) -> None:
    """Print a table of each family, the summaries, and the real sets."""
    numbers, options = range(asked.studies), options_of(asked)
    results = {name: simulated.results(cell, numbers, options) for name, cell in cells.items()}
    every = list(tables.families(cells, results))
    print(f"\n## Variant {asked.variant}\n")
    for family in every:
        print(tables.family_table(family, asked.recipes))
    if every:
        print(tables.summary_table(every, asked.recipes))
        print(tables.grand_table(every, asked.recipes))
    sets = {name: found for name in asked.sets if (found := finished_set(name, asked))}
    if sets:
        print(tables.sets_table(sets, asked.recipes))


def finished_set(name: str, asked: argparse.Namespace) -> dict[str, Result]:
    """Return the finished results of a real set by recipe."""
    real = real_sets.SETS[name](asked.data)
    if real is None:
        return {}
    files = real_sets.files(name, real, options_of(asked))
    found = {each: stored(path) for each, path in files.items()}
    return {each: one for each, one in found.items() if one and "refused" not in one}


if __name__ == "__main__":
    main()
