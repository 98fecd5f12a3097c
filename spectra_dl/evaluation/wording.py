"""How lists and figures are put into sentences."""

import math
from collections.abc import Iterable

UNDEFINED = "n/a"
_NAMED_AT_MOST = 5
_LONGEST_WORD = 80


def first_few(words: Iterable[object], *, at_most: int = _NAMED_AT_MOST) -> str:
    """Join the first words, five unless said, each cut at 80 characters, and say how many more there are.

    Examples
    --------
    >>> first_few(range(7))
    '0, 1, 2, 3, 4 and 2 more'
    """
    listed = [str(word)[:_LONGEST_WORD] for word in words]
    more = f" and {len(listed) - at_most} more" if len(listed) > at_most else ""
    return ", ".join(listed[:at_most]) + more


def figure(value: float) -> str:
    """Write a figure with three decimals, or ``n/a`` where it is undefined (NaN).

    Examples
    --------
    >>> figure(0.91234), figure(float("nan"))
    ('0.912', 'n/a')
    """
    return UNDEFINED if math.isnan(value) else f"{value:.3f}"
