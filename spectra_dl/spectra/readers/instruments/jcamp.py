"""JCAMP-DX: one spectrum as text, its numbers plain or squeezed together (McDonald & Wilks 1988, doi 10.1366/0003702884428734)."""

import math
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from spectra_dl.errors import DataError
from spectra_dl.spectra.readers.instruments.file import InstrumentFile
from spectra_dl.spectra.readers.wording import file_name, printable
from spectra_dl.spectra.table import FloatArray

_MOST_BYTES, _MOST_POINTS = 64 << 20, 65_536
_LABEL = re.compile(r"##([^=\n]{0,200})=(.*)")
_TOKEN = re.compile(r"[@A-Ia-i%J-Rj-rS-Zs+-]?\d*\.?\d*(?:[eE][+-]?\d+)?")
_SQUEEZED = {letter: digit for digit, letter in enumerate("@ABCDEFGHI")} | {
    letter: -digit for digit, letter in enumerate("abcdefghi", 1)
}
_DIFFERENCE = {letter: digit for digit, letter in enumerate("%JKLMNOPQR")} | {
    letter: -digit for digit, letter in enumerate("jklmnopqr", 1)
}
_REPEATED = {letter: digit for digit, letter in enumerate("STUVWXYZs", 1)}
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
_UNITS = {
    "1/CM": "cm-1",
    "CM-1": "cm-1",
    "CM^-1": "cm-1",
    "RAMAN SHIFT": "cm-1",
    "ARBITRARY UNITS": "",
    "": "",
}


@dataclass(frozen=True)
class _Line:
    """A line of numbers, and where it stands."""

    number: int
    text: str


def is_jcamp(head: bytes) -> bool:
    """Say whether a file's first bytes are those of a JCAMP-DX file."""
    return head.lstrip(b"\xef\xbb\xbf \t\r\n").upper().startswith(b"##TITLE")


def read_jcamp(path: Path) -> InstrumentFile:
    """Read the spectrum of a file with one block of ``(X++(Y..Y))`` or ``(XY..XY)``.

    Raises
    ------
    DataError
        Several blocks, a missing or wrong number of points, or numbers that can't be read; with the line.
    """
    where = file_name(path)
    size = path.stat().st_size
    if size > _MOST_BYTES:
        raise DataError(f"{where}: {size >> 20} MiB; at most {_MOST_BYTES >> 20} MiB of JCAMP-DX are read")
    labels, form, lines = _parts(path.read_text(encoding="latin-1"), where)
    points = _whole(labels, "NPOINTS", where)
    if points > _MOST_POINTS:
        raise DataError(f"{where}: claims {points} points; at most {_MOST_POINTS} are read")
    factors = _number(labels, "XFACTOR", where, 1.0), _number(labels, "YFACTOR", where, 1.0)
    if "++" in form:
        values = _continued(lines, points, where) * factors[1]
        axis = np.linspace(_number(labels, "FIRSTX", where), _number(labels, "LASTX", where), len(values))
    else:
        pairs = _pairs(lines, where)
        axis, values = pairs[:, 0] * factors[0], pairs[:, 1] * factors[1]
    if len(values) != points:
        raise DataError(f"{where}: {len(values)} of {points} points; the file is not whole, copy it again")
    unit = labels.get("XUNITS", "").upper()
    known = {
        "instrument": labels.get("SPECTROMETERDATASYSTEM", "") or labels.get("ORIGIN", ""),
        "title": labels.get("TITLE", ""),
    }
    return InstrumentFile(
        where,
        axis,
        _UNITS.get(unit, unit),
        1,
        lambda first, last: values[None][first:last],
        {name: [printable(text, 160)] for name, text in known.items()},
        (f"{where}: a JCAMP-DX file",),
    )


