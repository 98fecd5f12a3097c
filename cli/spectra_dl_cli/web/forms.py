"""What differs between a page of spectra and one of a tissue section, in one place."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from spectra_dl_cli.web import form as spectra
from spectra_dl_cli.web.drops import Drop
from spectra_dl_cli.web.tissue import form as tissue


@dataclass(frozen=True)
class Form:
    """How a drop is read and what can be done with it.

    Attributes
    ----------
    task
        Of the job that reads it.
    template
        Of its page.
    kinds
        What can be run.
    guessed, chosen
        What the files seem to be, and what the person said of them.
    reading_words, command_words
        From that to the words of a command.
    """

    task: Literal["read", "read_tissue"]
    template: str
    kinds: Mapping[str, str]
    guessed: Callable[[Drop], dict[str, str]]
    chosen: Callable[[Drop, Mapping[str, str]], dict[str, str]]
    reading_words: Callable[[Drop], list[str]]
    command_words: Callable[[Drop, str, Path | None], list[str]]


FORMS: Mapping[str, Form] = {
    "spectra": Form(
        "read",
        "drop.html",
        spectra.KINDS,
        spectra.guessed,
        spectra.chosen,
        spectra.reading_words,
        spectra.command_words,
    ),
    "tissue": Form(
        "read_tissue",
        "section.html",
        tissue.KINDS,
        tissue.guessed,
        tissue.chosen,
        tissue.reading_words,
        tissue.command_words,
    ),
}
