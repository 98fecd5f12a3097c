"""Curves of patients of higher and lower risk, with the numbers at risk under them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from spectra_dl.evaluation.report.axes import legend_of, line_style
from spectra_dl.evaluation.report.figures import styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_TICKS = 6


@dataclass(frozen=True)
class FollowedGroup:
    """Patients of one group.

    Attributes
    ----------
    name
        What they are called.
    time, survival, low, high
        Of their Kaplan-Meier curve, from time 0.
    observed
        How long each patient was observed.
    """

    name: str
    time: Sequence[float]
    survival: Sequence[float]
    low: Sequence[float]
    high: Sequence[float]
    observed: Sequence[float]


def risk_groups_figure(groups: Sequence[FollowedGroup], *, time: str, longest: float) -> "Figure":
    """Draw the share without the event over time, with how many patients were still observed below.

    Parameters
    ----------
    groups
        A curve each.
    time
        What the time is called.
    longest
        Where the axis ends.
    """
    from matplotlib.figure import Figure

    with styled():
        figure = Figure(figsize=(5.6, 3.9), layout="constrained")
        axes, below = figure.subplots(2, 1, height_ratios=(5, 1), sharex=True)
        for number, group in enumerate(groups):
            line = line_style(number)
            axes.step(
                [*group.time, max(group.observed)],
                [*group.survival, group.survival[-1]],
                where="post",
                label=str(number),
                **line,
            )
            axes.fill_between(
                group.time, group.low, group.high, step="post", color=line["color"], alpha=0.15, linewidth=0
            )
        axes.set(ylim=(0, 1.02), xlim=(0, longest), ylabel="share without the event")
        legend_of(axes, [group.name for group in groups], loc="lower left")
        _numbers_at_risk(below, groups, [longest * tick / (_TICKS - 1) for tick in range(_TICKS)])
        below.set(xlabel=time)
    return figure


def _numbers_at_risk(axes: "Axes", groups: Sequence[FollowedGroup], ticks: Sequence[float]) -> None:
    for row, group in enumerate(groups):
        for tick in ticks:
            count = sum(observed >= tick for observed in group.observed)
            axes.text(tick, -row, str(count), ha="center", va="center", color=line_style(row)["color"])
    axes.set(ylim=(0.6 - len(groups), 0.6))
    axes.set_yticks([-row for row in range(len(groups))], [group.name for group in groups])
    axes.set_xticks(ticks, [f"{tick:.3g}" for tick in ticks])
    axes.tick_params(length=0)
    axes.tick_params(axis="y", pad=14)  # clear of the first number
    for side in axes.spines.values():
        side.set_visible(False)
    axes.set_title("at risk", loc="left", fontsize=8.0)
