"""Foreign text made fit to stand in a message."""


def printable(text: str, limit: int = 40) -> str:
    """Return ``text`` cut after ``limit`` characters, with what can't be printed escaped."""
    cut = text if len(text) <= limit else text[: limit - 1] + "…"
    return "".join(
        c if c.isprintable() else c.encode("unicode_escape", "backslashreplace").decode() for c in cut
    )
