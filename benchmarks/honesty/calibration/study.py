"""What a calibration study is: cells, one data set of a cell, and what the sets of a cell come to."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from spectra_dl.evaluation.classes.inference.chance import Chance
from spectra_dl.evaluation.intervals import Interval

Cell = tuple[Any, ...]
Found = dict[str, float]
Columns = dict[str, np.ndarray]


@dataclass(frozen=True)
class Study:
    """A study.

    Attributes
    ----------
    name
        On the command line.
    title
        Of its table.
    parts
        What the values of a cell are.
    cells
        All of them.
    one
        Evaluates one data set of a cell: (cell, number of the set).
    summary
        What the sets of a cell come to, by heading: (cell, columns, columns by cell).
    sets
        How many a cell has unless said.
    """

    name: str
    title: str
    parts: Sequence[str]
    cells: Sequence[Cell]
    one: Callable[[Cell, int], Found]
    summary: Callable[[Cell, Columns, Mapping[Cell, Columns]], dict[str, float]]
    sets: int = 500


def said(interval: Interval, chance: Chance) -> Found:
    """Return what an evaluation says of an AUC."""
    return {
        "auc": interval.value,
        "low": interval.low,
        "high": interval.high,
        "p": chance.p,
        "better": float(chance.verdict == "better"),
        "worse": float(chance.verdict == "worse"),
    }


def verdicts(columns: Columns) -> dict[str, float]:
    """Return how often a model is called better or worse than chance, and how often p is below .05."""
    return {
        "better": share(columns["better"]),
        "worse": share(columns["worse"]),
        "p < .05": share(columns["p"] < 0.05),
    }


def share(values: np.ndarray) -> float:
    """Return how often something is so."""
    return float(np.mean(values))


def holds(columns: Columns, truth: np.ndarray | float, low: str = "low", high: str = "high") -> float:
    """Return how often an interval holds the truth."""
    return share((columns[low] <= truth) & (truth <= columns[high]))
