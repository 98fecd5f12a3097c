"""What every report must know of a metric, whatever it is computed from."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeVar

Place = Literal["headline", "text", "page", "score"]


@dataclass(frozen=True)
class Metric:
    """A figure of merit.

    Attributes
    ----------
    name
        Its key in report.json.
    title
        In words, for a heading.
    short
        For a narrow column of text.
    lower_is_better
        Errors are better the lower they are.
    shown
        Where it has a place besides report.json, which has all: ``"headline"``: differences, leaky estimates, folds and leaderboards;
        ``"text"``: the printed table; ``"page"``: the page's table; ``"score"``: the table of ``spectra-dl score``.
    """

    name: str
    title: str
    short: str
    lower_is_better: bool = False
    shown: frozenset[Place] = frozenset()


_Kind = TypeVar("_Kind", bound=Metric)


def shown_in(place: Place, metrics: Mapping[str, _Kind]) -> list[_Kind]:
    """Return the metrics that have a place there, in the order of the table.

    Parameters
    ----------
    place
        Where.
    metrics
        A table of metrics by name.
    """
    return [metric for metric in metrics.values() if place in metric.shown]
