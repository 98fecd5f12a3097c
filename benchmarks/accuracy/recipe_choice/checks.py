"""Does a recipe see anything where labels are shuffled? Its inner AUC must stay at .5 within what chance gives.

A recipe that lets a patient's spectra into both sides of an inner fold, or that chooses on the patients it reports, does not.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from math import sqrt

import numpy as np
from cells import Cell
from figures import patient_odds
from fitting import SEED, Training, fitted_recipe
from recipes import RECIPES
from simulated import CLASSES

from spectra_dl.arrays import text_array
from spectra_dl.spectra.simulation.families.study import simulate_family
from spectra_dl.spectra.table import SpectraTable

CHECKED = ("heights-n80-k3-auc0.70-p0.5-b4", "subset-n80-k10-auc0.95-p0.5-b1")
SHUFFLES = 4
_LIMIT = 3.5  # standard errors


def shuffled_labels(cells: dict[str, Cell], recipes: Sequence[str], inner: str) -> Iterator[str]:
    """Yield a table line for each checked cell and recipe."""
    yield f"### Shuffled labels: mean inner AUC over {SHUFFLES} shuffles\n"
    yield "| cell | recipe | AUC | SE by chance | |\n|---|---|---|---|---|"
    for cell in (cells[name] for name in CHECKED):
        table = simulate_family(cell.study(0)).train
        for name in recipes:
            values = [_inner_auc(name, shuffled(table, number), inner) for number in range(SHUFFLES)]
            mean, error = float(np.mean(values)), chance_error(cell) / sqrt(SHUFFLES)
            words = "sees what isn't there" if mean - 0.5 > _LIMIT * error else "at chance"
            yield f"| {cell.name} | {name} | {mean:.3f} | {error:.3f} | {words} |"


def shuffled(table: SpectraTable, number: int) -> SpectraTable:
    """Return the table with its patients' labels permuted; all spectra of a patient keep one label."""
    _, first, of_row = np.unique(table.patient.astype(str), return_index=True, return_inverse=True)
    label = np.random.default_rng(number).permutation(table.label[first])
    return replace(table, label=text_array(label[of_row]))


def chance_error(cell: Cell) -> float:
    """Return the standard deviation of the AUC of scores that know nothing (Mann and Whitney 1947, doi 10.1214/aoms/1177730491)."""
    positive = round(cell.settings.patients * cell.settings.positive_share)
    negative = cell.settings.patients - positive
    return sqrt((positive + negative + 1) / (12 * positive * negative))


def _inner_auc(name: str, table: SpectraTable, inner: str) -> float:
    estimator = RECIPES[name](table.wavenumber, SEED)
    unseen = fitted_recipe(name, estimator, Training(table, table.patient, CLASSES, inner)).unseen
    return patient_odds(unseen, table.patient, table.label, CLASSES).auc
