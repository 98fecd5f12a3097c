"""Foreign text prepared for a message: short, on one line, without control characters."""

import os
from collections.abc import Iterable
from pathlib import Path

from spectra_dl.storage.wording import printable as printable


def quoted(text: str, limit: int = 40) -> str:
    r"""Return ``text`` in quotes, with what can't be printed escaped.

    Parameters
    ----------
    text
        Of any length and content.
    limit
        Characters after which it is cut.

    Examples
    --------
    >>> quoted("a\x1b[31mb")
    "'a\\x1b[31mb'"
    """
    return f"'{printable(text, limit)}'"


def file_name(path: str | os.PathLike[str], *, parent: bool = False) -> str:
    """Return a file's name for messages and the source column.

    Parameters
    ----------
    path
        Of the file.
    parent
        Include the name of its folder.

    Examples
    --------
    >>> file_name("study/day1/a.csv"), file_name("study/day1/a.csv", parent=True)
    ('a.csv', 'day1/a.csv')
    """
    parts = Path(os.fspath(path)).parts[-2:] if parent else Path(os.fspath(path)).parts[-1:]
    return printable("/".join(parts) or os.fspath(path), 100)


def listed(names: Iterable[str], limit: int = 160) -> str:
    """Return names separated by commas, as many as fit, and the number of the rest.

    Parameters
    ----------
    names
        Of any length and content.
    limit
        Characters of the list; the first name stands in it whatever its length.

    Examples
    --------
    >>> listed(["age", "sex", "PSA"], limit=9)
    'age, sex and 1 more'
    """
    fitting: list[str] = []
    every = [printable(name) for name in names]
    for name in every:
        if fitting and len(", ".join((*fitting, name))) > limit:
            break
        fitting.append(name)
    rest = len(every) - len(fitting)
    return ", ".join(fitting) + (f" and {rest} more" if rest else "")


def stem(path: str | os.PathLike[str]) -> str:
    """Return a file's name without its folder and endings such as ``.csv`` or ``.csv.gz``.

    >>> stem("day1/S1.0.txt")
    'S1.0'
    """
    plain = Path(path)
    return Path(plain.stem).stem if plain.suffix.lower() == ".gz" else plain.stem
