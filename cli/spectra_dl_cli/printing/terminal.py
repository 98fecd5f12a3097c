"""What a terminal shows besides text: colours of the words that matter, and tables with lines; click takes colours away elsewhere."""

import io
import os
import re
import shutil
from collections.abc import Sequence
from functools import partial
from typing import Any

import click

_RED: dict[str, Any] = {"fg": "red", "bold": True}
_STYLES: tuple[tuple[re.Pattern[str], dict[str, Any]], ...] = (
    (re.compile(r"\bSTOP\b\.?|\bCONFOUNDED\b|\bNO BETTER THAN CONTROLS\b|(?m:^Error:)"), _RED),
    (re.compile(r"\b(?:abstains|refused|warned)\b|(?m:^Warning:)"), {"fg": "yellow"}),
    (re.compile(r"(?m)^Note:.*"), {"dim": True}),
)


def coloured(text: str) -> str:
    """Return text with the words coloured that a person must not miss.

    Parameters
    ----------
    text
        Without control characters; click takes the colours away where there is no terminal.
    """
    if os.environ.get("NO_COLOR"):
        return text
    for pattern, style in _STYLES:
        text = pattern.sub(partial(_styled, style), text)
    return text


def _styled(style: dict[str, Any], found: re.Match[str]) -> str:
    return click.style(found[0], **style)


def drawn_table(header: Sequence[str], *rows: Sequence[str]) -> str:
    """Return a table with lines, whose cells are wrapped to the terminal's width.

    Parameters
    ----------
    header
        The columns' names.
    *rows
        As many cells each.
    """
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.ROUNDED, header_style="")
    for name, is_number in zip(header, numbers_only([header, *rows]), strict=True):
        table.add_column(Text(name), justify="right" if is_number else "left", overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row))
    stream = io.StringIO()
    Console(file=stream, width=shutil.get_terminal_size().columns, force_terminal=False).print(table)
    return stream.getvalue().rstrip()


def numbers_only(lines: Sequence[Sequence[str]]) -> list[bool]:
    """Return of each column whether all its cells below the header are numbers, or empty."""
    return [all(map(_is_number, column[1:])) for column in zip(*lines, strict=True)]


def _is_number(cell: str) -> bool:
    return cell in ("", "-") or cell.replace(".", "", 1).replace("-", "", 1).isdigit()
