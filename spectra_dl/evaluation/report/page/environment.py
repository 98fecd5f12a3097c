"""What every page's template may use."""

import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from spectra_dl.evaluation.report.colours import COLOURS, VIRIDIS
from spectra_dl.evaluation.report.page.wording import number, printable, short_name

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

    from spectra_dl.evaluation.report.page.audit_parts import Finding
    from spectra_dl.evaluation.report.page.model_parts import ShareFigure
    from spectra_dl.evaluation.report.page.study import Interval

RESEARCH_USE = "Research use only, not for diagnosis."
LISTED_AT_MOST = 40
_FINDINGS = 8  # of a model's audit
_GRAVITY = {"stop": 0, "warn": 1, "fine": 2}
_STRIP_WIDTH = 180
_OWN = "spectra_dl.evaluation.report.page"


@dataclass(frozen=True)
class Scale:
    """Where values stand on the small strips in a table, from 0 to `width`."""

    low: float
    high: float
    reference: float
    width: int = _STRIP_WIDTH

    def at(self, value: float) -> float:
        """Return the place of ``value``; what lies outside is put on the edge."""
        share = (min(max(value, self.low), self.high) - self.low) / (self.high - self.low)
        return round(4 + share * (self.width - 8), 1)


def ends(intervals: "Iterable[Interval | ShareFigure]") -> Sequence[float]:
    """Return every value and end that is defined, for a scale that holds them all."""
    return [
        end
        for interval in intervals
        for end in (interval.value, interval.low, interval.high)
        if end is not None
    ]


def gravest_first(findings: "Iterable[Finding]") -> "list[Finding]":
    """Return findings in the order a person should read them."""
    return sorted(findings, key=lambda finding: _GRAVITY[finding.severity])


def about_prediction(header: Any, sha256: str, report: Mapping[str, Any]) -> dict[str, object]:
    """Return what every page of predictions says of its model and of the run.

    Parameters
    ----------
    header
        Of the model's file.
    sha256
        The digest that seals it.
    report
        All of ``report.json``.
    """
    raised = {
        severity: [finding for finding in header.audit if finding.severity == severity][:_FINDINGS]
        for severity in ("stop", "warn")
    }
    return {
        "model": header,
        "sha256": sha256,
        "stops": raised["stop"],
        "warns": raised["warn"],
        "research_use": RESEARCH_USE,
        "versions": report.get("versions", {}),
        "command": shlex.join(report.get("command", ())),
        "inputs": report.get("inputs", ()),
        "notes": report.get("notes", ()),
        "listed_at_most": LISTED_AT_MOST,
    }


def seen_in_training(rows: Iterable[tuple[int, int, str]]) -> str:
    """Return a sentence on rows that the model was trained on, empty where there are none.

    Parameters
    ----------
    rows
        How many were seen, of how many, and what they are called.

    Examples
    --------
    >>> seen_in_training([(2, 1200, "images"), (0, 3, "spectra")])
    '2 of 1,200 images were used in training this model; these results are too good.'
    """
    seen = " and ".join(f"{count:,} of {total:,} {what}" for count, total, what in rows if count)
    return f"{seen} were used in training this model; these results are too good." if seen else ""


@cache
def environment(*packages: str) -> "Environment":
    """Return the templates, those of further packages too, with filters that keep a user's text from being anything but text."""
    from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=ChoiceLoader([PackageLoader(name, "templates") for name in (*packages, _OWN)]),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_visible,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(drawn=[colour.lower() for colour in COLOURS], viridis=VIRIDIS)
    environment.filters.update(
        name=_name, plain=short_name, number=number, interval=_interval, percent=_percent
    )
    return environment


def _visible(value: object) -> object:
    """Spell out what can't be seen in any text that goes into the page; markup has been through this."""
    return printable(value) if type(value) is str else value


def _name(text: str) -> "Markup":
    """Set a user's word apart, so that its direction of writing stays its own."""
    from markupsafe import Markup

    return Markup("<bdi>{}</bdi>").format(short_name(text))


def _interval(interval: "Interval") -> str:
    if interval.low is None and interval.high is None:
        return number(interval.value)
    return f"{number(interval.value)} [{number(interval.low)}, {number(interval.high)}]"


def _percent(value: float | None) -> str:
    return "n/a" if value is None else f"{100 * value:.0f} %"
