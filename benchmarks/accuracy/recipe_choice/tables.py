"""Markdown tables: each family's cells, the real sets, and what each recipe comes to."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from cells import LINEAR, NON_LINEAR, Cell
from figures import auc_difference
from recipes import CLASSICAL
from store import Result

Results = Mapping[str, Mapping[str, list[Result]]]  # cell, recipe, studies
BEHIND = 0.015
_STUDIES = 3  # at least, for an error over studies
SECONDS = ("fit_seconds", "unseen_seconds", "score_seconds")


@dataclass(frozen=True)
class Family:
    """The cells of one signal, with the results of recipes.

    Attributes
    ----------
    name
        The signal.
    cells
        Those with results.
    results
        By cell and recipe.
    """

    name: str
    cells: tuple[Cell, ...]
    results: Results

    def mean(self, recipe: str, figure: str) -> float:
        """Return a recipe's mean over cells of a figure; NaN where it lacks a cell."""
        values = [average(self.results[cell.name].get(recipe), figure) for cell in self.cells]
        return float(np.mean(values))

    def best_classical(self, figure: str) -> str | None:
        """Return the single classical model of the best mean over cells; None if none has every cell."""
        means = {name: self.mean(name, figure) for name in CLASSICAL}
        whole = {name: mean for name, mean in means.items() if not np.isnan(mean)}
        sign = -1 if figure.endswith("loss") else 1
        return max(whole, key=lambda name: sign * whole[name], default=None)


def average(studies: Sequence[Result] | None, figure: str) -> float:
    """Return the mean of a figure over the studies of a cell."""
    values = [np.nan if one.get(figure) is None else one[figure] for one in studies or ()]
    return float(np.mean(values)) if values else float("nan")


def families(cells: Mapping[str, Cell], results: Results) -> Iterator[Family]:
    """Yield each family that has results."""
    for signal in (*LINEAR, *NON_LINEAR):
        there = tuple(
            cell for cell in cells.values() if cell.settings.signal == signal and results[cell.name]
        )
        if there:
            yield Family(signal, there, results)


def family_table(family: Family, recipes: Sequence[str]) -> str:
    """Return the cells of a family: inner / fresh patient AUC of each recipe, the best that is possible beside them."""
    lines = [
        f"### {family.name}: patient AUC, inner / on fresh patients",
        "",
        f"| n | spectra | positive | batches | best | {' | '.join(recipes)} |",
        "|---|---|---|---|---|" + "---|" * len(recipes),
    ]
    for cell in family.cells:
        one, studies = cell.settings, family.results[cell.name]
        values = [
            f"{_number(average(studies.get(name), 'inner_auc'))} / {_number(average(studies.get(name), 'fresh_auc'))}"
            for name in recipes
        ]
        lines.append(
            f"| {one.patients} | {one.spectra_per_patient} | {one.positive_share:g} | {one.batches} | {one.best_auc:.2f} | {' | '.join(values)} |"
        )
    return "\n".join(lines) + "\n"


