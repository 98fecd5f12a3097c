"""Checks of a score itself: above what noise allows, level with a control, carried by a few rows.

A correlation below .1 passes them all: there is nothing that anything could carry.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray
from spectra_dl.evaluation.audit import Finding, Severity
from spectra_dl.evaluation.intervals import Interval
from spectra_dl.evaluation.profiles.metrics import is_constant
from spectra_dl.evaluation.profiles.scored import FEWEST_ROWS, ScoredProfiles
from spectra_dl.evaluation.profiles.scoring import values_of_units
from spectra_dl.evaluation.profiles.units import interval_over_units, known_mean
from spectra_dl.evaluation.wording import short_figure, short_interval

LEAST = 0.1  # a correlation below it is carried by nothing
HALF = 0.5  # of the correlation: what remains below it is not the image's
_QUARTER = 0.25
_LEVEL = 2 / 3  # of the model's correlation: a control above it, with no shown difference, is level with it
_INFLUENTIAL, _FEW, _SMALL = (
    0.02,
    3,
    0.05,
)  # of a section's rows; three rows in a small section, but no more than a twentieth
_RANKS_BELOW = (
    0.6  # of the correlation: ranks know of no outliers, and an honest correlation is the same by ranks
)
_CEILING_BIAS = 0.03  # of the ceiling's estimate (benchmarks/honesty/noise_ceiling.py: within .02)
_Z = 1.96


@dataclass(frozen=True)
class CovariateCheck:
    """Compares a model with a control that knows one number of each row.

    Attributes
    ----------
    name
        The finding's.
    control
        The control's name among the evaluation's.
    words
        What the number is, as "how much was counted in a spot".
    covariate
        ``(n,)`` the number, of every row of the evaluation.
    """

    name: str
    control: str
    words: str
    covariate: FloatArray

    def __call__(self, scored: ScoredProfiles) -> Finding:
        """Return stop where the control does as well and next to nothing remains beside it, warn where it does as well or less than half remains."""
        reached, alone = scored.result.pearson.value, scored.controls[self.control].pearson.value
        beside, difference = scored.given(self.covariate), scored.difference(self.control)
        figures = (
            f"r {short_figure(reached)}; from {self.words} alone {short_figure(alone)} (difference {short_interval(difference)}); "
            f"beside it r {short_interval(beside)}"
        )
        level = not difference.low > 0 and alone >= _LEVEL * reached
        little = beside.value < HALF * reached
        severity: Severity = "fine"
        if reached >= LEAST and (level or little):
            nothing = beside.value < _QUARTER * reached or (little and not beside.low > 0)
            severity = "stop" if level and nothing else "warn"
        said = {
            "stop": f"The score is no better than that of {self.words} alone, and no evidence of more: {figures}.",
            "warn": f"Much of the score may be {self.words} and no more: {figures}.",
            "fine": f"The score is not explained by {self.words}: {figures}.",
        }
        low = f"The correlation is too low for {self.words} to carry it: {figures}."
        return Finding(self.name, severity, said[severity] if reached >= LEAST else low)


def above_ceiling(scored: ScoredProfiles) -> Finding:
    """Compare a model with the upper end of the noise ceiling, the mean of the same targets and sections.

    A ceiling's error is that of a correlation over the section's rows, averaged over targets as independent, and the estimate's bias.
    """
    name, settings = "above the ceiling", scored.task.settings
    sections = scored.result.sections
    both = [np.isfinite(each.skill.pearson) & np.isfinite(each.ceiling) for each in sections]
    reached, ceiling, upper = [], [], []
    for score, tested, known in zip(sections, scored.task.held_out, both, strict=True):
        reached.append(np.where(known, score.skill.pearson, np.nan))
        ceiling.append(np.where(known, score.ceiling, np.nan))
        upper.append(np.array([_upper_end(score.ceiling[known], len(tested.rows))]))
    first, top, end = (values_of_units(each, sections, settings) for each in (reached, ceiling, upper))
    if not np.isfinite(end).any():
        return Finding(name, "fine", "No noise ceiling is known.")
    excess = interval_over_units(first - end, resamples=settings.resamples, seed=settings.seed)
    figures = (
        f"r {short_figure(float(known_mean(first)))} where counting noise allows {short_figure(float(known_mean(top)))}"
        f" (upper end {short_figure(float(known_mean(end)))})"
    )
    everywhere = bool((first > end)[np.isfinite(end)].all())
    if excess.value > 0:
        severity: Severity = "stop" if excess.low > 0 or everywhere else "warn"
        return Finding(
            name,
            severity,
            f"The score is higher than an honest one can be: {figures}. The counts were smoothed or copied, or the model sees how much was counted.",
        )
    return Finding(name, "fine", f"The score is within what counting noise allows: {figures}.")


def _upper_end(ceiling: FloatArray, rows: int) -> float:
    if not ceiling.size:
        return float("nan")
    sampling = float(np.mean(1 - ceiling**2)) / np.sqrt(rows) / np.sqrt(ceiling.size)
    return min(1.0, float(ceiling.mean()) + _Z * float(np.hypot(sampling, _CEILING_BIAS)))


def few_rows(scored: ScoredProfiles, *, rows: str = "rows") -> Finding:
    """Leave out the few rows of each section that add most to the correlation, and look at what remains, and at ranks.

    Parameters
    ----------
    scored
        The model's predictions.
    rows
        What rows are called.
    """
    name = f"few {rows}"
    left_out = np.zeros(len(scored.task.section), dtype=bool)
    for tested, predicted in zip(scored.task.held_out, scored.predicted, strict=True):
        left_out[tested.rows[_influential(predicted, tested.measured)]] = True
    if not left_out.any():
        return Finding(
            name,
            "fine",
            f"Whether a few {rows} carry the score is not known: sections are too small to leave out those that add most, or nothing is ordered in them.",
        )
    without, reached = scored.without(left_out), scored.result.pearson.value
    ranks = scored.result.figures["spearman"].value
    figures = f"r {short_figure(reached)}, without {int(left_out.sum())} of {len(left_out)} {rows} {short_figure(without.value)}, by ranks {short_figure(ranks)}"
    if reached >= LEAST and without.value < HALF * reached and ranks < _RANKS_BELOW * reached:
        return Finding(
            name,
            "warn",
            f"A few {rows} carry the score: {figures}. Look at them in the image: ink, dust, folds or broken counts.",
        )
    return Finding(name, "fine", f"No few {rows} carry the score: {figures}.")


def _influential(predicted: FloatArray, measured: FloatArray) -> NDArray[np.intp]:
    """Return the places of the rows that add most to the mean correlation over targets."""
    n = len(measured)
    count = max(int(np.ceil(_INFLUENTIAL * n)), min(_FEW, round(_SMALL * n)))
    known = ~is_constant(predicted) & ~is_constant(measured)
    if not known.any() or n - count < FEWEST_ROWS:
        return np.empty(0, dtype=np.intp)
    first, second = (
        (each[:, known] - each[:, known].mean(axis=0)) / each[:, known].std(axis=0)
        for each in (predicted, measured)
    )
    added = (first * second).mean(axis=1)  # (k, t) -> (k,)
    return np.argsort(-added, kind="stable")[:count]


def carried_by(
    scored: ScoredProfiles, rows: NDArray[np.bool_], *, stop_below: float = HALF
) -> tuple[Severity, Interval]:
    """Return how grave it is that the score counts some rows, and the correlation without them.

    Parameters
    ----------
    scored
        The model's predictions.
    rows
        ``(n,)`` which rows are in doubt.
    stop_below
        Stop where less than this share of the correlation remains; warn where less than three quarters and a twentieth less do.
    """
    reached, without = scored.result.pearson.value, scored.without(rows)
    if reached < LEAST or not np.isfinite(without.value):
        return "fine", without
    if without.value < stop_below * reached:
        return "stop", without
    warned = without.value < 0.75 * reached and reached - without.value > 0.05
    return ("warn" if warned else "fine"), without
