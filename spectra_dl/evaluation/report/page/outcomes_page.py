"""The page of a report of a number per patient: how near predictions come, and a figure of predicted against measured."""

import math
import shlex
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from spectra_dl.evaluation.metric import shown_in
from spectra_dl.evaluation.outcomes.metric_table import OUTCOME_METRICS
from spectra_dl.evaluation.report.figures import Curve, predicted_figure, svg_text
from spectra_dl.evaluation.report.page.environment import (
    LISTED_AT_MOST,
    RESEARCH_USE,
    Scale,
    ends,
    environment,
    gravest_first,
)
from spectra_dl.evaluation.report.page.model_parts import BlocksAdd, Fusion
from spectra_dl.evaluation.report.page.outcomes_study import OutcomeStudy
from spectra_dl.evaluation.report.page.outcomes_verdict import outcome_verdict
from spectra_dl.evaluation.report.page.study import ModelStudy
from spectra_dl.evaluation.report.page.wording import listed, short_name
from spectra_dl.evaluation.report.shared_text import leaky_omission

if TYPE_CHECKING:
    from markupsafe import Markup

_SOURCES = (
    "Rank correlation: Spearman 1904, doi 10.2307/1412159",
    "Percentile bootstrap: Efron & Tibshirani 1993, An Introduction to the Bootstrap",
    "Mid-p: Lancaster 1961, doi 10.1080/01621459.1961.10482105",
    "Partial least squares: Wold, Sjöström & Eriksson 2001, doi 10.1016/S0169-7439(01)00155-1",
)


def outcomes_page(study: OutcomeStudy) -> str:
    """Return the page of a report that was read."""
    return page_of_patients(
        "outcomes.html",
        study,
        methods=methods(study),
        sources=_SOURCES,
        target=short_name(study.results.data.target),
        metrics=shown_in("page", OUTCOME_METRICS),
        verdict=outcome_verdict(study),
        scale=_scale(study),
        figure=_figure(study),
    )


def page_of_patients(
    template: str, study: ModelStudy, *, methods: Sequence[str], sources: Sequence[str], **more: object
) -> str:
    """Return the page of models of what came of patients.

    Parameters
    ----------
    template
        Its name.
    study
        A report that was read.
    methods
        Paragraphs.
    sources
        Of the figures; those of the modality are added.
    more
        What this template alone takes.
    """
    results = study.results
    words = results.context.words
    return (
        environment()
        .get_template(template)
        .render(
            study=study,
            results=results,
            words=words,
            findings=gravest_first(results.audit.findings),
            research_use=RESEARCH_USE,
            methods=methods,
            sources=[*sources, *results.context.references],
            command=shlex.join(study.command),
            listed_at_most=LISTED_AT_MOST,
            refused_rows=words.rows,
            omission="" if results.settings.leaky else leaky_omission(words.row),
            adds=_adds(results.fusion) if results.fusion else None,
            **more,
        )
    )


class _Adds(NamedTuple):
    """What each block adds, in words and on a scale; of the mean absolute error too where a number is predicted."""

    to: str
    score: BlocksAdd
    error: BlocksAdd | None
    share: str
    scale: Scale


def _adds(fusion: Fusion) -> _Adds:
    score = fusion.contributions.get("r2")
    to, share = "R²", "Shapley value of R²"
    if score is None:
        score, to, share = (
            fusion.contributions["c_index"],
            "the C-index",
            "Shapley value of the C-index above one half",
        )
    bounds = ends(each.added for each in score.blocks.values())
    reach = max([0.1, *(math.ceil(10 * abs(end)) / 10 for end in bounds)])
    return _Adds(to, score, fusion.contributions.get("mae"), share, Scale(-reach, reach, 0.0))


def methods(study: OutcomeStudy) -> list[str]:
    """Return paragraphs that could stand in a paper's methods section."""
    results = study.results
    paragraphs = [_design(study), " ".join(results.context.methods), _figures(study)]
    return [paragraph for paragraph in paragraphs if paragraph]


def _design(study: OutcomeStudy) -> str:
    data, settings, rows = study.results.data, study.results.settings, study.results.context.words.rows
    times = "once" if settings.repeats == 1 else f"{settings.repeats} times"
    names = listed([short_name(name, 40) for name in study.results.models])
    return (
        f"{data.rows} {rows} of {data.patients} patients with a value of {short_name(data.target)} were read. Patients were split into {settings.folds} folds,"
        f" {times} (seed {settings.seed}), neighbours in the order of the values into different ones; all {rows} of a patient stand on the same side of every"
        " split. Whatever is fitted (how rows are made ready, the model, what it chooses) was fitted on the training patients of the fold alone. Models on the"
        f" same folds: {names}. A patient's prediction is the mean over the patient's {rows}."
    )


def _figures(study: OutcomeStudy) -> str:
    settings, chance = study.results.settings, study.results.models[study.first].chance
    return (
        f"Intervals are {100 * settings.level:.0f} % percentile intervals from {settings.resamples:,} resamples of patients, never of"
        f" {study.results.context.words.rows}. R² is 1 - squared error / squared error of the training patients' mean. Spearman's correlation is taken among the"
        " patients that one fold's model predicted and averaged over folds; its interval, and those of differences, are widened by as much as refits vary more"
        f" than fixed predictions. For p a linear model was refitted {chance.refits:,} times on the same folds with the patients' rows exchanged at random. A"
        " model is called better or worse only where the interval of the difference excludes 0. There is no correction for the number of models compared."
    )


def _scale(study: OutcomeStudy) -> Scale:
    bounds = ends(model.spearman for model in study.results.models.values())
    low = min([-0.1, *(math.floor(10 * end) / 10 for end in bounds)])
    return Scale(max(-1.0, low), 1.0, 0.0)


def _figure(study: OutcomeStudy) -> "Markup":
    """Draw the first model's predictions, averaged over repeats, against what was measured."""
    from markupsafe import Markup

    data, model = study.results.data, study.results.models[study.first]
    measured = [data.measured[name] for name in model.predicted]
    predicted = [sum(values) / len(values) for values in model.predicted.values()]
    name = short_name(study.first)
    figure = predicted_figure(Curve(name, measured, predicted), target=short_name(data.target, 40))
    # Matplotlib has escaped the text in it.
    return Markup(svg_text(figure, "predicted", title=f"Predicted against measured, {name}"))
