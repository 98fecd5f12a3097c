"""How a text table is laid out: comment lines, delimiter, quotes; and its lines as records of fields."""

import contextlib
import csv
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from spectra_dl.errors import DataError
from spectra_dl.spectra.readers.columns import USUAL_NAMES
from spectra_dl.spectra.readers.text.header import names_an_axis
from spectra_dl.spectra.readers.text.lines import SAMPLE_LINES, Lines
from spectra_dl.spectra.readers.text.numbers import looks_numeric
from spectra_dl.spectra.readers.text.table_start import (
    is_numeric_row,
    only_numbers,
    refuse_second_table,
    splitter,
    table_start,
)
from spectra_dl.spectra.readers.wording import listed

# In the order that wins a draw.
DELIMITERS = {"\t": "tab", ";": "semicolon", ",": "comma", "|": "bar", " ": "space"}
SCORED_FIELDS = 50
MAP_HEADER = ("#wave", "#intensity")
MOST_LINES_ABOVE = 1_000
_CLOSING = ">#%</=*"
_MAY_CLOSE = _CLOSING + " \t"


@dataclass(frozen=True)
class TextLine:
    """A line above or below the table."""

    number: int
    text: str


@dataclass(frozen=True)
class Record:
    """One row of a text table.

    Attributes
    ----------
    line
        The line it began on.
    text
        That line, from which the fields are split when they are asked for.
    delimiter
        One character; a space stands for any run of white space.
    quoted
        The fields where some stand in quotes, which may go over several lines.
    """

    line: int
    text: str
    delimiter: str
    quoted: list[str] | None = None

    @cached_property
    def fields(self) -> list[str]:
        """The fields as they stand."""
        if self.quoted is not None:
            return self.quoted
        return self.text.split() if self.delimiter == " " else self.text.split(self.delimiter)


_FEWEST_IN_ROW = 3  # separators: a remark over several lines may hold fewer


