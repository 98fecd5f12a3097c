"""How figures and foreign text are written on the page."""

from spectra_dl.evaluation.wording import UNDEFINED

_LONGEST_NAME = 60


def printable(text: str) -> str:
    r"""Return ``text`` with what can't be seen spelled out: control characters, line breaks, marks of direction.

    Examples
    --------
    >>> printable("a\nb\u202e")
    'a\\nb\\u202e'
    """
    if text.isprintable():
        return text
    return "".join(
        character
        if character.isprintable()
        else character.encode("unicode_escape", "backslashreplace").decode()
        for character in text
    )


def short_name(name: str, limit: int = _LONGEST_NAME) -> str:
    r"""Return a name that fits on a line, printable and cut after ``limit`` characters.

    Parameters
    ----------
    name
        As a user wrote it.
    limit
        Length of the result at most, in characters.

    Examples
    --------
    >>> short_name("serum\t2", 6), short_name("metastasis", 6)
    ('serum…', 'metas…')
    """
    text = printable(name)
    return text if len(text) <= limit else text[: limit - 1] + "…"


def number(value: float | None, decimals: int = 3) -> str:
    """Write a figure, or ``n/a`` where it is undefined, with a true minus sign.

    Parameters
    ----------
    value
        None where undefined.
    decimals
        How many are written.

    Examples
    --------
    >>> number(-0.25), number(None)
    ('−0.250', 'n/a')
    """
    return UNDEFINED if value is None else f"{value:.{decimals}f}".replace("-", "−")


def listed(names: list[str], *, last: str = "and") -> str:
    """Join names as a sentence does.

    Parameters
    ----------
    names
        In order; one alone stands as it is, none gives an empty text.
    last
        The word before the last name.

    Examples
    --------
    >>> listed(["a", "b", "c"])
    'a, b and c'
    """
    return f" {last} ".join(part for part in (", ".join(names[:-1]), *names[-1:]) if part)
