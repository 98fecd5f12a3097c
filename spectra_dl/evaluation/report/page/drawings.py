"""The figures of a page, each with what it says in words."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from spectra_dl.evaluation.report.figures import (
    Curve,
    attribution_figure,
    reliability_figure,
    roc_figure,
    svg_text,
)
from spectra_dl.evaluation.report.page.study import Model, Saliency, Study
from spectra_dl.evaluation.report.page.wording import listed, short_name

if TYPE_CHECKING:
    from markupsafe import Markup
    from matplotlib.figure import Figure

_IN_LEGEND = 24
_CLASSES_DRAWN = 8


@dataclass(frozen=True)
class Drawings:
    """SVG to stand in the page; None where the report holds nothing to draw."""

    roc: "Markup | None"
    reliability: "Markup | None"
    saliency: "Markup | None"


def drawings(study: Study) -> Drawings:
    """Draw what the report allows: the first model and the best classical one."""
    names = [name for name in (study.first, study.best_classical) if name is not None]
    drawn = {name: study.results.models[name] for name in names}
    saliency = study.results.saliency
    names_drawn = listed([short_name(name, _IN_LEGEND) for name in names])
    return Drawings(
        roc=_svg(_roc(drawn), "roc", f"ROC curves of {names_drawn}"),
        reliability=_svg(_reliability(drawn), "reliability", f"Reliability diagram of {names_drawn}"),
        saliency=_svg(
            None if saliency is None else _saliency(saliency, study.results.context.words.row),
            "saliency",
            f"Mean {study.results.context.words.row} of each class, and what speaks for the class along the axis",
        ),
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


def _saliency(saliency: Saliency, row: str) -> "Figure":
    axis = saliency.axis
    classes = saliency.classes[:_CLASSES_DRAWN]
    return attribution_figure(
        [Curve(_legend(class_mean.name), axis, class_mean.mean) for class_mean in classes],
        [
            Curve(
                _legend(class_mean.name),
                axis,
                class_mean.attribution,
                [
                    value - spread
                    for value, spread in zip(class_mean.attribution, class_mean.spread, strict=True)
                ],
                [
                    value + spread
                    for value, spread in zip(class_mean.attribution, class_mean.spread, strict=True)
                ],
            )
            for class_mean in classes
        ],
        [place.position for place in saliency.places],
        axis_title=saliency.axis_title,
        row=row,
    )


def _legend(name: str) -> str:
    return short_name(name, _IN_LEGEND)


def _svg(figure: "Figure | None", name: str, title: str) -> "Markup | None":
    from markupsafe import Markup

    # Matplotlib has escaped the text in it.
    return None if figure is None else Markup(svg_text(figure, name, title=title))