def summary_table(every: Sequence[Family], recipes: Sequence[str]) -> str:
    """Return what each recipe comes to in each family, against the single classical model that is best in it."""
    lines = [
        "### Summary",
        "",
        "Choose by the inner columns. Differences are to the one classical model with the best mean of the family; the worst cell's has its 95 % interval (over fresh patients; from three studies of a cell on, over studies), and a cell is behind where that lies below -.015.",
        "",
        "| family | recipe | inner AUC | minus best classical | inner log loss | minus best classical | fresh AUC | minus best classical "
        "| worst cell | cells behind | of the best | fit s |",
        "|---|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for family in every:
        lines += [_summary_line(family, name) for name in recipes]
    return "\n".join(lines) + "\n"


def _summary_line(family: Family, recipe: str) -> str:
    columns = []
    for figure in ("inner_auc", "inner_log_loss", "fresh_auc"):
        rival = family.best_classical(figure)
        value = family.mean(recipe, figure)
        difference = value - family.mean(rival, figure) if rival else float("nan")
        columns += [_number(value), f"{_signed(difference)} ({rival})" if rival else "-"]
    rival = family.best_classical("fresh_auc")
    differences = cell_differences(family, recipe, rival) if rival and rival != recipe else []
    behind = sum(value + 1.96 * error < -BEHIND for value, error, _ in differences)
    columns += [_worst_cell(differences), str(behind)]
    share = family.mean(recipe, "fresh_auc") / np.mean([cell.settings.best_auc for cell in family.cells])
    columns += [
        "-" if np.isnan(share) else f"{100 * share:.1f} %",
        f"{family.mean(recipe, 'fit_seconds'):.1f}",
    ]
    return f"| {family.name} | {recipe} | {' | '.join(columns)} |"


def cell_differences(family: Family, recipe: str, rival: str) -> list[tuple[float, float, str]]:
    """Return the difference to a rival in each cell that both have: value, error, name; the worst first."""
    found = []
    for cell in family.cells:
        one, two = (family.results[cell.name].get(name) for name in (recipe, rival))
        if one and two:
            found.append((*mean_difference(one, two), cell.name))
    return sorted(found)


def _worst_cell(differences: Sequence[tuple[float, float, str]]) -> str:
    if not differences:
        return "-"
    value, error, name = differences[0]
    return f"{value:+.3f} [{value - 1.96 * error:+.3f}, {value + 1.96 * error:+.3f}] {name}"


def mean_difference(one: Sequence[Result], two: Sequence[Result]) -> tuple[float, float]:
    """Return the mean difference in AUC over a cell's studies, with its standard error.

    From three studies on the error is that of the mean over studies, each of other training patients; of fewer it is for these
    fits, over fresh patients alone.
    """
    pairs = [
        auc_difference(np.array(a["positive"], dtype=bool), np.array(a["log_odds"]), np.array(b["log_odds"]))
        for a, b in zip(one, two, strict=True)
    ]
    values, errors = np.array(pairs).T
    if len(values) >= _STUDIES:
        return float(values.mean()), float(values.std(ddof=1) / np.sqrt(len(values)))
    return float(values.mean()), float(np.sqrt((errors**2).sum()) / len(values))


def grand_table(every: Sequence[Family], recipes: Sequence[str]) -> str:
    """Return means over the linear and the non-linear families."""
    lines = [
        "### Linear and non-linear families",
        "",
        "Mean over the families of the difference to each family's best classical model, and the share of the known best at 400 patients.",
        "",
        "| recipe | linear, inner | linear, fresh | non-linear, inner | non-linear, fresh | of the best at n = 400, linear | CPU min in all |",
        "|---|---|---|---|---|---|---|",
    ]
    for recipe in recipes:
        columns = []
        for group in (LINEAR, NON_LINEAR):
            there = [family for family in every if family.name in group]
            for figure in ("inner_auc", "fresh_auc"):
                columns.append(_signed(_mean_over_best(there, recipe, figure)))
        lines.append(
            f"| {recipe} | {' | '.join(columns)} | {_share_at_400(every, recipe)} | {_minutes(every, recipe):.1f} |"
        )
    return "\n".join(lines) + "\n"


def _mean_over_best(every: Sequence[Family], recipe: str, figure: str) -> float:
    values = [
        family.mean(recipe, figure) - family.mean(rival, figure)
        for family in every
        if (rival := family.best_classical(figure))
    ]
    return float(np.mean(values)) if values else float("nan")


def _share_at_400(every: Sequence[Family], recipe: str) -> str:
    shares = [
        average(family.results[cell.name].get(recipe), "fresh_auc") / cell.settings.best_auc
        for family in every
        for cell in family.cells
        if family.name in LINEAR and cell.settings.patients == 400
    ]
    return f"{100 * np.mean(shares):.1f} %" if shares and not np.isnan(np.mean(shares)) else "-"


def _minutes(every: Sequence[Family], recipe: str) -> float:
    studies = [
        one for family in every for cell in family.cells for one in family.results[cell.name].get(recipe, ())
    ]
    return sum(study.get(part, 0.0) for study in studies for part in SECONDS) / 60


def sets_table(results: Mapping[str, Mapping[str, Result]], recipes: Sequence[str]) -> str:
    """Return the real sets: AUC of patients out of fold, the difference to the best classical model, and inner figures."""
    lines = [
        "### Real sets",
        "",
        "| set | recipe | inner AUC | inner log loss | out-of-fold AUC | minus best classical [95 %] | fit s |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, found in results.items():
        rival = max(
            (one for one in CLASSICAL if one in found), key=lambda one: found[one]["fresh_auc"], default=None
        )
        for recipe in recipes:
            if recipe not in found:
                continue
            one = found[recipe]
            lines.append(
                f"| {name} | {recipe} | {_number(one['inner_auc'])} | {one['inner_log_loss']:.3f} | {_number(one['fresh_auc'])} "
                f"| {_against(found, recipe, rival)} | {one['fit_seconds']:.0f} |"
            )
    return "\n".join(lines) + "\n"


def _against(found: Mapping[str, Result], recipe: str, rival: str | None) -> str:
    if rival is None or rival == recipe:
        return "-"
    value = found[recipe]["fresh_auc"] - found[rival]["fresh_auc"]
    _, error = mean_difference([found[recipe]], [found[rival]])
    return f"{value:+.3f} [{value - 1.96 * error:+.3f}, {value + 1.96 * error:+.3f}] ({rival})"


def _signed(value: float) -> str:
    return "-" if np.isnan(value) else f"{value:+.3f}"


def _number(value: float) -> str:
    return "-" if value is None or np.isnan(value) else f"{value:.3f}"
