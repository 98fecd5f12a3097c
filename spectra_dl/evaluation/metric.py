"""What every report must know of a metric, whatever it is computed from."""

from dataclasses import dataclass


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
    in_text, on_page
        Whether the printed table and the page's table have a column of it; report.json has all.
    """

    name: str
    title: str
    short: str
    lower_is_better: bool = False
    in_text: bool = False
    on_page: bool = False
