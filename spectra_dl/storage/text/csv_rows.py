"""CSV whose cells no spreadsheet runs: marked where they are written, as they were once they are read."""

import contextlib
import csv
import io
import os
import re
from collections.abc import Callable, Iterable, Iterator

from spectra_dl.storage.atomic import whole_file

# The wide forms are read as the plain ones where East Asian text is usual.
_SIGNS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_NUMBER = re.compile(r"[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?")


@contextlib.contextmanager
def csv_rows(path: str | os.PathLike[str]) -> Iterator[Callable[[Iterable[object]], object]]:
    """Yield a function that appends a row; the file has its name once all are written.

    Raises
    ------
    EnvironmentFault
        The file can't be written.
    """
    with whole_file(path) as stream:
        text = io.TextIOWrapper(stream, encoding="utf-8", newline="", write_through=True)
        yield _row_writer(text)
        text.detach()


def csv_text(rows: Iterable[Iterable[object]]) -> str:
    r"""Return rows as the text of a CSV file.

    Parameters
    ----------
    rows
        The header first.

    Examples
    --------
    >>> csv_text([["id", "value"], ["=1+1", -0.5]])
    "id,value\n'=1+1,-0.5\n"
    """
    text = io.StringIO()
    write_row = _row_writer(text)
    for row in rows:
        write_row(row)
    return text.getvalue()


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


def _row_writer(text: io.TextIOBase) -> Callable[[Iterable[object]], object]:
    writer = csv.writer(text, lineterminator="\n")
    # Most cells begin with a letter or a digit: those need no closer look.
    return lambda row: writer.writerow(
        [cell if not isinstance(cell, str) or cell[:1].isalnum() else harmless(cell) for cell in row]
    )


def _marked(text: str) -> bool:
    # Text that begins with marks of its own gets one more, so that each comes back as it was.
    bare = text.lstrip("'")
    return bare.startswith(_SIGNS) and not _NUMBER.fullmatch(text)
