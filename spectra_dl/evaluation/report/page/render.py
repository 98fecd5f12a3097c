"""Fill the page's template."""

import math
import shlex
from collections.abc import Iterable, Mapping

from spectra_dl.evaluation.classes.metric_table import METRICS
from spectra_dl.evaluation.metric import shown_in
from spectra_dl.evaluation.report.across.across_page import across_page
from spectra_dl.evaluation.report.across.across_study import read_across
from spectra_dl.evaluation.report.next_steps import next_steps
from spectra_dl.evaluation.report.page.drawings import drawings
from spectra_dl.evaluation.report.page.environment import (
    LISTED_AT_MOST,
    RESEARCH_USE,
    Scale,
    ends,
    environment,
    gravest_first,
)
from spectra_dl.evaluation.report.page.methods import methods, sources
from spectra_dl.evaluation.report.page.model_parts import ShareFigure
from spectra_dl.evaluation.report.page.outcomes_page import outcomes_page
from spectra_dl.evaluation.report.page.outcomes_study import read_outcome_study
from spectra_dl.evaluation.report.page.profiles.page import profiles_page
from spectra_dl.evaluation.report.page.profiles.study import read_profiles
from spectra_dl.evaluation.report.page.reporting.answers import answers
from spectra_dl.evaluation.report.page.study import Interval, Study, kind_of, read_study
from spectra_dl.evaluation.report.page.verdict import counts, study_verdict
from spectra_dl.evaluation.report.shared_text import leaky_omission
from spectra_dl.evaluation.report.survival.survival_page import survival_page
from spectra_dl.evaluation.report.survival.survival_study import read_survival_study
from spectra_dl.evaluation.report.table_downloads import with_downloads


def report_page(report: Mapping[str, object]) -> str:
    """Return a report as one HTML file that needs nothing else: no network, no script, no other file.

    Parameters
    ----------
    report
        All of ``report.json``, as ``json.load`` gives it.

    Returns
    -------
    page
        HTML; the same report gives the same text. What a user wrote (ids, classes, columns) is shown as text.

    Raises
    ------
    DataError
        It is not the report of an evaluation.
    """
    kind = kind_of(report)
    if kind == "profiles":
        return with_downloads(profiles_page(read_profiles(report)))
    if kind == "across-patients":
        return with_downloads(across_page(read_across(report)))
    if kind == "outcomes":
        return with_downloads(outcomes_page(read_outcome_study(report)))
    if kind == "survival":
        return with_downloads(survival_page(read_survival_study(report)))
    return with_downloads(_classes_page(read_study(report)))


def _classes_page(study: Study) -> str:
    results = study.results
    findings = gravest_first(results.audit.findings)
    return (
        environment()
        .get_template("report.html")
        .render(
            study=study,
            results=results,
            findings=findings,
            next_steps=next_steps([each.name for each in findings if each.severity != "fine"]),
            verdict=study_verdict(study),
            research_use=RESEARCH_USE,
            counts=counts(study),
            drawings=drawings(study),
            auc_scale=_auc_scale(study),
            difference_scale=_difference_scale(study),
            added_scale=_added_scale(study),
            methods=methods(study),
            sources=sources(study),
            answers=answers(study),
            command=shlex.join(study.command),
            listed_at_most=LISTED_AT_MOST,
            words=results.context.words,
            metrics=shown_in("page", METRICS),
            refused_rows=results.context.words.rows,
            omission="" if results.settings.leaky else leaky_omission(results.context.words.row),
        )
    )


def _auc_scale(study: Study) -> Scale:
    bounds = ends(model.auc for model in study.results.models.values())
    low = min([0.4, *(math.floor(10 * end) / 10 for end in bounds)])
    return Scale(low, 1.0, 0.5)


def _difference_scale(study: Study) -> Scale:
    return _around_zero(difference.difference for difference in study.differences_in_auc.values())


def _added_scale(study: Study) -> Scale:
    fusion = study.results.fusion
    auc = fusion.contributions.get("auc") if fusion else None
    return _around_zero(each.added for each in auc.blocks.values()) if auc else _around_zero([])


def _around_zero(intervals: Iterable[Interval | ShareFigure]) -> Scale:
    reach = max([0.1, *(math.ceil(10 * abs(end)) / 10 for end in ends(intervals))])
    return Scale(-reach, reach, 0.0)
