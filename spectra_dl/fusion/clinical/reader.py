"""clinical.csv: a row a patient, read strictly, with what a study says of its columns."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Literal

import numpy as np

from spectra_dl.arrays import FloatArray, TextArray, text_array
from spectra_dl.errors import DataError, UsageError
from spectra_dl.evaluation.outcomes.values import code_for_missing
from spectra_dl.evaluation.patients import refuse_missing_ids
from spectra_dl.evaluation.person_ids import spelling_key
from spectra_dl.evaluation.wording import first_few
from spectra_dl.fusion.clinical.table import ClinicalColumn, ClinicalTable
from spectra_dl.spectra.readers.columns import USUAL_COLUMNS
from spectra_dl.spectra.readers.text.numbers import decide_format, is_missing, looks_numeric
from spectra_dl.spectra.readers.text.small_table import SmallTable, read_small_table

StatedKind = Literal["numeric", "ordinal", "category", "date"]
KINDS: tuple[StatedKind, ...] = ("numeric", "ordinal", "category", "date")
_MOST_LEVELS = 20  # of a category that nobody stated: more are texts
_MOST_COLUMNS, _LONGEST_NAME = 1_000, 200
_MOST_STORED, _LONGEST_LEVEL = 1_000, 200  # levels that a model file holds
_LARGEST = 1e15  # beyond, numbers stand for no measurement, and less than a tenth between them is lost
_WITH_UNIT = re.compile(r"(.*\S)\s*[(\[]([^()\[\]]{1,40})[)\]]")
_DATES = (
    re.compile(r"(?P<y>[12]\d{3})[-/.](?P<m>\d{1,2})[-/.](?P<d>\d{1,2})(?:[T ].*)?", re.ASCII),
    re.compile(r"(?P<d>\d{1,2})[-/.](?P<m>\d{1,2})[-/.](?P<y>[12]\d{3})", re.ASCII),
)
_EPOCH = date(1970, 1, 1).toordinal()


@dataclass(frozen=True)
class StatedColumn:
    """What a study says of a clinical column.

    Attributes
    ----------
    kind
        None lets the values say: numbers are numeric, texts a category. ``"date"``: days since 1970, as a number.
    levels
        Of an ordinal column, in their order, or of a category; empty takes those found of a category.
    unit
        Checked against the header's.
    known_before
        Whether the value is known before the outcome.
    """

    kind: StatedKind | None = None
    levels: tuple[str, ...] = ()
    unit: str = ""
    known_before: bool | None = None


@dataclass(frozen=True)
class _Cells:
    """A column as the file has it."""

    name: str
    unit: str
    cells: tuple[str, ...]
    where: str
    lines: tuple[int, ...]

    @property
    def known(self) -> list[str]:
        return [cell for cell in self.cells if not is_missing(cell)]

    @property
    def numeric(self) -> bool:
        """Whether half of the different cells or more are numbers: blood groups A, B and 0 are none."""
        different = set(self.known)
        return 2 * sum(map(looks_numeric, different)) >= len(different)

    def refusal(self, cell: str, why: str) -> DataError:
        line = self.lines[self.cells.index(cell)]
        return DataError(f"{self.where} line {line}: {cell!r:.60} in column {self.name!r:.80} {why}")


def read_clinical(
    path: Path,
    *,
    patient: str | None = None,
    label: str | None = None,
    columns: Mapping[str, StatedColumn] | None = None,
    outcomes: Sequence[str] = (),
) -> ClinicalTable:
    """Read clinical columns of patients.

    Parameters
    ----------
    path
        A text table with a header and a row a patient; a unit may stand behind a name, as ``psa (ng/mL)``.
    patient
        Column of the ids; None takes ``patient_id`` or ``patient``.
    label
        Column of the classes, which not every file of a study has; a column called ``label`` is never a feature.
    columns
        What is said of columns, which are then the only ones that are read; None takes all but dates and free texts.
    outcomes
        Columns of what is predicted in place of classes, which are never features.

    Raises
    ------
    UsageError
        A column that is named is not there.
    DataError
        The file is no such table, a patient has no id or two rows, or a cell is not what its column is said to be.
    """
    table = read_small_table(path)
    found = _columns(table)
    ids = _patients(found, patient, table)
    classes = found.get(label or USUAL_COLUMNS["label"][0])
    taken = {ids.name, *USUAL_COLUMNS["label"], *([] if classes is None else [classes.name]), *outcomes}
    features = _features(
        {name: cells for name, cells in found.items() if name not in taken}, columns, table.where
    )
    kept = [column for column, _ in features if column is not None]
    if not kept:
        raise DataError(f"{table.where}: no clinical column is left; name the columns in the study file")
    codes = [note for column in kept if (note := _code_note(column))]
    notes = (*table.notes, *(note for _, note in features if note), *codes)
    known_label = None if classes is None else _known(classes)
    predicted = {name: _known(found[name]) for name in outcomes if name in found}
    return ClinicalTable(ids.cells, tuple(kept), known_label, notes, predicted)


def _known(column: _Cells) -> TextArray:
    """Return a column's cells, those that say nothing as empty text."""
    return text_array(["" if is_missing(cell) else cell for cell in column.cells])


