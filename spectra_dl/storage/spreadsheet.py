"""Cells that a spreadsheet would run as a formula, kept as text."""

import re

# The wide forms are read as the plain ones where East Asian text is usual.
_SIGNS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_NUMBER = re.compile(r"[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?")


def harmless(text: str) -> str:
    """Return text that no spreadsheet runs: a quotation mark stands before what looks like a formula; a number is none.

    Parameters
    ----------
    text
        Of one cell.

    Examples
    --------
    >>> harmless("=1+1"), harmless("-0.5"), harmless("P1")
    ("'=1+1", '-0.5', 'P1')
    """
    return f"'{text}" if _marked(text) else text


def restored(text: str) -> str:
    """Return the text from which `harmless` made a cell.

    Parameters
    ----------
    text
        Of one cell.

    Examples
    --------
    >>> restored("'=1+1"), restored("'quoted'")
    ('=1+1', "'quoted'")
    """
    return text[1:] if text.startswith("'") and _marked(text[1:]) else text


def _marked(text: str) -> bool:
    # Text that begins with marks of its own gets one more, so that each comes back as it was.
    bare = text.lstrip("'")
    return bare.startswith(_SIGNS) and not (bare == text and _NUMBER.fullmatch(text))