def _parts(text: str, where: str) -> tuple[dict[str, str], str, list[_Line]]:
    """Return the labels, the form of the data and the data's lines."""
    labels: dict[str, str] = {}
    form, lines = "", list[_Line]()
    for number, raw in enumerate(text.splitlines(), start=1):
        line = raw.split("$$", 1)[0].strip()
        found = _LABEL.match(line)
        if not found:
            if form and line:
                lines.append(_Line(number, line))
            continue
        name, value = re.sub(r"[\s/_-]", "", found[1]).upper(), found[2].strip()
        if name == "END":
            break
        if form or name in ("NTUPLES", "PAGE") or (name == "BLOCKS" and value not in ("", "1")):
            raise DataError(
                f"{where} line {number}: several blocks or pages of data; export each spectrum as a file"
            )
        if name in ("XYDATA", "XYPOINTS", "PEAKTABLE"):
            form = value.replace(" ", "").upper() or "?"
            if name == "PEAKTABLE" or form not in ("(X++(Y..Y))", "(XY..XY)"):
                raise DataError(
                    f"{where} line {number}: data as {name} {printable(value)}; export the spectrum as XYDATA"
                )
        else:
            labels.setdefault(name, value)
    if not form:
        raise DataError(f"{where}: no XYDATA and no XYPOINTS, so there is no spectrum in it; export it again")
    return labels, form, lines


def _pairs(lines: list[_Line], where: str) -> FloatArray:
    numbers: list[float] = []
    for line in lines:
        for cell in re.split(r"[;,\s]+", line.text):
            if cell and not _NUMBER.fullmatch(cell):
                raise DataError(f"{where} line {line.number}: {printable(cell)!r} is no number; correct it")
            if cell:
                numbers.append(float(cell))
        if len(numbers) % 2:
            raise DataError(f"{where} line {line.number}: an x without its y; correct the line")
    return np.array(numbers).reshape(-1, 2)


def _continued(lines: list[_Line], points: int, where: str) -> FloatArray:
    """Return the ordinates of lines ``x y y y``; where differences are used, a line repeats the last one's end as a check."""
    values: list[float] = []
    by_difference = False
    for line in lines:
        own, ends_in_difference = _ordinates(line, where)
        if by_difference and values:
            if not own or own[0] != values[-1]:
                raise DataError(
                    f"{where} line {line.number}: it starts with {own[0] if own else 'nothing'}, the line before ended with {values[-1]:g}; the file is damaged, copy it again"
                )
            own = own[1:]
        values += own
        by_difference = ends_in_difference
        if len(values) > points:
            raise DataError(
                f"{where} line {line.number}: more than the {points} points the file says; copy it again"
            )
    return np.array(values)


def _ordinates(line: _Line, where: str) -> tuple[list[float], bool]:
    """Return a line's ordinates after its x, and whether its last one was a difference."""
    tokens = [token for token in _TOKEN.findall(line.text) if token]
    if "".join(tokens) != re.sub(r"[\s,;]", "", line.text) or not tokens:
        raise DataError(f"{where} line {line.number}: {printable(line.text)!r} can't be read; correct it")
    values: list[float] = []
    step: float | None = None
    for token in tokens[1:]:
        letter, digits = token[0], token[1:]
        try:
            if letter in _REPEATED:
                times = int(f"{_REPEATED[letter]}{digits}") - 1
                if times > _MOST_POINTS or not values:
                    raise ValueError
                for _ in range(times):
                    values.append(values[-1] + (step or 0.0))
            elif letter in _DIFFERENCE:
                step = _compressed(_DIFFERENCE, letter, digits)
                values.append(values[-1] + step)
            else:
                step = None
                values.append(_compressed(_SQUEEZED, letter, digits) if letter in _SQUEEZED else float(token))
        except (ValueError, IndexError) as err:
            raise DataError(
                f"{where} line {line.number}: {printable(token)!r} can't be read; correct it"
            ) from err
    return values, step is not None


def _compressed(table: dict[str, int], letter: str, digits: str) -> float:
    """Return the number whose sign and first digit a letter holds."""
    first = table[letter]
    negative = first < 0
    value = float(f"{abs(first)}{digits}")
    return -value if negative else value


def _number(labels: dict[str, str], name: str, where: str, default: float | None = None) -> float:
    text = labels.get(name, "")
    if not text and default is not None:
        return default
    try:
        value = float(text)
    except ValueError as err:
        raise DataError(
            f"{where}: {name} is {printable(text)!r}, a number is needed; export it again"
        ) from err
    if not math.isfinite(value):
        raise DataError(f"{where}: {name} is {printable(text)!r}, a number is needed; export it again")
    return value


def _whole(labels: dict[str, str], name: str, where: str) -> int:
    value = _number(labels, name, where)
    if value != int(value) or value < 1:
        raise DataError(f"{where}: {name} is {labels[name]:.40}; a whole number from 1 is needed")
    return int(value)
