"""How a text table is laid out: comment lines, delimiter, quotes; and its lines as records of fields."""

import contextlib
import csv
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from spectra_dl.errors import DataError
from spectra_dl.spectra.readers.text.lines import Lines
from spectra_dl.spectra.readers.text.numbers import looks_numeric

# In the order that wins a draw.
DELIMITERS = {"\t": "tab", ";": "semicolon", ",": "comma", "|": "bar", " ": "space"}
SCORED_FIELDS = 50
MAP_HEADER = ("#wave", "#intensity")


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


class Records:
    """The rows of a text table, without comment lines at the top and without blank lines.

    Attributes
    ----------
    name
        The file's name for messages.
    delimiter
        One character; a space stands for any run of white space.
    sample
        Stripped fields of the first rows (at most 64), not taken.
    notes
        What was guessed or skipped so far.
    """

    def __init__(self, lines: Lines) -> None:
        self.name = lines.name
        self._lines = lines
        self._notes: list[str] = []
        self.delimiter = self._skip_comments() or _decide_delimiter(self._peek())
        self.sample = [
            [field.strip() for field in fields] for fields in _split_all(self._peek(), self.delimiter)
        ]
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
        blank_line = 0
        pending: list[Record] = []
        for number, line in self._lines:
            if not line.strip() and (self.delimiter != "\t" or "\t" not in line):
                blank_line = blank_line or number
                continue
            quotes = self._split_quoted(number, line) if '"' in line else None
            record = Record(number, line, self.delimiter, quotes)
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
            last_comment = (number, text) if text else last_comment
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
        if len(names) != len(first) or len(names) < 4 or numbers < 3:
            return False
        self._lines.push_back(header)
        self._notes.append("the last comment line names the columns; it was read as the header")
        return True


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