class Records:
    """The rows of a text table, without comment lines at the top and without blank lines.

    Parameters
    ----------
    lines
        Of the file.
    text_around
        Whether text above and below the table is no part of it, as instruments' programs write it.

    Attributes
    ----------
    name
        The file's name for messages.
    delimiter
        One character; a space stands for any run of white space.
    sample
        Stripped fields of the first rows (at most 64), not taken.
    text
        What stands above the table, and below it once that is reached.
    heading
        The line of text right above the table.
    notes
        What was guessed or skipped so far.
    """

    def __init__(self, lines: Lines, *, text_around: bool = False) -> None:
        self.name = lines.name
        self.text: list[TextLine] = []
        self.heading = ""
        self._lines = lines
        self._notes: list[str] = []
        named = self._skip_comments()
        if text_around:
            self._skip_text()
        self.delimiter = named or _decide_delimiter(self._peek())
        self.sample = [
            [field.strip() for field in fields] for fields in _split_all(self._peek(), self.delimiter)
        ]
        self._split = splitter(self.delimiter)
        self._width = self._usual_width() if text_around else 0
        self._collapsed = self._collapse_header()
        if not any(any(fields) for fields in self.sample):
            raise DataError(f"{self.name}: no spectra, only blank or comment lines; export the spectra again")
        if self.delimiter != ",":
            self._notes.append(f"the fields are separated by {DELIMITERS[self.delimiter]}s")

    @property
    def notes(self) -> list[str]:
        """What was guessed about the text, encoding first."""
        return [*self._lines.notes, *self._notes]

    def __iter__(self) -> Iterator[Record]:
        """Yield every row that holds something; a row of separators alone only if another follows."""
        blank_line, last_blank, begun = 0, 0, False
        pending: list[Record] = []
        for number, line in self._lines:
            if not line.strip() and (self.delimiter != "\t" or "\t" not in line):
                blank_line, last_blank = blank_line or number, number
                continue
            after_blank = last_blank == number - 1 > 0
            # Most lines are rows, without a look at more than their first letter.
            first = line[0]
            doubtful = after_blank or first in _MAY_CLOSE or (self._width == 2 and not first.isdigit())
            if doubtful and self._width and begun and self._is_text(line, after_blank=after_blank):
                self._take_text_below(number, line)
                return
            quotes = self._split_quoted(number, line) if '"' in line else None
            record = Record(number, line, self.delimiter, self._collapsed or quotes)
            self._collapsed = None
            begun = True
            if not line.strip(self.delimiter + ' \t"'):
                pending.append(record)
                continue
            if blank_line > 0:
                self._notes.append(f"blank lines were skipped, the first at line {blank_line}")
                blank_line = -1
            yield from pending
            pending = []
            yield record
        if pending:
            self._notes.append("lines of separators at the end were skipped")

    def _peek(self) -> list[str]:
        return [line for line in self._lines.peek() if line.strip()]

    def _skip_text(self) -> None:
        """Take the text off that stands above the table."""
        first = 1 + (self.text[-1].number if self.text else 0)
        for most in (SAMPLE_LINES, MOST_LINES_ABOVE):
            lines = self._lines.peek(most)
            delimiters = [mark for mark in DELIMITERS if any(mark in line.strip() for line in lines)]
            start = table_start(lines, delimiters, self.name)
            if start or len(lines) < most or _mostly_rows(lines[-8:], delimiters):
                break
        if not start:
            return
        taken = [next(self._lines) for _ in range(start)]
        self.heading = taken[-1][1].strip()
        self.text += [TextLine(number, line.strip()) for number, line in taken if line.strip()]
        if self.text and self.text[-1].number >= first:
            self._notes.append(
                f"lines {self.text[0].number} to {self.text[-1].number} are text above the table: "
                f"{listed((line.text for line in self.text), 120)}"
            )

    def _usual_width(self) -> int:
        """Return how many cells most rows have; 0 where they hold no numbers."""
        widths = Counter(len(fields) for fields in self.sample if is_numeric_row(fields))
        return widths.most_common(1)[0][0] if widths else 0

    def _collapse_header(self) -> list[str] | None:
        """Take empty cells out of the header where it then has as many names as the rows have cells."""
        header, rows = (self.sample or [[]])[0], [fields for fields in self.sample[1:] if any(fields)]
        names = [name for name in header if name]
        if len(names) == len(header) or not rows or any(len(fields) != len(names) for fields in rows):
            return None
        self.sample[0] = names
        return names

    def _is_text(self, line: str, *, after_blank: bool) -> bool:
        """Return whether a line below the first rows is no row, but text below the table."""
        if not after_blank and line[:64].lstrip()[:1] not in _CLOSING and not self._closes_two_columns(line):
            return False
        wide = self._width > 2 and self.delimiter != " "
        if wide and line.count(self.delimiter) + 1 == self._width:
            return False
        cells = self._split(line)
        number_first = not cells or looks_numeric(cells[0]) or cells[0] in USUAL_NAMES
        if number_first or is_numeric_row(cells) or line.count('"') % 2:
            return False
        if after_blank and wide:
            # A row cut short looks like a line of text with a number in it, or like a word.
            sentence = len(cells) > 1 or any(mark in line.strip() for mark in " :=")
            return sentence and not any(map(looks_numeric, cells))
        # Else a line that closes the table, as ">>>>>End Spectral Data<<<<<".
        return True

    def _closes_two_columns(self, line: str) -> bool:
        """Return whether a line below two columns is a word, a sentence or an entry, such as "END" or "Date: Monday"."""
        if self._width != 2 or line[:1].isdigit():
            return False
        cells = self._split(line) if self.delimiter != " " else line.split("  ")
        return len(cells) == 1 or (bool(cells) and cells[0][-1:] in (":", "="))

    def _take_text_below(self, number: int, line: str) -> None:
        """Take all lines to the end of the file as text below the table."""
        first, rows = number, 0
        self.text.append(TextLine(number, line.strip()))
        for at, following in self._lines:
            cells = self._split(following)
            if not cells:
                continue
            rows = rows + 1 if is_numeric_row(cells) or only_numbers(following) else 0
            if rows and (len(cells) == self._width or rows > 1):
                raise refuse_second_table(number, line, at - rows + 1, self.name)
            self.text.append(TextLine(at, following.strip()))
        last = self.text[-1].number
        below = (each.text for each in self.text if each.number >= first)
        self._notes.append(f"lines {first} to {last} are text below the table: {listed(below, 120)}")

    def _split_quoted(self, number: int, line: str) -> list[str]:
        ran_out = False

        def feed() -> Iterator[str]:
            nonlocal ran_out
            yield (line.strip() if self.delimiter == " " else line) + "\n"
            for _, following in self._lines:
                yield following + "\n"
            ran_out = True

        try:
            fields = next(csv.reader(feed(), delimiter=self.delimiter, skipinitialspace=True))
        except csv.Error:
            ran_out = True
        if ran_out:
            raise DataError(
                f"{self.name} line {number}: a quoted field that never ends; close the quotes or delete them"
            )
        row = max(_FEWEST_IN_ROW, len(self.sample[0]) - 1)
        if any("\n" in field and field.count(self.delimiter) >= row for field in fields):
            raise DataError(
                f"{self.name} line {number}: a quoted field holds whole rows, from one stray quote to the next; delete the quotes"
            )
        return fields

    def _skip_comments(self) -> str | None:
        """Take the comment lines off the top; return the delimiter if a ``sep=`` line names it."""
        last_comment = None
        for number, line in self._lines:
            text = line.strip()
            if text.lower().startswith("sep=") and text[4:5] in DELIMITERS:
                return text[4]
            if text and (not text.startswith("#") or _is_map_header(text)):
                self._lines.push_back(line)
                break
            if text:
                last_comment = (number, text)
                self.heading = text.lstrip("# ")
                self.text.append(TextLine(number, text))
        if last_comment and not self._take_header(last_comment[1]):
            self._notes.append(f"comment lines up to line {last_comment[0]} were skipped")
        return None

    def _take_header(self, comment: str) -> bool:
        """Give the last comment back without its mark if it is the header of the table below it."""
        header = comment.lstrip("# ")
        below = self._peek()
        if not below:
            return False
        delimiter = _decide_delimiter(below)
        names, first = (_split_all([line], delimiter)[0] for line in (header, below[0]))
        numbers = sum(looks_numeric(name) for name in names)
        wide = len(names) >= 4 and numbers >= 3
        named = not numbers and len(names) >= 2 and any(map(names_an_axis, names)) and is_numeric_row(first)
        if len(names) != len(first) or not (wide or named):
            return False
        self._lines.push_back(header)
        self._notes.append("the last comment line names the columns; it was read as the header")
        return True


