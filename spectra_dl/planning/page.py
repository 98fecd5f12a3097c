"""A plan as one HTML page: a sentence, two figures, the table; no scripts, no network."""

import shlex
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from spectra_dl.evaluation.report.axes import line_in_band, line_style
from spectra_dl.evaluation.report.colours import COLOURS
from spectra_dl.evaluation.report.figures import styled, svg_text
from spectra_dl.evaluation.report.page.environment import LISTED_AT_MOST, RESEARCH_USE, environment
from spectra_dl.planning.forecast import StudyPlan, forecast
from spectra_dl.planning.plan_text import forecast_table, sentences

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_POINTS = 40


def plan_page(plan: StudyPlan, report: Mapping[str, Any]) -> str:
    """Return a plan as one HTML file that needs nothing else.

    Parameters
    ----------
    plan
        The plan.
    report
        All of ``report.json``.
    """
    from markupsafe import Markup

    header, rows = forecast_table(plan)
    measured = "; points are nested subsets of the pilot" if plan.pilot.curve else ""
    drawn = (
        (
            auc_figure(plan),
            "auc",
            f"AUC with the 95 % interval that a study of so many patients will have{measured}",
        ),
        (width_figure(plan), "width", "Width of the 95 % intervals by number of patients"),
    )
    return (
        environment("spectra_dl.planning")
        .get_template("plan.html")
        .render(
            plan=plan,
            sentences=sentences(plan),
            header=header,
            rows=rows,
            figures=[(Markup(svg_text(figure, name, title=title)), title) for figure, name, title in drawn],
            research_use=RESEARCH_USE,
            versions=report.get("versions", {}),
            command=shlex.join(report.get("command", ())),
            inputs=report.get("inputs", ()),
            listed_at_most=LISTED_AT_MOST,
        )
    )


def auc_figure(plan: StudyPlan) -> "Figure":
    """Draw the AUC that is forecast with its 95 % interval, and what the pilot measured of the learning curve."""
    from matplotlib.figure import Figure

    at = _numbers(plan)
    intervals = [forecast(plan.pilot, int(number)).auc for number in at]
    with styled():
        figure = Figure(figsize=(5.6, 3.6), layout="constrained")
        axes = figure.subplots()
        ends = [each.low for each in intervals], [each.high for each in intervals]
        line_in_band(axes, 0, at, [each.value for each in intervals], ends)
        if plan.pilot.curve is not None:
            scale = plan.pilot.patients / plan.pilot.training
            curve = plan.pilot.curve
            axes.plot(curve.sizes * scale, curve.auc, "o", color=COLOURS[1], markersize=4.5)
        axes.set(xlabel="patients", ylabel="AUC")
    return figure


def width_figure(plan: StudyPlan) -> "Figure":
    """Draw how wide the intervals of AUC and sensitivity are."""
    from matplotlib.figure import Figure

    at = _numbers(plan)
    found = [forecast(plan.pilot, int(number)) for number in at]
    with styled():
        figure = Figure(figsize=(5.6, 3.6), layout="constrained")
        axes = figure.subplots()
        axes.plot(at, [each.auc.high - each.auc.low for each in found], label="AUC", **line_style(0))
        axes.plot(
            at,
            [each.sensitivity.high - each.sensitivity.low for each in found],
            label="sensitivity",
            **line_style(1),
        )
        axes.set(xlabel="patients", ylabel="width of the 95 % interval", ylim=(0, None))
        axes.legend()
    return figure


def _numbers(plan: StudyPlan) -> "np.ndarray[Any, Any]":
    ends = [each.patients for each in plan.forecasts] + ([plan.pilot.patients] if plan.pilot.patients else [])
    low, high = min(ends), max(ends)
    return np.unique(np.geomspace(max(4, min(low, high / 2)), high, _POINTS).round())
