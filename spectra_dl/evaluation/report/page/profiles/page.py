"""The page of a report of profiles: how well maps are predicted, compared with what could be predicted and what needs no image."""

import math
import shlex
from collections.abc import Sequence

from spectra_dl.evaluation.metric import shown_in
from spectra_dl.evaluation.profiles.metric_table import PROFILE_METRICS
from spectra_dl.evaluation.report.next_steps import next_steps
from spectra_dl.evaluation.report.page import value_maps
from spectra_dl.evaluation.report.page.environment import (
    LISTED_AT_MOST,
    RESEARCH_USE,
    Scale,
    ends,
    environment,
    gravest_first,
)
from spectra_dl.evaluation.report.page.profiles import figures
from spectra_dl.evaluation.report.page.profiles.figures import against_ceiling, drawn_targets
from spectra_dl.evaluation.report.page.profiles.study import ProfileStudy
from spectra_dl.evaluation.report.page.study import Difference, Interval
from spectra_dl.evaluation.report.page.verdict import profiles_verdict
from spectra_dl.evaluation.report.page.wording import listed, number, short_name
from spectra_dl.evaluation.report.shared_text import leaky_omission

_TARGETS_SHOWN = 20
_SOURCES = {
    "percentile": "Percentile bootstrap: Efron & Tibshirani 1993, An Introduction to the Bootstrap",
    "student": "Intervals of few units: Student 1908, doi 10.1093/biomet/6.1.1",
    "ceiling": "Noise ceiling as the square root of reliability: Spearman 1904, doi 10.2307/1412159",
}


def profiles_page(study: ProfileStudy) -> str:
    """Return the page of a report that was read."""
    results = study.results
    findings = gravest_first(results.audit.findings)
    drawn = [result.pearson for result in (*results.models.values(), *results.controls.values())]
    scored = [target for target in results.targets if target.pearson is not None]
    return (
        environment()
        .get_template("profiles.html")
        .render(
            study=study,
            results=results,
            words=results.context.words,
            metrics=shown_in("page", PROFILE_METRICS),
            findings=findings,
            next_steps=_next_steps(study, [each.name for each in findings if each.severity != "fine"]),
            **_drawings(study),
            verdict=profiles_verdict(study),
            research_use=RESEARCH_USE,
            score_scale=score_scale(drawn, results.ceiling.value),
            difference_scale=difference_scale(results.differences),
            best=scored[:_TARGETS_SHOWN],
            worst=scored[_TARGETS_SHOWN:][-_TARGETS_SHOWN:],
            methods=methods(study),
            sources=sources(study),
            command=shlex.join(study.command),
            listed_at_most=LISTED_AT_MOST,
            refused_rows="",
            omission="" if results.settings.leaky else leaky_omission(results.context.words.row),
        )
    )


def _next_steps(study: ProfileStudy, raised: list[str]) -> list[tuple[str, str]]:
    """Return what to do about findings, and about controls that the model is not better than."""
    controls = study.results.not_better_than
    if not controls or study.results.audit.severity == "stop":
        return next_steps(raised)
    named = listed([short_name(name, 40) for name in controls])
    step = f"More patients narrow the interval; a model that still is not better than {named} uses nothing of the image that these lack."
    return [("no better than a control", step), *next_steps(raised)]


def _drawings(study: ProfileStudy) -> dict[str, object]:
    maps = study.results.maps
    return {
        "against_ceiling": against_ceiling(study.results.targets),
        "held_out": maps,
        "drawn_targets": [] if maps is None else drawn_targets(maps),
        "plot": figures,
        "maps": value_maps,
        "colours": value_maps.colour_bar(),
        "value_name": "",
    }


def methods(study: ProfileStudy) -> list[str]:
    """Return paragraphs that could stand in a paper's methods section."""
    paragraphs = [_design(study), " ".join(study.results.context.methods), _figures(study), _controls(study)]
    return [paragraph for paragraph in paragraphs if paragraph]


def sources(study: ProfileStudy) -> list[str]:
    """Return where the methods that this report used are described."""
    used = {result.pearson.method for result in study.results.models.values()} | {"ceiling"}
    cited = [text for name, text in _SOURCES.items() if name in used]
    return [*cited, *study.results.context.references]