def _mostly_rows(lines: list[str], delimiters: list[str]) -> bool:
    rows = sum(any(is_numeric_row(splitter(mark)(line)) for mark in delimiters) for line in lines)
    return 2 * rows > len(lines)


def _is_map_header(text: str) -> bool:
    lowered = text.lower()
    return all(name in lowered for name in MAP_HEADER)


def _split_all(lines: list[str], delimiter: str) -> list[list[str]]:
    if any('"' in line for line in lines):
        feed = [(line.strip() if delimiter == " " else line) + "\n" for line in lines]
        rows: list[list[str]] = []
        # A field that never ends is refused with its line when the rows are read.
        with contextlib.suppress(csv.Error):
            rows.extend(csv.reader(feed, delimiter=delimiter, skipinitialspace=True))
        # Quotes come in pairs; an odd number means that the sample ends inside a quoted field.
        ends_inside = sum(line.count('"') for line in lines) % 2 == 1
        return rows[:-1] if ends_inside and len(rows) > 1 else rows or [[lines[0]]]
    return [line.split() if delimiter == " " else line.split(delimiter) for line in lines]


def _decide_delimiter(lines: list[str]) -> str:
    """Return the delimiter that makes most of the text numbers in rows of equal length; a comma without any."""
    best, best_score = ",", 0.0
    for delimiter in DELIMITERS:
        if not any(delimiter in line.strip() for line in lines):
            continue
        score = _score(_split_all(lines, delimiter))
        # Names hold spaces, and with them numbers ("swab 3"): where most lines have tabs or semicolons, they are the mark.
        if (
            delimiter == " "
            and best in "\t;"
            and best in lines[0]
            and 2 * sum(best in line for line in lines) > len(lines)
        ):
            continue
        if score > best_score + 1e-9:
            best, best_score = delimiter, score
    return best


def _score(rows: list[list[str]]) -> float:
    lengths = Counter(len(fields) for fields in rows)
    width, agreeing = max(lengths.items(), key=lambda item: (item[1], item[0]))
    if width < 2:
        return 0.0
    numeric = total = 0
    for fields in rows:
        for field in (
            fields if len(fields) <= 2 * SCORED_FIELDS else fields[:SCORED_FIELDS] + fields[-SCORED_FIELDS:]
        ):
            size = len(field.strip())
            total += size
            if len(fields) > 1 and looks_numeric(field):
                numeric += size
    return numeric / max(total, 1) + 0.5 * agreeing / len(rows)
