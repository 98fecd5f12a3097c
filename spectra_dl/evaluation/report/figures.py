"""Figures of a report as SVG text that stands inside a page: no network, no script, the same bytes each time."""

import html
import io
import re
import warnings
from collections import Counter
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from spectra_dl.evaluation.report.axes import legend_of, line_in_band, line_style, unit_square
from spectra_dl.evaluation.report.colours import COLOURS, GREY

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "spectra-dl",
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 9.0,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 9.0,
    "legend.fontsize": 8.0,
    "legend.frameon": False,
    "text.parse_math": False,  # a dollar sign in a class name is a dollar sign
    "text.usetex": False,
}
_COLUMNS, _TALL = 150, 8  # of points that stand on top of each other
_METADATA = {"Date": None, "Creator": None, "Format": None, "Type": None}


@dataclass(frozen=True)
class Curve:
    """A named line of a figure, with the ends of its intervals where it has any."""

    name: str
    x: Sequence[float]
    y: Sequence[float]
    low: Sequence[float] = ()
    high: Sequence[float] = ()


def svg_text(figure: "Figure", name: str, *, title: str = "") -> str:
    """Return a figure as an SVG element to stand in HTML.

    Parameters
    ----------
    figure
        Made with `matplotlib.figure.Figure`, not with pyplot.
    name
        Stands before each id, so that figures on one page don't mix theirs up; letters, digits, hyphens.
    title
        Read aloud in place of the figure.

    Returns
    -------
    svg
        Without prolog, script or date; text stays text, in the page's font.
    """
    stream = io.StringIO()
    with styled(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        figure.savefig(stream, format="svg", metadata=_METADATA)
    svg = stream.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<defs>\s*<style.*?</style>\s*</defs>", "", svg, count=1, flags=re.DOTALL)
    svg = re.sub(r"<[^<>]*>", lambda tag: _prefixed_ids(tag[0], name), svg)
    # The style that was cut out held for the whole page; as properties of this element they are inherited.
    attributes = (
        f'role="img" aria-label="{html.escape(title)}" style="stroke-linejoin: round; stroke-linecap: butt"'
    )
    return svg.replace("<svg", f"<svg {attributes}", 1).rstrip()


def roc_figure(curves: Sequence[Curve]) -> "Figure":
    """Draw sensitivity against the false positive rate; a test that guesses lies on the dotted line."""
    with styled():
        figure, axes = _unit_square("1 − specificity", "sensitivity")
        for number, curve in enumerate(curves):
            axes.plot(curve.x, curve.y, label=str(number), **line_style(number))
        _legend(axes, curves, loc="lower right")
    return figure


def reliability_figure(curves: Sequence[Curve]) -> "Figure":
    """Draw how often what was predicted came true; honest probabilities lie on the dotted line."""
    with styled():
        figure, axes = _unit_square("predicted probability", "share of patients that has it")
        for number, curve in enumerate(curves):
            line = line_style(number)
            axes.plot(curve.x, curve.y, label=str(number), marker="os^D"[number % 4], markersize=4.5, **line)
            axes.vlines(curve.x, curve.low, curve.high, colors=line["color"], linewidth=0.9)
        _legend(axes, curves, loc="upper left")
    return figure


def decision_figure(curves: Sequence[Curve], everybody: Curve) -> "Figure":
    """Draw net benefit against the threshold probability; acting on nobody lies on the dotted line.

    Parameters
    ----------
    curves
        Net benefit of models, with the ends of their intervals.
    everybody
        Of acting on every patient.
    """
    from matplotlib.figure import Figure

    with styled():
        figure = Figure(figsize=(6.4, 3.8))
        axes = figure.add_axes((0.12, 0.125, 0.86, 0.86))
        for number, curve in enumerate(curves):
            line_in_band(axes, number, curve.x, curve.y, (curve.low, curve.high), label=str(number))
        axes.plot(everybody.x, everybody.y, color=GREY, linewidth=1.2, label=str(len(curves)))
        axes.axhline(0, color=GREY, linewidth=0.9, linestyle=":")
        highest = max(everybody.y[0], *(max(curve.high) for curve in curves), 0.05)
        axes.set(
            xlim=(0, 1),
            ylim=(-0.3 * highest, 1.1 * highest),
            xlabel="threshold probability",
            ylabel="net benefit",
        )
        _legend(axes, [*curves, everybody], loc="upper right")
    return figure


def predicted_figure(points: Curve, *, target: str) -> "Figure":
    """Draw predicted against measured numbers; what is predicted rightly lies on the dotted line.

    Parameters
    ----------
    points
        ``x`` measured, ``y`` predicted.
    target
        What the number is called.
    """
    from matplotlib.figure import Figure

    with styled():
        figure = Figure(figsize=(4.6, 4.3), layout="constrained")
        axes = figure.subplots()
        ends = [min((*points.x, *points.y)), max((*points.x, *points.y))]
        axes.plot(ends, ends, color=GREY, linewidth=0.9, linestyle=":")
        axes.plot(points.x, points.y, "o", color=COLOURS[0], markersize=4.5, alpha=0.75)
        axes.set(xlabel=f"{target}, measured", ylabel=f"{target}, predicted", aspect="equal")
    return figure


def attribution_figure(
    means: Sequence[Curve],
    attributions: Sequence[Curve],
    places: Sequence[float],
    *,
    axis_title: str,
    row: str,
) -> "Figure":
    """Draw mean rows with, below them, what speaks for each class; places are numbered from 1 as they come.

    Parameters
    ----------
    means, attributions
        Over the rows' axis, in the same order of classes; the ends of attributions' intervals are their spread.
    places
        Positions on the axis.
    axis_title
        What the axis is, with its unit.
    row
        What a row is called.
    """
    from matplotlib.figure import Figure

    with styled():
        figure = Figure(figsize=(9, 5), layout="constrained")
        upper, lower = figure.subplots(2, 1, sharex=True)
        for number, curve in enumerate(means):
            upper.plot(curve.x, curve.y, label=str(number), **line_style(number))
        for number, curve in enumerate(attributions):
            line_in_band(lower, number, curve.x, curve.y, (curve.low, curve.high))
        lower.axhline(0, color=GREY, linewidth=0.8)
        upper.margins(x=0)
        lower.margins(x=0)
        for number, position in enumerate(places, start=1):
            _mark_place(upper, lower, position, number)
        upper.set_ylabel(f"mean {row}")
        lower.set(xlabel=axis_title, ylabel="attribution")
        _legend(upper, means, loc="lower left", bbox_to_anchor=(0.0, 1.12), ncols=2)
    return figure


def curves_figure(
    curves: Sequence[Curve], differences: Sequence[Curve], *, axis_title: str, title: str
) -> "Figure":
    """Draw the mean curve of each class between the ends of its spread, and below how far each lies from the others.

    Parameters
    ----------
    curves
        One a class.
    differences
        Of each class's mean from the mean of the classes, in standard deviations between patients, with the ends of its interval.
    axis_title, title
        What the places and the numbers are, with their units.
    """
    from matplotlib.figure import Figure

    with styled():
        figure = Figure(figsize=(9, 4.4), layout="constrained")
        upper, lower = figure.subplots(2, 1, sharex=True)
        for axes, drawn in ((upper, curves), (lower, differences)):
            for number, curve in enumerate(drawn):
                line_in_band(axes, number, curve.x, curve.y, (curve.low, curve.high), label=str(number))
            axes.margins(x=0)
        lower.axhline(0, color=GREY, linewidth=0.8)
        upper.set_ylabel(title)
        lower.set(xlabel=axis_title, ylabel="difference (SD)")
        _legend(upper, curves, loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=3)
    return figure


def points_figure(classes: Sequence[Curve], *, title: str) -> "Figure":
    """Draw a point for each patient's number, those of a class over one line, equal ones on top of each other.

    Parameters
    ----------
    classes
        ``x`` holds the numbers of a class, ascending.
    title
        What the numbers are, with their unit.
    """
    from matplotlib.figure import Figure

    low, high = min(curve.x[0] for curve in classes), max(curve.x[-1] for curve in classes)
    places = [[round((x - low) / ((high - low) or 1.0) * _COLUMNS) for x in curve.x] for curve in classes]
    highest = max(max(Counter(of_class).values()) for of_class in places)
    with styled():
        figure = Figure(figsize=(9, 1.0 + 0.9 * len(classes)), layout="constrained")
        axes = figure.subplots()
        for number, (curve, of_class) in enumerate(zip(classes, places, strict=True)):
            below = [of_class[:at].count(place) for at, place in enumerate(of_class)]
            height = [-number + 0.8 * each / max(highest, _TALL) for each in below]
            axes.plot(curve.x, height, "o", color=line_style(number)["color"], markersize=3.5)
        axes.set(ylim=(0.85 - len(classes), 0.9), xlabel=title)
        axes.set_yticks([-number for number in range(len(classes))], [curve.name for curve in classes])
        axes.ticklabel_format(axis="x", useOffset=False)
    return figure


def _mark_place(upper: "Axes", lower: "Axes", position: float, number: int) -> None:
    for axes in (upper, lower):
        axes.axvline(position, color=GREY, linewidth=0.6, linestyle=":")
    upper.annotate(
        str(number),
        (position, 1.0),
        xycoords=("data", "axes fraction"),
        xytext=(0, 2 + 9 * (number % 2)),  # neighbours stand at two heights
        textcoords="offset points",
        ha="center",
        fontsize=7.5,
    )


def _unit_square(across: str, up: str) -> tuple["Figure", "Axes"]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(4.3, 4.1))
    # To find room for labels that are always the same takes longer than to draw all else.
    axes = figure.add_axes((0.13, 0.115, 0.85, 0.87))
    unit_square(axes, across, up)
    return figure, axes


def _legend(axes: "Axes", curves: Sequence[Curve], **where: Any) -> None:
    legend_of(axes, [curve.name for curve in curves], **where)


def styled() -> AbstractContextManager[None]:
    """Return the context in which every figure of a report is drawn."""
    from matplotlib import rc_context

    return rc_context(_STYLE)


def _prefixed_ids(tag: str, name: str) -> str:
    return re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{name}-", tag)
