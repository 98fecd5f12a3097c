"""B&W Tek BWSpec and BWRam text (.txt): a header of names and values, then a table with a row a pixel.

The Raman shift and every dark-subtracted spectrum are read; where the shift is left empty, at both ends, there is no spectrum.
"""

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from spectra_dl.errors import DataError
from spectra_dl.spectra.readers.axis import check_size
from spectra_dl.spectra.readers.instruments.recording import Recording, number_text, same_for_all
from spectra_dl.spectra.readers.instruments.text_numbers import CellRow, NumberTable
from spectra_dl.spectra.readers.source import open_lines
from spectra_dl.spectra.readers.text.lines import Lines
from spectra_dl.spectra.readers.wording import file_name, listed

SHIFT, SUBTRACTED, PIXEL = "raman shift", "dark subtracted", "pixel"
MOST_HEADER_LINES = 1_000
WAVELENGTH = "wavelength"
LASER_OFF = 5.0  # cm⁻¹; instruments correct a laser's nominal wavelength by less
TEXTS = {"instrument": "model", "title": "title", "measured_at": "date", "accumulations": "average number"}


@dataclass(frozen=True)
class _Header:
    """The lines above the table, by lower-case name, and the table's columns."""

    fields: dict[str, str]
    delimiter: str
    names: list[str]
    line: int


def read_bwspec(path: Path) -> list[Recording]:
    """Read the dark-subtracted spectra of a BWSpec file.

    Raises
    ------
    DataError
        No table, no Raman shift, fewer pixels than the header counts, or a cell that is no number.
    """
    where = file_name(path)
    with open_lines(path) as lines:
        header = _header(lines, where)
        shift, spectra = _columns(header, where)
        rows = _rows(lines, header, where)
        notes = lines.notes
    _check_pixels(rows, header, where)
    table = NumberTable(where)
    for row in _with_shift(rows, shift, spectra, where):
        table.add(row)
    values, number_notes = table.values()
    names = [header.names[k] for k in spectra]
    metadata = same_for_all(_metadata(header), len(spectra))
    return [
        Recording(
            where,
            values[:, 0],
            np.ascontiguousarray(values[:, 1:].T),  # (p, n) -> (n, p)
            {**metadata, **({"column": names} if len(names) > 1 else {})},
            stated=True,
            notes=(
                *notes,
                *number_notes,
                f"the intensities are the columns {listed(names)}",
                *_other_laser(rows, shift, header),
            ),
        )
    ]


def _header(lines: Lines, where: str) -> _Header:
    fields: dict[str, str] = {}
    delimiter = ""
    for number, line in lines:
        mark = re.search("[;,\t]", line)
        if line.lower().startswith(PIXEL) and mark:
            delimiter = mark[0]
        delimiter = delimiter or (mark[0] if mark else ";")
        cells = [cell.strip() for cell in line.split(delimiter)]
        if cells[0].lower() == PIXEL and len(cells) > 2:
            return _Header(fields, delimiter, cells, number)
        if len(cells) > 1:
            fields.setdefault(cells[0].lower(), cells[1])
        if number > MOST_HEADER_LINES:
            break
    raise DataError(
        f"{where}: BWSpec text without its table (a line that begins with Pixel); the file is truncated, export it again"
    )


def _columns(header: _Header, where: str) -> tuple[int, list[int]]:
    lowered = [name.lower() for name in header.names]
    spectra = [k for k, name in enumerate(lowered) if name.startswith(SUBTRACTED)]
    if lowered.count(SHIFT) != 1 or not spectra:
        raise DataError(
            f"{where} line {header.line}: the columns {listed(header.names)} lack Raman Shift or Dark Subtracted #1; choose "
            f"them in BWSpec and export again"
        )
    return lowered.index(SHIFT), spectra


def _rows(lines: Lines, header: _Header, where: str) -> list[CellRow]:
    rows: list[CellRow] = []
    for number, line in lines:
        if line.strip():
            rows.append(CellRow(number, line.split(header.delimiter)))
            check_size(len(rows), where)
    return rows


def _check_pixels(rows: list[CellRow], header: _Header, where: str) -> None:
    """Refuse a table with fewer rows than the header counts pixels."""
    first, last = header.fields.get("pixel_start", ""), header.fields.get("pixel_end", "")
    expected = int(last) - int(first) + 1 if re.fullmatch(r"\d{1,6} \d{1,6}", f"{first} {last}") else 0
    if not rows or len(rows) < expected:
        raise DataError(
            f"{where}: {len(rows)} of {expected or 'the'} pixels; the file is truncated, export it again"
        )


def _with_shift(rows: list[CellRow], shift: int, spectra: list[int], where: str) -> list[CellRow]:
    """Return shift and spectra of the rows between those, at the ends, whose shift is empty."""
    width = max(len(row.cells) for row in rows)
    for row in rows:
        if len(row.cells) < max(width, shift + 1, max(spectra) + 1):
            raise DataError(
                f"{where} line {row.line}: {len(row.cells)} cells where other lines have {width}; the file is damaged or "
                f"truncated, export it again"
            )
    filled = [k for k, row in enumerate(rows) if row.cells[shift].strip()]
    if not filled:
        raise DataError(
            f"{where}: the column Raman Shift is empty; set the laser's wavelength in BWSpec and export again"
        )
    inner = rows[filled[0] : filled[-1] + 1]
    if len(inner) > len(filled):
        gap = next(row.line for row in inner if not row.cells[shift].strip())
        raise DataError(f"{where} line {gap}: the Raman shift is empty between others; export the file again")
    return [CellRow(row.line, [row.cells[k].strip() for k in (shift, *spectra)]) for row in inner]


def _other_laser(rows: list[CellRow], shift: int, header: _Header) -> tuple[str, ...]:
    """Return a note where laser and wavelengths of the file make other Raman shifts than those it gives."""
    lowered = [name.lower() for name in header.names]
    laser = _number(header.fields.get("laser_wavelength", ""))
    if WAVELENGTH not in lowered or not laser:
        return ()
    at = lowered.index(WAVELENGTH)
    pairs = [
        (float(wave), float(given))
        for row in rows
        if (wave := _number(row.cells[at])) and (given := _number(row.cells[shift]))
    ]
    if not pairs:
        return ()
    waves, given = np.array(pairs).T
    off = float(np.median(given - (1e7 / float(laser) - 1e7 / waves)))
    if abs(off) <= LASER_OFF:
        return ()
    return (
        f"the file's laser of {laser} nm and its wavelengths make Raman shifts {abs(off):.0f} cm⁻¹ {'lower' if off > 0 else 'higher'} than those "
        "it gives; check laser_wavelength in BWSpec and export again",
    )


def _metadata(header: _Header) -> dict[str, str]:
    texts = {column: header.fields.get(name, "") for column, name in TEXTS.items()}
    texts["laser_nm"] = _number(header.fields.get("laser_wavelength", ""))
    # The program itself writes "intigration".
    milliseconds = next(
        (text for name, text in header.fields.items() if re.match(r"int[ie]gration times?\s*\(ms\)", name)),
        "",
    )
    if seconds := _number(milliseconds):
        texts["exposure_s"] = number_text(float(seconds) / 1000)
    return texts


def _number(text: str) -> str:
    """Return a positive number of the header with a decimal point, "" for anything else."""
    plain = text.strip().replace(",", ".")
    return number_text(float(plain)) if re.fullmatch(r"\d{1,9}(?:\.\d{0,9})?", plain) else ""
