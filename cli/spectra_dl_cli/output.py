"""What the commands print: plain text, safe for any terminal."""

import sys
import unicodedata
from collections.abc import Sequence

import click

from spectra_dl.training.launch import read_launch

_MAX_ERROR = 500


def say(text: str = "") -> None:
    """Print text for a person, with control characters made visible."""
    click.echo(_visible(text))


def say_error(text: str) -> None:
    """Print one sentence about a failure to standard error."""
    click.echo(f"Error: {_visible(text)[:_MAX_ERROR]}", err=True)


def say_warning(text: str) -> None:
    """Print one warning to standard error."""
    click.echo(f"Warning: {_visible(text)[:_MAX_ERROR]}", err=True)


def say_progress(text: str) -> None:
    """Print a line of progress to standard error when a person is watching; of several processes the first does."""
    if sys.stderr.isatty() and read_launch().is_first:
        click.echo(_visible(text), err=True)


def table_text(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table with columns as wide as their longest cell; numbers to the right."""
    lines = [[_visible(cell).replace("\n", "\\n") for cell in row] for row in (header, *rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(header))]
    right = [all(_is_number(line[column]) for line in lines[1:]) for column in range(len(header))]

    def draw(line: list[str]) -> str:
        cells = (
            cell.rjust(width) if flag else cell.ljust(width)
            for cell, width, flag in zip(line, widths, right, strict=True)
        )
        return "  ".join(cells).rstrip()

    return "\n".join(
        [draw(lines[0]), "  ".join("-" * width for width in widths), *(draw(line) for line in lines[1:])]
    )


def _is_number(cell: str) -> bool:
    return cell in ("", "-") or cell.replace(".", "", 1).replace("-", "", 1).isdigit()


def _visible(text: str) -> str:
    """Show control and invisible formatting characters, which could rewrite a terminal, as escapes."""
    return "".join(
        character
        if character == "\n" or unicodedata.category(character) not in ("Cc", "Cf", "Cs")
        else character.encode("unicode_escape").decode()
        for character in text
    )