def _columns(table: SmallTable) -> dict[str, _Cells]:
    """Return the columns by name, the unit taken off."""
    if len(table.names) > _MOST_COLUMNS:
        raise DataError(f"{table.where}: {len(table.names)} columns; at most {_MOST_COLUMNS} can be read")
    found: dict[str, _Cells] = {}
    for at, header in enumerate(table.names):
        match = _WITH_UNIT.fullmatch(header)
        name, unit = (match[1], match[2].strip()) if match else (header, "")
        if not name or len(name) > _LONGEST_NAME or name in found:
            raise DataError(
                f"{table.where}: a column is called {name!r:.60}, which is empty, too long or there twice; rename it"
            )
        found[name] = _Cells(name, unit, tuple(row[at] for row in table.rows), table.where, table.lines)
    return found


def _named(found: Mapping[str, _Cells], name: str, role: str, where: str) -> _Cells:
    if name not in found:
        raise UsageError(f"{where}: no column {name!r:.80} ({role}); the columns are {first_few(found)}")
    return found[name]


def _patients(found: Mapping[str, _Cells], asked: str | None, table: SmallTable) -> _Cells:
    """Return the column of ids, each there once."""
    usual = [name for name in USUAL_COLUMNS["patient"] if name in found]
    name = asked or (usual[0] if usual else "patient_id")
    ids = _named(found, name, "patient", table.where)
    refuse_missing_ids(text_array(ids.cells), "patient id")
    lines: dict[str, int] = {}
    for cell, line in zip(ids.cells, table.lines, strict=True):
        key = spelling_key(cell)
        if key in lines:
            raise DataError(
                f"{table.where}: patient {cell!r:.60} stands in lines {lines[key]} and {line}; clinical columns have a row a patient"
            )
        lines[key] = line
    return ids


def _features(
    found: Mapping[str, _Cells], stated: Mapping[str, StatedColumn] | None, where: str
) -> list[tuple[ClinicalColumn | None, str]]:
    """Return each column or why it was left out, and what else is to be noted of it."""
    if stated is None:
        return [_guessed(cells) for cells in found.values()]
    # A model that knows a column is given it, though none of these patients has a value.
    named = {name: _named(found, name, "clinical", where) for name in stated}
    return [(_stated(cells, stated[name]), _remark(cells, stated[name])) for name, cells in named.items()]


def _remark(cells: _Cells, said: StatedColumn) -> str:
    """Return what is to be noted of a column that is used; empty for most."""
    if not cells.known:
        return f"column {cells.name!r:.80} is empty"
    turned = [cell for cell in cells.known if said.kind == "date" and not cell.strip()[:4].isdecimal()]
    if turned:
        return f"column {cells.name!r:.80}: dates such as {turned[0]!r:.20} were read as day, month, year"
    return ""


def _code_note(column: ClinicalColumn) -> str:
    """Return the note that numbers may be a code for missing ones; empty where none is."""
    known = column.values[~np.isnan(column.values)]
    code = code_for_missing(known) if column.kind == "numeric" else None
    if code is None:
        return ""
    others = known[known != code]
    return (
        f"column {column.name!r:.80} is {code} for {len(known) - len(others)} patients, and between {others.min():g} and {others.max():g} for the others: if that is a "
        "code for a missing number, leave these cells empty"
    )


