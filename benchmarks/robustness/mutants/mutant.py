"""One deliberate mistake in the package's code, and the tests that should notice it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Mutant:
    """A mistake.

    Attributes
    ----------
    name
        What the code does wrongly.
    path
        The module, under ``spectra_dl``.
    text
        What is replaced; it stands once in the module.
    replacement
        What stands there instead.
    tests
        Files or test ids under ``tests``; at least one of their tests should fail.
    """

    name: str
    path: str
    text: str
    replacement: str
    tests: tuple[str, ...]
