"""A link below each table of a page that saves it as CSV; the file is part of the page."""

import base64
import re
from html.parser import HTMLParser

from spectra_dl.storage.text.csv_rows import csv_text

_TABLE = re.compile(r"<table>.*?</table>", re.DOTALL)


def with_downloads(page: str) -> str:
    """Return a page in which each table is followed by a link to it as CSV.

    Parameters
    ----------
    page
        HTML whose tables aren't nested.
    """
    count = 0

    def with_link(found: re.Match[str]) -> str:
        nonlocal count
        count += 1
        data = base64.b64encode(csv_text(_rows(found[0])).encode("utf-8")).decode("ascii")
        link = f'<a class="download" download="table-{count}.csv" href="data:text/csv;charset=utf-8;base64,{data}">'
        return f"{found[0]}\n{link}save as CSV</a>"

    return _TABLE.sub(with_link, page)


def _rows(table: str) -> list[list[str]]:
    cells = _Cells()
    cells.feed(table)
    return [row for row in cells.rows if any(row)]


class _Cells(HTMLParser):
    """The texts of a table's cells, row by row; a cell over several columns is followed by empty ones."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self._inside = self._hidden = False
        self._at = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self._at = len(self.rows[-1])
            self.rows[-1] += [""] * int(dict(attrs).get("colspan") or 1)
            self._inside = True
        elif tag == "svg":
            self._hidden = True

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th"):
            self._inside = False
        elif tag == "svg":
            self._hidden = False

    def handle_data(self, data: str) -> None:
        if self._inside and not self._hidden:
            self.rows[-1][self._at] = " ".join(f"{self.rows[-1][self._at]} {data}".split())