def _guessed(cells: _Cells) -> tuple[ClinicalColumn | None, str]:
    """Return a column of which nothing was said: as what its values are, or why it is no feature."""
    known = cells.known
    left_out = f"column {cells.name!r:.80} was left out: "
    if not known:
        return None, f"{left_out}it is empty"
    if all(_day(cell) is not None for cell in known):
        return None, f'{left_out}it holds dates; name it in the study file with kind = "date" to use it'
    levels = set(known)
    if not cells.numeric and (len(levels) > _MOST_LEVELS or len(levels) > len(known) // 2):
        return None, f"{left_out}{len(levels)} different texts in {len(known)} patients are no category"
    return _stated(cells, StatedColumn()), ""


def _stated(cells: _Cells, said: StatedColumn) -> ClinicalColumn:
    """Return a column as it is said to be."""
    if said.unit and cells.unit and said.unit != cells.unit:
        raise DataError(
            f"{cells.where}: column {cells.name!r:.80} is in {cells.unit!r:.40}, and the study says {said.unit!r:.40}; correct one of them"
        )
    kind = said.kind or ("numeric" if cells.numeric and not said.levels else "category")
    unit = said.unit or cells.unit
    if kind == "numeric":
        column = ClinicalColumn(cells.name, "numeric", _numbers(cells), unit=unit)
    elif kind == "date":
        column = ClinicalColumn(cells.name, "numeric", _days(cells), unit="days")
    else:
        levels = said.levels or _found_levels(cells, kind)
        column = ClinicalColumn(cells.name, kind, _codes(cells, levels), levels, unit)
    return replace(column, known_before=said.known_before)


def _numbers(cells: _Cells) -> FloatArray:
    """Return the numbers of a column, NaN where one is missing."""
    known = cells.known
    if known and all(_day(cell) is not None for cell in known):
        raise cells.refusal(
            known[0], 'is a date; say kind = "date" if it is to be used, or leave the column out'
        )
    number, _ = decide_format(known, f"{cells.where} column {cells.name!r:.80}")
    values = np.full(len(cells.cells), np.nan)
    for row, cell in enumerate(cells.cells):
        if is_missing(cell):
            continue
        value = number.number(cell)
        if value is None or not np.isfinite(value):
            raise cells.refusal(cell, "is no number; correct it, leave it empty, or state the column's kind")
        if abs(value) > _LARGEST:
            raise cells.refusal(
                cell, f"is beyond {_LARGEST:g}; correct it, or write the column in another unit"
            )
        values[row] = value
    return values


def _days(cells: _Cells) -> FloatArray:
    """Return days since 1970 of a column of dates."""
    values = np.full(len(cells.cells), np.nan)
    for row, cell in enumerate(cells.cells):
        if is_missing(cell):
            continue
        day = _day(cell)
        if day is None:
            raise cells.refusal(cell, "is no date such as 2024-03-31")
        values[row] = day
    return values


def _day(cell: str) -> float | None:
    """Return the days since 1970 of a date, year or day first; None of other texts."""
    for pattern in _DATES:
        if match := pattern.fullmatch(cell.strip()):
            try:
                return float(date(int(match["y"]), int(match["m"]), int(match["d"])).toordinal() - _EPOCH)
            except ValueError:
                return None
    return None


def _found_levels(cells: _Cells, kind: str) -> tuple[str, ...]:
    """Return the levels that a category has.

    Those of an ordinal column must be stated, also where they are numbers: one more in between would renumber those of other patients.
    """
    found = list(dict.fromkeys(cells.known))
    if not found:
        raise DataError(
            f"{cells.where}: column {cells.name!r:.80} is empty; leave it out, or state its levels"
        )
    if len(found) > _MOST_STORED:
        raise cells.refusal(
            found[_MOST_STORED], f"is one level more than the {_MOST_STORED:,} a column may have; group them"
        )
    if long := [level for level in found if len(level) > _LONGEST_LEVEL]:
        raise cells.refusal(
            long[0], f"is longer than the {_LONGEST_LEVEL} characters a level may have; shorten it"
        )
    if kind == "ordinal":
        raise DataError(
            f"{cells.where}: column {cells.name!r:.80} is ordinal, and nobody says in which order its levels are ({first_few(sorted(found))}); "
            "state levels from the lowest to the highest"
        )
    return tuple(sorted(found))


def _codes(cells: _Cells, levels: Sequence[str]) -> FloatArray:
    """Return the number of each cell's level."""
    code = {level: float(number) for number, level in enumerate(levels)}
    values = np.full(len(cells.cells), np.nan)
    for row, cell in enumerate(cells.cells):
        if cell in code:
            values[row] = code[cell]
        elif not is_missing(cell):
            raise cells.refusal(
                cell, f"is none of its levels ({first_few(levels)}); correct it, or state the level"
            )
    return values