def _design(study: ProfileStudy) -> str:
    data, settings = study.results.data, study.results.settings
    words = study.results.context.words
    units = data.patients if settings.group == "patient" else len(data.sections)
    split = (
        f"Each fold leaves out all {settings.group}s of one value of {short_name(settings.split_by)}"
        if settings.split_by not in ("", settings.group)
        else f"Each {settings.group} was left out once"
        if settings.folds == units
        else f"The {settings.group}s were split into {settings.folds} folds"
        f"{f', {settings.repeats} times' if settings.repeats > 1 else ''}"
    )
    sides = (
        "all sections of a patient stand on the same side of every split"
        if settings.group == "patient"
        else "other sections of a test section's patient may stand in training"
    )
    names = listed([short_name(name, 40) for name in study.results.models])
    return (
        f"{data.rows:,} {words.rows} in {len(data.sections)} sections of {data.patients} patients were read. {split}"
        f" (seed {settings.seed}); {sides}. Whatever is fitted, the panel of {words.target}s included, was fitted on the"
        f" training {words.rows} of the fold alone. Models on the same folds and panels: {names}."
    )


def _figures(study: ProfileStudy) -> str:
    settings, results = study.results.settings, study.results
    words, first = results.context.words, results.models[study.first]
    intervals = {
        "percentile": f"{100 * settings.level:.0f} % percentile intervals from {settings.resamples:,} resamples of {settings.group}s",
        "student": f"{100 * settings.level:.0f} % intervals by Student's t over {settings.group}s, as there are fewer than thirty",
    }.get(first.pearson.method)
    stated = (
        f"Intervals are {intervals}."
        if intervals
        else f"There are no intervals: there is one {settings.group}."
    )
    return (
        f"Within each test section and for each {words.target}, r is the Pearson correlation over {words.rows} of what was predicted and what was"
        f" measured; it is averaged over {words.target}s, then sections, then patients. A {words.target} measured constant in a"
        f" section is left out ({first.undefined} pairs), one that is predicted constant scores 0 ({first.unordered} pairs). The ceiling is the"
        " correlation that a model knowing the true rates would reach with counts this noisy. R² is 1 - squared error / variance"
        f" within the section. {stated} Differences come from the same {settings.group}s; a model is called better or worse only where the"
        " interval excludes 0. There is no correction for the number of models compared."
    )


def _controls(study: ProfileStudy) -> str:
    settings = study.results.settings
    shuffles = (
        f"The shuffled control is the mean of {settings.shuffles} trainings of {short_name(study.first)} (SD between them"
        f" {number(study.results.shuffled_sd)}). "
        if settings.shuffles
        else ""
    )
    row = study.results.context.words.row
    figures, omitted = (
        (f"Pooled and split-by-{row} figures", "")
        if settings.leaky
        else ("Pooled figures", f" {leaky_omission(row)}")
    )
    return (
        f"{shuffles}Controls see no image and are scored as the models are. {figures} are"
        f" estimates of protocols that leak, shown so that published figures can be compared; they are no results.{omitted}"
    )


def score_scale(drawn: Sequence[Interval], ceiling: float | None) -> Scale:
    """Return where correlations stand on the strips of a table.

    Parameters
    ----------
    drawn
        Those of models and controls.
    ceiling
        The highest that counts allow; None where unknown.
    """
    bounds = ends([*drawn, Interval(value=ceiling)])
    low = min(-0.1, math.floor(10 * min(bounds)) / 10) if bounds else -0.1
    high = max(0.1, math.ceil(10 * max(bounds)) / 10) if bounds else 1.0
    return Scale(max(low, -1.0), min(high, 1.0), 0.0)


def difference_scale(differences: Sequence[Difference]) -> Scale:
    """Return where differences of correlations stand on the strips of a table."""
    bounds = ends(each.difference for each in differences)
    reach = min(1.0, max([0.05, *(math.ceil(20 * abs(end)) / 20 for end in bounds)]))
    return Scale(-reach, reach, 0.0)
