"""A claim that holds, or is said."""


def claim(holds: bool, sentence: str) -> None:
    """Raise where a claim does not hold, also under ``python -O``.

    Parameters
    ----------
    holds
        Whether it does.
    sentence
        What is wrong where it does not.

    Raises
    ------
    AssertionError
        It does not hold.

    Examples
    --------
    >>> claim(True, "never said")
    """
    if not holds:
        raise AssertionError(sentence)
