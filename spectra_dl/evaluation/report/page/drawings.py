"""The figures of a page, each with what it says in words."""

import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING

from spectra_dl.evaluation.report.figures import (
    Curve,
    attribution_figure,
    curves_figure,
    decision_figure,
    points_figure,
    reliability_figure,
    roc_figure,
    svg_text,
)
from spectra_dl.evaluation.report.page.audit_parts import Evidence
from spectra_dl.evaluation.report.page.model_parts import Saliency
from spectra_dl.evaluation.report.page.study import Model, Study
from spectra_dl.evaluation.report.page.wording import listed, printable, short_name

if TYPE_CHECKING:
    from markupsafe import Markup
    from matplotlib.figure import Figure

_IN_LEGEND = 24
_TWO_SIDED = 1.96  # standard errors of a 95 % interval
_CLASSES_DRAWN = 8


@dataclass(frozen=True)
class Drawings:
    """SVG to stand in the page; None where the report holds nothing to draw."""

    roc: "Markup | None"
    reliability: "Markup | None"
    decision: "Markup | None"
    saliency: "Markup | None"
    confound: "Markup | None"
    confound_is_curve: bool


def drawings(study: Study) -> Drawings:
    """Draw what the report allows: the first model and the best classical one."""
    names = [name for name in (study.first, study.best_classical) if name is not None]
    drawn = {name: study.results.models[name] for name in names}
    saliency = study.results.saliency
    stopping = _stopping(study)
    names_drawn = listed([short_name(name, _IN_LEGEND) for name in names])
    return Drawings(
        roc=_svg(_roc(drawn), "roc", f"ROC curves of {names_drawn}"),
        reliability=_svg(_reliability(drawn), "reliability", f"Reliability diagram of {names_drawn}"),
        decision=_svg(_decision(drawn), "decision", f"Decision curves of {names_drawn}"),
        saliency=_svg(
            None if saliency is None else _saliency(saliency, study.results.context.words.row),
            "saliency",
            f"Mean {study.results.context.words.row} of each class, and what speaks for the class along the axis",
        ),
        confound=_svg(
            None if stopping is None else _confound(stopping),
            "confound",
            "" if stopping is None else f"{printable(stopping.title)}, by class: {_in_words(stopping)}",
        ),
        confound_is_curve=stopping is not None and bool(stopping.axis),
    )


def _roc(models: dict[str, Model]) -> "Figure | None":
    if len(next(iter(models.values())).roc or []) > 1:
        # With several classes one model's curves fill the figure.
        models = dict(list(models.items())[:1])
    curves = [
        Curve(
            _legend(name if len(model.roc or []) == 1 else roc.name), roc.false_positive_rate, roc.sensitivity
        )
        for name, model in models.items()
        for roc in (model.roc or [])[:_CLASSES_DRAWN]
    ]
    return roc_figure(curves) if curves else None


def _reliability(models: dict[str, Model]) -> "Figure | None":
    curves = [
        Curve(
            _legend(name),
            [reliability_bin.mean_probability for reliability_bin in model.calibration.reliability],
            [reliability_bin.observed for reliability_bin in model.calibration.reliability],
            [reliability_bin.observed_low for reliability_bin in model.calibration.reliability],
            [reliability_bin.observed_high for reliability_bin in model.calibration.reliability],
        )
        for name, model in models.items()
        if model.calibration and model.calibration.reliability
    ]
    return reliability_figure(curves) if curves else None


def _decision(models: dict[str, Model]) -> "Figure | None":
    with_curve = [
        (name, model.decision_curve) for name, model in models.items() if model.decision_curve is not None
    ]
    if not with_curve:
        return None
    first = with_curve[0][1]
    curves = [
        Curve(_legend(name), curve.threshold, band.value, band.low, band.high)
        for name, curve in with_curve
        for band in [curve.net_benefit]
    ]
    return decision_figure(curves, Curve("act on everybody", first.threshold, first.treat_all))


def _saliency(saliency: Saliency, row: str) -> "Figure":
    axis = saliency.axis
    classes = saliency.classes[:_CLASSES_DRAWN]
    return attribution_figure(
        [Curve(_legend(class_mean.name), axis, class_mean.mean) for class_mean in classes],
        [_with_ends(_legend(each.name), axis, each.attribution, each.spread) for each in classes],
        [place.position for place in saliency.places],
        axis_title=saliency.axis_title,
        row=row,
    )


def _stopping(study: Study) -> Evidence | None:
    """Return the evidence of the first finding that stopped the study and can be drawn."""
    stopped = (each.evidence for each in study.results.audit.findings if each.severity == "stop")
    return next((drawn for drawn in stopped if drawn is not None), None)


def _confound(evidence: Evidence) -> "Figure":
    classes = evidence.classes[:_CLASSES_DRAWN]
    named = [(f"{_legend(each.name)} ({each.patients} patients)", each) for each in classes]
    if not evidence.axis:
        return points_figure([Curve(name, each.points, []) for name, each in named], title=evidence.title)
    curves = [_with_ends(name, evidence.axis, each.mean, each.spread) for name, each in named]
    centre = [statistics.fmean(values) for values in zip(*(each.mean for each in classes), strict=True)]
    # Squares of the spreads, weighted by patients: the usual standard deviation within classes.
    patients = sum(each.patients for each in classes)
    within = [
        sum(each.patients * spread * spread for each, spread in zip(classes, spreads, strict=True)) / patients
        for spreads in zip(*(each.spread for each in classes), strict=True)
    ]
    scale = [square**0.5 or 1.0 for square in within]
    differences = [
        _with_ends(
            name,
            evidence.axis,
            [(mean - middle) / unit for mean, middle, unit in zip(each.mean, centre, scale, strict=True)],
            [_TWO_SIDED * each.patients**-0.5] * len(centre),
        )
        for name, each in named
    ]
    return curves_figure(curves, differences, axis_title=evidence.axis_title, title=evidence.title)


def _with_ends(name: str, x: list[float], y: list[float], reach: list[float]) -> Curve:
    low = [value - by for value, by in zip(y, reach, strict=True)]
    high = [value + by for value, by in zip(y, reach, strict=True)]
    return Curve(name, x, y, low, high)


def _in_words(evidence: Evidence) -> str:
    """Return the range of each class's numbers, for who can't see the evidence."""
    return "; ".join(
        f"{_legend(each.name)} from {min(each.points or each.mean):.4g} to {max(each.points or each.mean):.4g}"
        for each in evidence.classes[:_CLASSES_DRAWN]
        if each.points or each.mean
    )


def _legend(name: str) -> str:
    return short_name(name, _IN_LEGEND)


def _svg(figure: "Figure | None", name: str, title: str) -> "Markup | None":
    from markupsafe import Markup

    # Matplotlib has escaped the text in it.
    return None if figure is None else Markup(svg_text(figure, name, title=title))
