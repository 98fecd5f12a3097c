"""Foreign text made fit to stand in a message: short, on one line, without control characters."""

import os
from collections.abc import Iterable
from pathlib import Path

from spectra_dl.storage.wording import printable as printable


def quoted(text: str, limit: int = 40) -> str:
    """Return ``text`` in quotes, cut after ``limit`` characters, with what can't be printed escaped.

    >>> quoted("a\\x1b[31mb")
    "'a\\\\x1b[31mb'"
    """
    return f"'{printable(text, limit)}'"


def file_name(path: str | os.PathLike[str], *, parent: bool = False) -> str:
    """Return the last part of ``path`` (the last two with ``parent``) for messages and the source column."""
    parts = Path(os.fspath(path)).parts[-2:] if parent else Path(os.fspath(path)).parts[-1:]
    return printable("/".join(parts) or os.fspath(path), 100)


def listed(names: Iterable[str], limit: int = 160) -> str:
    """Return names separated by commas, as many as fit in ``limit`` characters.

    >>> listed(["age", "sex", "PSA"], limit=9)
    'age, sex and 1 more'
    """
    shown: list[str] = []
    every = [printable(name) for name in names]
    for name in every:
        if shown and len(", ".join((*shown, name))) > limit:
            break
        shown.append(name)
    rest = len(every) - len(shown)
    return ", ".join(shown) + (f" and {rest} more" if rest else "")


def stem(path: str | os.PathLike[str]) -> str:
    """Return a file's name without its folder and endings such as ``.csv`` or ``.csv.gz``.

    >>> stem("day1/S1.0.txt")
    'S1.0'
    """
    plain = Path(path)
    return Path(plain.stem).stem if plain.suffix.lower() == ".gz" else plain.stem
