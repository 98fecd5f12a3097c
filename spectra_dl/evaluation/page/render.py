"""Fill the page's template."""

import math
import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from spectra_dl.evaluation.page.answers import answers
from spectra_dl.evaluation.page.drawings import drawings
from spectra_dl.evaluation.page.methods import methods, sources
from spectra_dl.evaluation.page.study import Interval, Study, read_study
from spectra_dl.evaluation.page.verdict import RESEARCH_USE, counts, study_verdict
from spectra_dl.evaluation.page.wording import number, printable, short_name

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

_LISTED = 40
_GRAVITY = {"stop": 0, "warn": 1, "fine": 2}
_STRIP_WIDTH = 180


@dataclass(frozen=True)
class Scale:
    """Where values stand on the small strips beside a table, from 0 to `width`."""

    low: float
    high: float
    reference: float
    width: int = _STRIP_WIDTH

    def at(self, value: float) -> float:
        """Return the place of ``value``; what lies outside is put on the edge."""
        share = (min(max(value, self.low), self.high) - self.low) / (self.high - self.low)
        return round(4 + share * (self.width - 8), 1)


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
    study = read_study(report)
    results = study.results
    findings = sorted(results.audit.findings, key=lambda finding: _GRAVITY[finding.severity])
    page = _environment().get_template("report.html")
    return page.render(
        study=study,
        results=results,
        findings=findings,
        verdict=study_verdict(study),
        research_use=RESEARCH_USE,
        counts=counts(study),
        drawings=drawings(study),
        auc_scale=_auc_scale(study),
        difference_scale=_difference_scale(study),
        methods=methods(study),
        sources=sources(study),
        answers=answers(study),
        command=shlex.join(study.command),
        listed_at_most=_LISTED,
    )


def _environment() -> "Environment":
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("spectra_dl.evaluation.page", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_visible,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(name=_name, number=number, interval=_interval, percent=_percent)
    return environment


def _visible(value: object) -> object:
    """Spell out what can't be seen in any text that goes into the page; markup has been through this."""
    return printable(value) if type(value) is str else value


def _name(text: str) -> "Markup":
    """Set a user's word apart, so that its direction of writing stays its own."""
    from markupsafe import Markup

    return Markup("<bdi>{}</bdi>").format(short_name(text))


def _interval(interval: Interval) -> str:
    return f"{number(interval.value)} [{number(interval.low)}, {number(interval.high)}]"


def _percent(value: float | None) -> str:
    return "n/a" if value is None else f"{100 * value:.0f} %"


def _auc_scale(study: Study) -> Scale:
    ends = _ends(model.auc for model in study.results.models.values())
    low = min([0.4, *(math.floor(10 * end) / 10 for end in ends)])
    return Scale(low, 1.0, 0.5)


def _difference_scale(study: Study) -> Scale:
    ends = _ends(one.difference for one in study.differences_in_auc.values())
    reach = max([0.1, *(math.ceil(10 * abs(end)) / 10 for end in ends)])
    return Scale(-reach, reach, 0.0)


def _ends(intervals: Iterable[Interval]) -> Sequence[float]:
    return [end for one in intervals for end in (one.value, one.low, one.high) if end is not None]
