"""Text to numbers, strictly: one decimal mark and one thousands mark for a whole file."""

import contextlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from spectra_dl.errors import DataError
from spectra_dl.spectra.readers.wording import quoted

MISSING = frozenset(
    {
        *(
            "",
            "nan",
            "na",
            "n/a",
            "#n/a",
            "null",
            "none",
            "nil",
            "missing",
            "-",
            "--",
            "---",
            ".",
            "?",
            "n.d.",
            "nd",
            "n.a.",
        ),
        *("#div/0!", "#value!", "#num!", "#ref!", "#name?", "#null!"),
        *("<lod", "<loq", "< lod", "< loq", "bdl", "blq"),
    }
)
INFINITE = re.compile(r"([+-]?)inf(?:inity)?", re.IGNORECASE)
MINUS = str.maketrans({"−": "-", "–": "-"})
NBSP, NARROW_NBSP = "\u00a0", "\u202f"
THOUSANDS_ONLY = "'’ " + NBSP + NARROW_NBSP
# A number in any country's spelling; what its marks mean is decided over the whole file.
ANY_NUMBER = re.compile(
    rf"[+-]?(?:\d[\d.,]*|[.,]\d+|\d{{1,3}}(?:[{THOUSANDS_ONLY}]\d{{3}})+(?:[.,]\d*)?)(?:[eE][+-]?\d+)?",
    re.ASCII,
)
MAYBE_GROUPED = re.compile(r"[+-]?[1-9]\d{0,2}[.,]\d{3}", re.ASCII)
SUSPICIOUS_COUNT = 50


class NotANumberError(Exception):
    """A cell of a row that is neither a number nor a known spelling of a missing value."""

    def __init__(self, position: int, token: str) -> None:
        super().__init__(token)
        self.position = position
        self.token = token


@dataclass(frozen=True)
class NumberFormat:
    """How a file writes numbers.

    Attributes
    ----------
    decimal
        "." or ",".
    thousands
        Mark between groups of three digits, or "".
    """

    decimal: str = "."
    thousands: str = ""

    @cached_property
    def _number(self) -> re.Pattern[str]:
        decimal = re.escape(self.decimal)
        plain = rf"\d+(?:{decimal}\d*)?|{decimal}\d+"
        grouped = (
            rf"\d{{1,3}}(?:{re.escape(self.thousands)}\d{{3}})+(?:{decimal}\d*)?|" if self.thousands else ""
        )
        return re.compile(rf"[+-]?(?:{grouped}{plain})(?:[eE][+-]?\d+)?", re.ASCII)

    def number(self, text: str) -> float | None:
        """Return the number that ``text`` spells, or None. A value too large for float64 becomes infinite."""
        token = text.strip().translate(MINUS)
        if self._number.fullmatch(token):
            if self.thousands:
                token = token.replace(self.thousands, "")
            return float(token.replace(self.decimal, "."))
        infinite = INFINITE.fullmatch(token)
        return float(f"{infinite[1]}inf") if infinite else None

    def row(self, fields: Sequence[str]) -> list[float]:
        """Return the numbers in ``fields``, NaN where a value is missing, exactly as ``float`` rounds them.

        Raises
        ------
        NotANumberError
            With the position of the first cell that is neither.
        """
        # float() reads more than numbers in files do ("1_000", other scripts' digits): those go the slow way.
        joined = "\t".join(fields)
        simple = not self.thousands and joined.isascii() and "_" not in joined
        if simple and (self.decimal == "." or "." not in joined):
            plain = fields if self.decimal == "." else joined.replace(",", ".").split("\t")
            # A tab inside a cell would make two of it.
            if len(plain) == len(fields):
                with contextlib.suppress(ValueError):
                    return list(map(float, plain))
        return [self._cell(position, text) for position, text in enumerate(fields)]

    def _cell(self, position: int, text: str) -> float:
        value = self.number(text)
        if value is not None:
            return value
        if is_missing(text):
            return float("nan")
        raise NotANumberError(position, text.strip())


def is_missing(text: str) -> bool:
    """Say whether ``text`` is a known spelling of a missing number."""
    return text.strip().lower() in MISSING


def looks_numeric(text: str) -> bool:
    """Say whether ``text`` could be a number in some country's spelling."""
    return ANY_NUMBER.fullmatch(text.strip().translate(MINUS)) is not None


