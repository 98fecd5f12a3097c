"""How lists and figures are put into sentences."""

import math
import textwrap
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from spectra_dl.evaluation.intervals import Interval

UNDEFINED = "n/a"
_NAMED_AT_MOST = 5
_LONGEST_WORD = 80
_WIDTH = 100


def first_few(words: Iterable[object], *, at_most: int = _NAMED_AT_MOST, longest: int = _LONGEST_WORD) -> str:
    """Join the first words, each cut at 80 characters, and say how many more there are.

    Parameters
    ----------
    words
        Anything that can be written as text.
    at_most
        How many are written; five unless said.
    longest
        Characters after which a word is cut.

    Examples
    --------
    >>> first_few(range(7))
    '0, 1, 2, 3, 4 and 2 more'
    """
    listed = [str(word)[:longest] for word in words]
    more = f" and {len(listed) - at_most} more" if len(listed) > at_most else ""
    return ", ".join(listed[:at_most]) + more


def as_written(cells: Iterable[str]) -> str:
    """Say how cells that hold no value are written, to stand behind where they are; empty where all are empty.

    Parameters
    ----------
    cells
        Their texts.

    Examples
    --------
    >>> as_written(["", "n.d.", "n.d."])
    ", written 'n.d.'"
    """
    written = sorted({cell.strip() for cell in cells} - {""})
    return f", written {first_few(map(repr, written))}" if written else ""


def counted(number: int, singular: str, plural: str = "") -> str:
    """Write how many there are of something.

    Parameters
    ----------
    number
        How many.
    singular
        What one is called.
    plural
        What several are called; with an s more unless said.

    Examples
    --------
    >>> counted(1, "slide"), counted(2000, "slide"), counted(0, "copy", "copies")
    ('1 slide', '2,000 slides', '0 copies')
    """
    return f"{number:,} {singular if number == 1 else plural or singular + 's'}"


def figure(value: float) -> str:
    """Write a figure with three decimals, or ``n/a`` where it is undefined (NaN).

    Examples
    --------
    >>> figure(0.91234), figure(float("nan"))
    ('0.912', 'n/a')
    """
    return UNDEFINED if math.isnan(value) else f"{value:.3f}"


def short_figure(value: float) -> str:
    """Write a figure between -1 and 1 in five characters at most; a whole one in three, as 1.0.

    Examples
    --------
    >>> short_figure(0.25), short_figure(-0.25), short_figure(1.0)
    ('.250', '-.250', '1.0')
    """
    text = figure(value)
    return {"1.000": "1.0", "-1.000": "-1.0"}.get(text, text.replace("0.", ".", 1))


def short_interval(interval: "Interval") -> str:
    """Write a figure with its interval, as ``.250 [.100, .400]``."""
    return f"{short_figure(interval.value)} [{short_figure(interval.low)}, {short_figure(interval.high)}]"


def without_controls(text: str) -> str:
    """Spell out characters of ids and labels that would steer a terminal."""
    return "".join(
        character if character.isprintable() or character == "\n" else repr(character)[1:-1]
        for character in text
    )


def wrapped(sentence: str) -> str:
    """Break a sentence into lines of at most 100 columns."""
    return textwrap.fill(sentence, _WIDTH)
