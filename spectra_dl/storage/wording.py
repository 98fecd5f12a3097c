"""Foreign text made fit to stand in a message."""


def printable(text: str, limit: int = 40) -> str:
    """Return ``text`` cut after ``limit`` characters, with what can't be printed escaped.

    Parameters
    ----------
    text
        Text of any origin.
    limit
        Characters at most, 1 or more; a longer text ends in an ellipsis.
    """
    cut = text if len(text) <= limit else text[: limit - 1] + "…"
    return "".join(
        c if c.isprintable() else c.encode("unicode_escape", "backslashreplace").decode() for c in cut
    )


def safe_file_name(text: str) -> str:
    """Return ``text`` made fit to be a part of a file's name: letters, digits, point, hyphen and underscore, 60 at most."""
    return "".join(c if c.isalnum() or c in ".-_" else "-" for c in text)[:60].lstrip(".") or "unnamed"


def letters_and_digits(name: str) -> str:
    """Return a name in small letters without signs and spaces, as spellings of one column have in common.

    >>> letters_and_digits("Library-ID")
    'libraryid'
    """
    return "".join(filter(str.isalnum, name.lower()))
