"""The work of a run: studies of cells and real sets, in this process or several."""

import warnings
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context

import real_sets
import simulated
from cells import Cell
from options import Options


@dataclass(frozen=True)
class Task:
    """A study of a cell, or a real set, under every recipe.

    Attributes
    ----------
    cell, number
        The cell and which study of it; None for a real set.
    name
        Of the real set.
    """

    cell: Cell | None
    number: int
    name: str


def finished(
    cells: Mapping[str, Cell], sets: Sequence[str], studies: int, options: Options, jobs: int
) -> Iterator[str]:
    """Score what has no result yet, the longest first; yield a line for each recipe."""
    every = [Task(cell, number, "") for cell in cells.values() for number in range(studies)]
    every.sort(key=lambda task: -task.cell.work if task.cell else 0)
    every = [*(Task(None, 0, name) for name in sets), *every]
    if jobs == 1:
        for task in every:
            yield from scored(task, options)
        return
    # Forked processes would share torch's threads and the memory's locks.
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        for future in as_completed([pool.submit(all_scored, task, options) for task in every]):
            yield from future.result()


def all_scored(task: Task, options: Options) -> list[str]:
    """Score one task in a process of its own."""
    return list(scored(task, options))


def scored(task: Task, options: Options) -> Iterator[str]:
    """Score one task; yield a line for each recipe."""
    warnings.simplefilter("ignore")
    if task.cell is None:
        yield from real_sets.score_set(task.name, options)
    else:
        yield from simulated.score_study(task.cell, task.number, options)
