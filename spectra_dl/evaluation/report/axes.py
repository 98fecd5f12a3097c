"""What every drawing shares: its axes and its lines."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from spectra_dl.arrays import FloatArray
from spectra_dl.evaluation.report.colours import COLOURS, GREY

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Numbers = Sequence[float] | FloatArray

_STYLES = ("-", "--", "-.", ":")


def line_style(number: int) -> dict[str, Any]:
    """Return how the line of a number, from 0, is drawn.

    Examples
    --------
    >>> line_style(1)["linestyle"]
    '--'
    """
    return {
        "color": COLOURS[number % len(COLOURS)],
        "linestyle": _STYLES[number % len(_STYLES)],
        "linewidth": 1.5,
    }


def given_or_new(axes: "Axes | None", width: float = 8.0, height: float = 4.5) -> "Axes":
    """Return the axes given, or those of a new figure.

    Parameters
    ----------
    axes
        Where to draw; None for a new figure of pyplot, which notebooks show.
    width, height
        Of a new figure, in inches.
    """
    if axes is not None:
        return axes
    from matplotlib import pyplot

    _, new = pyplot.subplots(figsize=(width, height), layout="constrained")
    return new


def line_in_band(
    axes: "Axes", number: int, x: Numbers, y: Numbers, ends: tuple[Numbers, Numbers], **how: Any
) -> None:
    """Draw the line of a number within a band of its colour.

    Parameters
    ----------
    axes
        Where to draw.
    number
        Of the line, from 0.
    x, y
        The line.
    ends
        The lower and the upper end of the band.
    **how
        As matplotlib's ``plot`` takes it.
    """
    line = line_style(number)
    axes.plot(x, y, **line, **how)
    axes.fill_between(x, *ends, color=line["color"], alpha=0.2, linewidth=0)


def unit_square(axes: "Axes", across: str, up: str) -> None:
    """Make axes from 0 to 1 both ways, with a dotted diagonal.

    Parameters
    ----------
    axes
        Whose they are.
    across, up
        What they are called.
    """
    axes.plot([0, 1], [0, 1], color=GREY, linewidth=0.9, linestyle=":")
    axes.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), xlabel=across, ylabel=up, aspect="equal")


def legend_of(axes: "Axes", names: list[str], **where: Any) -> None:
    """Name the lines in the order they were drawn; afterwards, because matplotlib leaves out names that begin with an underscore.

    Parameters
    ----------
    axes
        Whose lines carry their numbers as labels.
    names
        A name for each.
    **where
        As matplotlib's ``legend`` takes it.
    """
    if names:
        for text, name in zip(axes.legend(**where).get_texts(), names, strict=True):
            text.set_parse_math(False)
            text.set_text(name)
