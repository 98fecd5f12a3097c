"""JCAMP-DX files (.jdx, .dx): one Raman spectrum, as ordinates on an even axis or as pairs.

Read here and not by the library jcamp: that one raises IndexError for a repeated ordinate (SQZ with DUP), prints where a check
of the table fails and goes on, and fills an axis of as many points as a header claims.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from spectra_dl.arrays import FloatArray
from spectra_dl.errors import DataError
from spectra_dl.spectra.readers.axis import MAX_POINTS
from spectra_dl.spectra.readers.instruments.jcamp_numbers import Line, decoded_lines, plain_numbers
from spectra_dl.spectra.readers.instruments.quantity import foreign_quantity, quantity_note
from spectra_dl.spectra.readers.instruments.recording import Recording, number_text, same_for_all
from spectra_dl.spectra.readers.instruments.units import other_unit
from spectra_dl.spectra.readers.source import open_lines
from spectra_dl.spectra.readers.stated.claims import other_heights, refuse_other_ends, refuse_other_step
from spectra_dl.spectra.readers.stated.units import StatedUnit
from spectra_dl.spectra.readers.text.lines import Lines
from spectra_dl.spectra.readers.wording import quoted

TABLES = ("XYDATA", "XYPOINTS")
FOREIGN_TABLES = ("NTUPLES", "PEAKTABLE", "PEAKASSIGNMENTS", "RADATA", "DATATABLE")
EVEN, PAIRS = "(X++(Y..Y))", "(XY..XY)"
MOST = 1e15
MOST_LINES = 2 * MAX_POINTS
# A line's abscissa is rounded as its program likes; a lost line is off by many steps.
STEPS_OFF = 1.5


def read_jcamp(path: Path) -> list[Recording]:
    """Read a JCAMP-DX file.

    Raises
    ------
    DataError
        Not one Raman spectrum in cm⁻¹, a table that fails its checks, or other than the announced number of points.
    """
    with open_lines(path, accept=b"##TITLE") as lines:
        content = _content(lines)
        notes = tuple(lines.notes)
    where = lines.name
    stated, unit_notes = _checked_kind(content, where)
    with np.errstate(over="ignore", invalid="ignore"):
        axis, intensity = _even(content, where) if content.form == EVEN else _pairs(content, where)
    _check_count(content, intensity.size, where)
    heights = {label: content.number(label, where) for label in ("MINY", "MAXY")}
    first = {"FIRSTY": content.number("FIRSTY", where)}
    unit_notes += other_heights(intensity, heights) or other_heights(intensity[:1], first)
    return [
        Recording(
            where,
            axis,
            intensity[np.newaxis, :],
            same_for_all(_columns(content), 1),
            stated,
            (*notes, *unit_notes),
        )
    ]


@dataclass
class _Content:
    """The labels of a file, by their name without blanks in capitals, and the lines of its table."""

    labels: dict[str, str] = field(default_factory=dict)
    form: str = ""
    table: list[tuple[int, str]] = field(default_factory=list)

    def number(self, label: str, where: str) -> float | None:
        """Return the number a label gives, None where there is no label."""
        text = self.labels.get(label, "").replace(",", ".")
        if not text:
            return None
        try:
            value = float(text)
        except ValueError:
            value = float("nan")
        if not abs(value) < MOST:
            raise DataError(
                f"{where}: ##{label}={quoted(text)} is not a number that can be; export the spectrum again"
            )
        return value


def _content(lines: Lines) -> _Content:
    content = _Content()
    label, ended = "", False
    for number, line in lines:
        text = line.split("$$")[0].rstrip()
        if not text.strip():
            continue
        if ended:
            raise DataError(
                f"{lines.name} line {number}: text behind ##END; several spectra in one file? export one a file"
            )
        if text.lstrip().startswith("##"):
            name, _, value = text.lstrip()[2:].partition("=")
            label = re.sub(r"[\s/_-]", "", name).upper()
            ended = label == "END"
            _take(content, label, value.strip(), f"{lines.name} line {number}")
        elif label in TABLES:
            content.table.append((number, text))
            if len(content.table) > MOST_LINES:
                raise DataError(
                    f"{lines.name}: a table of more than {MOST_LINES} lines; at most {MAX_POINTS} points can be read"
                )
    if not content.form:
        raise DataError(
            f"{lines.name}: no table of a spectrum (##XYDATA or ##XYPOINTS); export the spectrum again"
        )
    if not ended:
        raise DataError(f"{lines.name}: truncated JCAMP-DX: no ##END; copy the file again")
    return content


def _take(content: _Content, label: str, value: str, place: str) -> None:
    """Add a label, and refuse what is not one spectrum."""
    if label in FOREIGN_TABLES:
        raise DataError(f"{place}: ##{label} is no single spectrum; export it as XYDATA")
    if label in TABLES or (label == "TITLE" and "TITLE" in content.labels):
        if content.form or label == "TITLE":
            raise DataError(f"{place}: several spectra in one JCAMP-DX file; export one a file")
        content.form = re.sub(r"\s", "", value).upper()
        if content.form not in (EVEN, PAIRS):
            raise DataError(f"{place}: a table of the form {quoted(value)}; {EVEN} or {PAIRS} can be read")
    elif label and label not in content.labels:
        content.labels[label] = value


def _checked_kind(content: _Content, where: str) -> tuple[bool | StatedUnit, tuple[str, ...]]:
    """Refuse what is no Raman spectrum; return whether the file states Raman shift, or another unit, and what was guessed."""
    kind = content.labels.get("DATATYPE", "")
    if kind and "RAMAN" not in kind.upper():
        raise DataError(f"{where}: the file holds {quoted(kind)}, no Raman spectrum; choose another file")
    quantity = foreign_quantity(content.labels.get("YUNITS", ""))
    if quantity and not kind:
        raise DataError(
            f"{where}: the file calls its intensities {quantity} and does not name the kind of spectrum; if it is a Raman spectrum, "
            f"export it with ##DATA TYPE=RAMAN SPECTRUM"
        )
    notes = (quantity_note(quantity),) if quantity else ()
    unit = content.labels.get("XUNITS", "")
    other = other_unit(unit, where) if unit else None
    missing = [what for what, text in (("kind of spectrum", kind), ("unit of its axis", unit)) if not text]
    if missing:
        return other or False, (
            *notes,
            f"the file does not name the {' and the '.join(missing)}; Raman shift in cm⁻¹ was assumed",
        )
    return other or True, notes


def _even(content: _Content, where: str) -> tuple[FloatArray, FloatArray]:
    """Return axis and intensities of ordinates at even distances."""
    lines = decoded_lines(content.table, where)
    intensity = np.array([value for line in lines for value in line.ordinates])
    _check_count(content, intensity.size, where)
    first, last = content.number("FIRSTX", where), content.number("LASTX", where)
    if first is None or last is None or intensity.size < 2:
        raise DataError(
            f"{where}: FIRSTX, LASTX and at least two points are needed for an even axis; export the spectrum again"
        )
    axis = np.linspace(first, last, intensity.size)
    refuse_other_step(axis, content.number("DELTAX", where) or 0.0, where)
    _check_abscissas(lines, axis, content.number("XFACTOR", where), where)
    return axis, intensity * _factor(content, "YFACTOR", where)


def _check_abscissas(lines: list[Line], axis: FloatArray, factor: float | None, where: str) -> None:
    """Refuse a line that does not begin where the points before it end."""
    scale = 1.0 if factor is None else factor
    allowed = STEPS_OFF * abs(axis[1] - axis[0]) + abs(scale)
    at = 0
    for line in lines:
        # The check ordinate of a line stands at the place of the one before.
        nearest = min(abs(line.abscissa * scale - axis[k]) for k in (max(at - 1, 0), min(at, axis.size - 1)))
        if not nearest <= allowed:
            raise DataError(
                f"{where} line {line.number}: begins at {line.abscissa * scale:g}, where {axis[min(at, axis.size - 1)]:g} is next; "
                f"a line is lost or damaged, export the spectrum again"
            )
        at += len(line.ordinates)


def _pairs(content: _Content, where: str) -> tuple[FloatArray, FloatArray]:
    """Return axis and intensities of pairs."""
    values: list[float] = []
    for number, text in content.table:
        numbers = plain_numbers(text, f"{where} line {number}")
        if len(numbers) % 2:
            raise DataError(
                f"{where} line {number}: a number without its pair; correct the line, or export again"
            )
        values += numbers
        if len(values) > 2 * MAX_POINTS:
            raise DataError(f"{where}: more than {MAX_POINTS} points; export a smaller range")
    pairs = np.array(values).reshape(-1, 2)
    axis = pairs[:, 0] * _factor(content, "XFACTOR", where)
    first, last = content.number("FIRSTX", where), content.number("LASTX", where)
    if first is not None and last is not None:
        refuse_other_ends(axis, first, last, where)
    return axis, pairs[:, 1] * _factor(content, "YFACTOR", where)


def _factor(content: _Content, label: str, where: str) -> float:
    value = content.number(label, where)
    if value == 0:
        raise DataError(f"{where}: ##{label}={value:g} can't scale a spectrum; export the spectrum again")
    return 1.0 if value is None else value


def _check_count(content: _Content, points: int, where: str) -> None:
    announced = content.number("NPOINTS", where)
    if announced is None:
        raise DataError(f"{where}: no ##NPOINTS, so a lost line would go unseen; export the spectrum again")
    if announced != points:
        raise DataError(
            f"{where}: {points} of {announced:g} points; the file is truncated or damaged, export the spectrum again"
        )


def _columns(content: _Content) -> dict[str, str]:
    labels = content.labels
    lasers = [text for name, text in labels.items() if re.search("(LASER|EXCITATION)WAVELENGTH", name)]
    laser = re.match(r"\d+(?:\.\d+)?", lasers[0]) if lasers else None
    return {
        "laser_nm": number_text(float(laser[0])) if laser else "",
        "instrument": labels.get("SPECTROMETERDATASYSTEM", "") or labels.get("INSTRUMENT", ""),
        "title": labels.get("TITLE", ""),
        "measured_at": labels.get("LONGDATE", "")
        or " ".join(labels[part] for part in ("DATE", "TIME") if labels.get(part)),
    }
