"""Lines of ordinates of a JCAMP-DX table, plain or compressed.

Forms (McDonald and Wilks 1988, doi:10.1366/0003702884428734): AFFN, numbers between blanks; PAC, their signs are the blanks;
SQZ, a letter is the first digit and the sign; DIF, a letter begins the difference to the number before; DUP, a letter begins
how often a number or difference stands. The first number of a line is the abscissa. After a line that ends with a difference the next one begins with its last
ordinate again, as a check.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from spectra_dl.errors import DataError
from spectra_dl.spectra.readers.axis import check_size
from spectra_dl.spectra.readers.wording import quoted

SQUEEZED = {**{chr(64 + k): str(k) for k in range(10)}, **{chr(96 + k): f"-{k}" for k in range(1, 10)}}
DIFFERENCE = {
    "%": "0",
    **{chr(73 + k): str(k) for k in range(1, 10)},
    **{chr(105 + k): f"-{k}" for k in range(1, 10)},
}
REPEATED = {**{chr(82 + k): str(k) for k in range(1, 9)}, "s": "9"}
COMPRESSED = re.compile(r"[@A-DF-Iabcdf-i%J-Rj-rS-Zs]")
PLAIN = re.compile(r"[+-]?(?:\d++(?:\.\d*+)?|\.\d++)(?:[eE][+-]?\d++)?|\?")
PACKED = re.compile(r"(?P<letter>[@A-Ia-i%J-Rj-rS-Zs])(?P<digits>\d*\.?\d*)|(?P<number>\?|[+-]?\d*\.?\d*)")
LONGEST_NUMBER = 40


@dataclass(frozen=True)
class Line:
    """One line of a table: where it stood, its abscissa and the ordinates that are new."""

    number: int
    abscissa: float
    ordinates: list[float]


def decoded_lines(lines: Sequence[tuple[int, str]], where: str) -> list[Line]:
    """Read the lines of a table; missing ordinates ("?") are NaN.

    Parameters
    ----------
    lines
        Number and text of each.
    where
        The file, for messages.

    Returns
    -------
    list
        One for each line, its ordinates before any scaling.

    Raises
    ------
    DataError
        A character that belongs to no form, a failed check, or more than 65,536 ordinates.
    """
    compressed = any(COMPRESSED.search(text) for _, text in lines)
    decoded: list[Line] = []
    total = 0
    last: float | None = None
    for number, text in lines:
        place = f"{where} line {number}"
        values, is_difference = _packed(text, place) if compressed else (_plain(text, place), False)
        ordinates = values[1:]
        if last is not None:
            if not ordinates or ordinates[0] != last:
                raise DataError(
                    f"{place}: the check fails: the line should begin with {last:g} again; a line is lost or damaged, export anew"
                )
            ordinates = ordinates[1:]
        last = values[-1] if is_difference else None
        total += len(ordinates)
        check_size(total, where)
        decoded.append(Line(number, values[0], ordinates))
    return decoded


def plain_numbers(text: str, place: str) -> list[float]:
    """Read numbers between blanks, commas and semicolons.

    Parameters
    ----------
    text
        One line of a table of pairs.
    place
        File and line, for messages.

    Returns
    -------
    list
        float64, NaN for "?".

    Raises
    ------
    DataError
        Something else than numbers.

    Examples
    --------
    >>> plain_numbers("400,1.5; 410,?", "a.jdx line 9")
    [400.0, 1.5, 410.0, nan]
    """
    return _plain(re.sub(r"[,;]", " ", text), place)


def _plain(text: str, place: str) -> list[float]:
    values: list[float] = []
    at = 0
    text = text.strip()
    while at < len(text):
        number = PLAIN.match(text, at)
        if not number or number.end() - at > LONGEST_NUMBER:
            raise _no_number(text[at : at + 20], place)
        values.append(float("nan") if number[0] == "?" else float(number[0]))
        at = number.end()
        # A sign begins the next number; anything else needs a blank between.
        if at < len(text) and text[at] not in " \t+-?":
            raise _no_number(text[at : at + 20], place)
        while at < len(text) and text[at] in " \t":
            at += 1
    return values


def _packed(text: str, place: str) -> tuple[list[float], bool]:
    """Return the numbers of a compressed line and whether its last was a difference."""
    values: list[float] = []
    difference: float | None = None
    for letter, digits in _tokens(text, place):
        if letter in REPEATED:
            count = int(_number(REPEATED[letter] + digits, place))
            check_size(len(values) + count, place)
            if len(values) < 2:
                raise _no_number(letter + digits, place)
            for _ in range(count - 1):
                values.append(values[-1] + (difference or 0.0))
        elif letter in DIFFERENCE:
            if len(values) < 2:
                raise _no_number(letter + digits, place)
            difference = _number(DIFFERENCE[letter] + digits, place)
            values.append(values[-1] + difference)
        else:
            difference = None
            values.append(_number(SQUEEZED.get(letter, "") + digits, place))
    if not values:
        raise _no_number(text, place)
    return values, difference is not None


def _tokens(text: str, place: str) -> list[tuple[str, str]]:
    tokens: list[tuple[str, str]] = []
    at = 0
    while at < len(text):
        if text[at] in " \t,":
            at += 1
            continue
        token = PACKED.match(text, at)
        if not token or not token[0] or len(token[0]) > LONGEST_NUMBER:
            raise _no_number(text[at : at + 20], place)
        tokens.append((token["letter"] or "", token["digits"] if token["letter"] else token["number"]))
        at = token.end()
    return tokens


def _number(text: str, place: str) -> float:
    if text == "?":
        return float("nan")
    if not PLAIN.fullmatch(text):
        raise _no_number(text, place)
    return float(text)


def _no_number(text: str, place: str) -> DataError:
    return DataError(f"{place}: {quoted(text)} is no number of a JCAMP-DX table; export the spectrum again")
