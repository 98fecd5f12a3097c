"""Horiba LabSpec text (.txt): lines ``#name=<tab>value``, then one of three layouts.

A single spectrum is two columns. A series and a map are tables with a spectrum a row: their first line begins with one empty
cell (series) or two (map) and holds the axis; each row begins with as many cells that say when or where it was measured. That
a map gives x before y is taken from hyperSpec's readers of these files.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from spectra_dl.arrays import FloatArray
from spectra_dl.errors import DataError
from spectra_dl.spectra.readers.axis import check_size
from spectra_dl.spectra.readers.instruments.recording import Recording, number_text, same_for_all
from spectra_dl.spectra.readers.instruments.text_numbers import CellRow, NumberTable
from spectra_dl.spectra.readers.instruments.units import other_unit
from spectra_dl.spectra.readers.source import open_lines
from spectra_dl.spectra.readers.stated.units import StatedUnit
from spectra_dl.spectra.readers.text.header import INVERSE_CM
from spectra_dl.spectra.readers.text.lines import Lines
from spectra_dl.spectra.readers.wording import file_name

HEADER_LINE = re.compile(r"#([^=\t]{1,80})=\t?(.*)")
TEXTS = {
    "instrument": "instrument",
    "title": "title",
    "measured_at": "acquired",
    "accumulations": "accumulations",
}
PLACE = re.compile(r"([xyz]) \(µm\)", re.IGNORECASE)
MOST_HEADER_LINES = 1_000
LEADING = {1: ("series",), 2: ("x_um", "y_um")}


def read_labspec(path: Path) -> list[Recording]:
    """Read a LabSpec spectrum, series or map.

    Raises
    ------
    DataError
        No spectrum below the header, rows of unequal length, a cell that is no number, or an axis in nm.
    """
    where = file_name(path)
    with open_lines(path) as lines:
        header = _header(lines, where)
        first = next(iter(lines))
        cells = _cells(first[1])
        leading = next((k for k, cell in enumerate(cells) if cell.strip()), 0)
        _check_layout(cells, leading, f"{where} line {first[0]}")
        check_size(len(cells), where)
        table = NumberTable(where)
        table.add(CellRow(first[0], ["0"] * leading + cells[leading:]))
        for number, line in lines:
            if line.strip():
                table.add(CellRow(number, _cells(line)))
                if not leading:
                    check_size(len(table), where)
        notes = tuple(lines.notes)
    values, number_notes = table.values()
    recording = _table(values, leading, header, where) if leading else _single(values, header, where)
    return [
        replace(recording, stated=_stated(header, where), notes=(*notes, *number_notes, *recording.notes))
    ]


def _cells(line: str) -> list[str]:
    # Some versions end each line of a map with a tab.
    return line.removesuffix("\t").split("\t")


def _check_layout(cells: list[str], leading: int, place: str) -> None:
    if leading > max(LEADING):
        raise DataError(
            f"{place}: {leading} empty cells before the axis, where a LabSpec series has 1 and a map 2; export the file again"
        )
    if not leading and len(cells) != 2:
        raise DataError(f"{place}: {len(cells)} cells where a LabSpec spectrum has 2; export the file again")


def _header(lines: Lines, where: str) -> dict[str, str]:
    """Take the lines of the header off, by lower-case name."""
    header: dict[str, str] = {}
    for number, line in lines:
        entry = HEADER_LINE.fullmatch(line)
        if entry:
            header.setdefault(entry[1].strip().lower(), entry[2].strip())
        elif line.strip():
            lines.push_back(line)
            return header
        if number > MOST_HEADER_LINES:
            break
    raise DataError(f"{where}: LabSpec text without a spectrum below its header; export the file again")


def _stated(header: Mapping[str, str], where: str) -> bool | StatedUnit:
    """Return whether the header calls the axis Raman shift, or the other unit that it states."""
    unit = header.get("axisunit[1]", "")
    if "spectro (nm)" in header and not unit:
        unit = "nm"
    if unit:
        return other_unit(unit, where) or True
    return any(re.fullmatch(rf"spectro \({INVERSE_CM}\)", name) for name in header)


def _single(values: FloatArray, header: Mapping[str, str], where: str) -> Recording:
    columns = same_for_all({**_columns(header), **_places(header)}, 1)
    return Recording(where, values[:, 0], values[:, 1][np.newaxis], columns)


def _table(values: FloatArray, leading: int, header: Mapping[str, str], where: str) -> Recording:
    if len(values) < 2:
        raise DataError(f"{where}: LabSpec text with an axis and no spectrum below it; export the file again")
    places = {
        name: [number_text(float(value)) for value in column]
        for name, column in zip(LEADING[leading], values[1:, :leading].T, strict=True)
    }
    note = "the first column was taken as the place in the series"
    if leading == 2:
        note = "the first two columns were taken as x and y"
    return Recording(
        where,
        values[0, leading:],
        values[1:, leading:],
        {**places, **same_for_all(_columns(header), len(values) - 1)},
        notes=(note,),
    )


def _columns(header: Mapping[str, str]) -> dict[str, str]:
    texts = {column: header.get(name, "") for column, name in TEXTS.items()}
    texts["laser_nm"] = _first_number([header.get("laser (nm)", ""), header.get("laser", "")])
    texts["exposure_s"] = _first_number([header.get("acq. time (s)", "")])
    return texts


def _places(header: Mapping[str, str]) -> dict[str, str]:
    places = ((PLACE.fullmatch(name), text) for name, text in header.items())
    return {f"{name[1].lower()}_um": text for name, text in places if name}


def _first_number(texts: Sequence[str]) -> str:
    """Return the number one of the texts begins with, such as 532 of "532nm_Edge"."""
    numbers = (re.match(r"\d{1,9}(?:\.\d{1,9})?", text) for text in texts)
    return next((number[0] for number in numbers if number), "")
