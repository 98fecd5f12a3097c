"""The table as docs/refusals.md, with the sentences that are really printed."""

import re
from collections.abc import Callable

from refusals.row import Row, outcomes
from refusals.sections import ROWS, SECTIONS

_HEAD = """\
# What it refuses, and why

Every row of this page is a test. The sentences are those the commands print; the page is written by
`python tests/support/refusals_page.py > docs/refusals.md`.

A refusal says which file, where in it, and what to do, in at most 500 characters, and writes nothing. The codes are those of
[outputs.md](outputs.md).

| what happens | exit code | meaning |
|---|---|---|
| same | 0 | read as if the fault were not there; report.json notes each guess |
| warned | 0 | read, and said what to know before the result is believed |
| some rows | 6 | every row is in the output once; damaged ones are marked, refused ones have no probability |
| refused | 3 | nothing was written; the sentence says why (2: an option is wrong; 5: the machine is in the way; 7: the training diverged) |
| unsafe | 4 | refused as it could run code or reach other files; nothing of it was executed or unpacked |
"""
# The message of a library, in brackets, changes with its version.
_LIBRARY_MESSAGE = re.compile(r"(truncated or damaged \w+ |tensors can't be read |mis-shaped tensors )\(.*\)")
_NAMES = {
    "same": "same",
    "warn": "warned",
    "partial": "some rows",
    "refuse": "refused",
    "unsafe": "unsafe",
}


def page_text(sentence_of: Callable[[Row], str] | None = None) -> str:
    """Return the whole page; ``sentence_of`` gives each row's sentence, by default the printed one."""
    parts = [_HEAD]
    for letter, (title, why) in SECTIONS.items():
        parts.append(
            f"## {title}\n\n{why}\n\n| fault | what happens | what it says | what to do |\n|---|---|---|---|"
        )
        parts.extend(
            page_line(row, (sentence_of or printed_sentence)(row)) for row in ROWS if row.section == letter
        )
        parts.append("")
    return "\n".join(parts).rstrip() + "\n"


def page_line(row: Row, sentence: str) -> str:
    """Return a row's line of the page."""
    cells = (row.fault, f"{_NAMES[row.right]} ({row.exit_code})", sentence, row.remedy)
    return "| " + " | ".join(cell.replace("|", "\\|").replace("<", "&lt;") for cell in cells) + " |"


def printed_sentence(row: Row) -> str:
    """Return the sentence of the row's first command: the error, or the line that holds what the row says."""
    if row.make is None:
        return row.says
    first = outcomes(row)[0]
    lines = [*first.error.splitlines(), *first.out.splitlines()]
    if errors := [line for line in lines if line.startswith("Error: ")]:
        return _LIBRARY_MESSAGE.sub(r"\1(...)", errors[0].removeprefix("Error: "))
    matching = [line for line in lines if row.says in line] if row.says else []
    return (
        matching[0].removeprefix("Note: ").removeprefix("Warning: ").strip()
        if matching
        else "Nothing; it is read as it stands."
    )
