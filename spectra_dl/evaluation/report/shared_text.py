"""Sentences that reports of classes and of a number say alike."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from spectra_dl.evaluation.classes.inference.chance import Chance
from spectra_dl.evaluation.comparison import Difference
from spectra_dl.evaluation.folds.choice import Choice
from spectra_dl.evaluation.wording import UNDEFINED, wrapped

_SMALLEST_P = 0.001


class _Fold(Protocol):
    @property
    def chosen(self) -> Choice | None: ...


class _Model(Protocol):
    @property
    def chance(self) -> Chance: ...

    @property
    def per_fold(self) -> Iterable[_Fold]: ...


def p_text(p: float) -> str:
    """Write a p-value; one below .001 as that, and an undefined one (NaN) as such.

    Examples
    --------
    >>> p_text(0.25), p_text(1e-6), p_text(float("nan"))
    ('p = 0.250', 'p < 0.001', 'p = n/a')
    """
    if math.isnan(p):
        return f"p = {UNDEFINED}"
    return f"p = {p:.3f}" if p >= _SMALLEST_P else f"p < {_SMALLEST_P}"


def leaky_omission(row: str) -> str:
    """Say that the leaky estimate of a split by ``row`` was left out.

    Examples
    --------
    >>> leaky_omission("spectrum")
    'Leaky estimate of a split by spectrum: not computed (--no-leaky).'
    """
    return f"Leaky estimate of a split by {row}: not computed (--no-leaky)."


def chance_lines(models: Mapping[str, _Model]) -> list[str]:
    """Return for each model its p-value and what that comes to."""
    return [
        f"  {name[:30]:<30} {p_text(result.chance.p):<9}  {result.chance.verdict}"
        for name, result in models.items()
    ]


def comparison_text(differences: Sequence[Difference], metric: str, what: str, *, digits: str) -> str:
    """Return how far each model is from the first in a metric; empty where there is one model.

    Parameters
    ----------
    differences
        In all metrics.
    metric
        Its name.
    what
        What it is called at the beginning of a line.
    digits
        Format of a number, such as ``".3f"``.
    """
    compared = [difference for difference in differences if difference.metric == metric]
    if not compared:
        return ""
    lines = [f"{what} against {compared[0].reference}, same folds, same resampled patients:"]
    for difference in compared:
        value, low, high = (
            f"{end:+{digits}}"
            for end in (difference.interval.value, difference.interval.low, difference.interval.high)
        )
        lines.append(f"  {difference.model[:30]:<30} {value} [{low}, {high}]  {difference.verdict}")
    return "\n".join(lines)


def chosen_text(models: Mapping[str, _Model]) -> str:
    """Say what each tuned model chose, fold by fold."""
    lines = []
    for name, result in models.items():
        folds = list(result.per_fold)
        chosen = Counter(fold.chosen.name for fold in folds if fold.chosen is not None)
        if chosen:
            listed = "; ".join(
                f"{candidate} in {count} of {len(folds)} folds" for candidate, count in chosen.most_common()
            )
            lines.append(wrapped(f"{name} chose inside the training patients: {listed}."))
    return "\n".join(lines)