class _Marks:
    """What the tokens of a sample say about "." and ","."""

    def __init__(self, tokens: Iterable[str]) -> None:
        self.decimal: dict[str, str] = {}
        self.thousands: dict[str, str] = {}
        self.ambiguous: dict[str, str] = {}
        self.ambiguous_count = 0
        self.short_integer = ""
        self.long_integer = False
        for token in tokens:
            if len(self.decimal) == 1 and self._adds_nothing(token):
                continue
            token = token.strip().translate(MINUS)
            if ANY_NUMBER.fullmatch(token):
                self._count(token)

    def _adds_nothing(self, token: str) -> bool:
        """Say, quickly, that a token has at most the one mark that is known to be the decimal one."""
        mark = next(iter(self.decimal))
        foreign = "," if mark == "." else "."
        plain = token.isascii() and "'" not in token and " " not in token
        return plain and foreign not in token and token.count(mark) < 2

    def _count(self, token: str) -> None:
        mantissa = re.split("[eE]", token)[0]
        for mark in set(mantissa) & set(THOUSANDS_ONLY):
            self.thousands.setdefault(mark, token)
        marks = [c for c in mantissa if c in ".,"]
        if not marks:
            digits = mantissa.lstrip("+-")
            self.long_integer |= len(digits) > 3
            if digits.strip("0") and len(digits) <= 3:
                self.short_integer = token
        elif len(set(marks)) == 2:
            self.decimal.setdefault(marks[-1], token)
            self.thousands.setdefault(marks[0], token)
        elif len(marks) > 1:
            self.thousands.setdefault(marks[0], token)
        elif MAYBE_GROUPED.fullmatch(mantissa):
            self.ambiguous.setdefault(marks[0], token)
            self.ambiguous_count += 1
        else:
            self.decimal.setdefault(marks[0], token)


def decide_format(
    tokens: Iterable[str], where: str, beside: Iterable[str] = ()
) -> tuple[NumberFormat, list[str]]:
    """Decide what "." and "," mean from a sample of cells.

    Parameters
    ----------
    tokens
        Cells; those that are no numbers are skipped.
    where
        The file and part of it, for messages.
    beside
        Other cells of the same file: where their decimal mark is a comma, a point in these parts thousands.

    Returns
    -------
    format
        A decimal point without thousands mark where no cell says anything else.
    notes
        What was decided, where it is anything else.

    Raises
    ------
    DataError
        The cells contradict each other, or a mark can be read both ways with a factor of 1000 between.
    """
    marks = _Marks(tokens)
    remedy = "write every number with a decimal point and no thousands mark"
    contradiction = (
        len(marks.decimal) > 1 or len(marks.thousands) > 1 or set(marks.decimal) & set(marks.thousands)
    )
    if contradiction:
        examples = list(dict.fromkeys((*marks.decimal.values(), *marks.thousands.values())))[:2]
        both = " and ".join(quoted(token) for token in examples)
        twice = next(iter(set(marks.decimal) & set(marks.thousands)), "")
        senses = f"{twice!r} in two senses" if twice else "'.' and ',' in different senses"
        renamed = " (pandas writes a column that stands twice so)" if twice == "." else ""
        raise DataError(f"{where}: the numbers {both} use {senses}{renamed}; {remedy}")
    undecided = [
        mark for mark in marks.ambiguous if mark not in marks.decimal and mark not in marks.thousands
    ]
    thousands = next(iter(marks.thousands), "")
    decimal = next(iter(marks.decimal), "")
    if len(undecided) == 2:
        both = " and ".join(quoted(token) for token in marks.ambiguous.values())
        raise DataError(f"{where}: {both} can each be thousands or decimals; {remedy}")
    if undecided and decimal and not thousands:
        thousands = undecided[0]
    elif undecided and decimal:
        example = quoted(marks.ambiguous[undecided[0]])
        raise DataError(
            f"{where}: {example} uses a third mark beside {decimal!r} and {thousands!r}; {remedy}"
        )
    elif undecided:
        # Beside wavenumbers with a point, a comma in the cells may be either; beside those with a comma, a point parts thousands.
        if undecided[0] == "." and "," in _Marks(beside).decimal:
            decimal, thousands = ",", "."
        else:
            _refuse_likely_thousands(marks, undecided[0], where, remedy)
            decimal = undecided[0]
    if not decimal:
        decimal = "," if thousands == "." else "."
    return NumberFormat(decimal, thousands), _format_notes(marks, decimal, thousands, undecided)


def _refuse_likely_thousands(marks: _Marks, mark: str, where: str, remedy: str) -> None:
    """Refuse tokens like 1.234 beside 956: numbers with rounded decimals would show other lengths too."""
    if marks.ambiguous_count >= SUSPICIOUS_COUNT and marks.short_integer and not marks.long_integer:
        raise DataError(
            f"{where}: values like {quoted(marks.ambiguous[mark])} beside {quoted(marks.short_integer)} can be thousands "
            f"or decimals; {remedy}"
        )


def _format_notes(marks: _Marks, decimal: str, thousands: str, undecided: list[str]) -> list[str]:
    notes = []
    if decimal == ",":
        example = {**marks.ambiguous, **marks.decimal}.get(",", "1,5")
        notes.append(f"decimal comma: values like {quoted(example)} were read as decimals")
    if thousands:
        example = {**marks.ambiguous, **marks.thousands}[thousands]
        notes.append(f"thousands mark {thousands!r}: in values like {quoted(example)} it was left out")
    return notes
