"""Read tables of predictions and of the truth, and join them by id."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from spectra_dl.arrays import FloatArray, TextArray, text_array
from spectra_dl.errors import DataError
from spectra_dl.evaluation.wording import first_few
from spectra_dl.spectra.readers.text.small_table import SmallTable, read_small_table
from spectra_dl.spectra.readers.wording import listed, printable, quoted

_PROBABILITY = "p_"
_ROUNDED = 1e-3


@dataclass(frozen=True, eq=False)
class JoinedPredictions:
    """Predictions joined with the truth, on the rows that all of them answered.

    Attributes
    ----------
    probability
        By the file's name: ``(n, c)``, columns in the sorted order of the classes.
    label, patient
        ``(n,)`` text.
    notes
        What was left out.
    """

    probability: dict[str, FloatArray]
    label: TextArray
    patient: TextArray
    notes: tuple[str, ...]


def read_predictions(
    predictions: Sequence[Path], truth: Path, *, id_column: str, label: str, patient: str
) -> JoinedPredictions:
    """Read predictions and their truth.

    Parameters
    ----------
    predictions
        Tables with the id and a column ``p_<class>`` for each class; empty where there is no answer.
    truth
        A table with the id, the class and the patient of each row.
    id_column, label, patient
        Their names.

    Raises
    ------
    DataError
        A column is missing, an id stands twice or in one table only, classes differ, or a cell is no probability.
    """
    truth_table = read_small_table(truth)
    ids = _ids(truth_table, id_column)
    labels = dict(zip(ids, _column(truth_table, label), strict=True))
    patients = dict(zip(ids, _column(truth_table, patient), strict=True))
    if unlabelled := [row_id for row_id, name in labels.items() if not name]:
        raise DataError(
            f"{truth_table.where}: no class for {first_few(map(printable, unlabelled))}; fill it in or leave the row out"
        )
    classes = sorted(set(labels.values()))
    probability = {}
    for path, name in zip(predictions, _names(predictions), strict=True):
        probability[name] = _probabilities(
            read_small_table(path), id_column, classes, set(ids), truth_table.where
        )
    answered = [
        row_id for row_id in ids if all(not np.isnan(rows[row_id]).any() for rows in probability.values())
    ]
    if not answered:
        raise DataError(f"{truth_table.where}: no row was answered by all predictions; nothing can be scored")
    unanswered = set(patients.values()) - {patients[row_id] for row_id in answered}
    notes = []
    if len(answered) < len(ids):
        notes.append(f"{len(ids) - len(answered)} of {len(ids)} rows without an answer were left out")
    if unanswered:
        people = "1 patient has" if len(unanswered) == 1 else f"{len(unanswered)} patients have"
        notes.append(f"{people} no answer at all: {first_few(sorted(unanswered))}")
    return JoinedPredictions(
        {name: np.array([rows[row_id] for row_id in answered]) for name, rows in probability.items()},
        text_array([labels[row_id] for row_id in answered]),
        text_array([patients[row_id] for row_id in answered]),
        tuple(notes),
    )


def _names(predictions: Sequence[Path]) -> list[str]:
    """Return the shortest ends of the paths that distinguish the files."""
    for parts in range(1, 1 + max(len(path.parts) for path in predictions)):
        names = ["/".join(path.parts[-parts:]) for path in predictions]
        if len(set(names)) == len(names):
            return names
    raise DataError(f"{printable(str(predictions[0]))} is given twice; give each file of predictions once")


def _column(table: SmallTable, name: str) -> list[str]:
    if name not in table.names:
        raise DataError(f"{table.where}: no column {quoted(name)}; the columns are {listed(table.names)}")
    at = table.names.index(name)
    return [row[at] for row in table.rows]


def _ids(table: SmallTable, name: str) -> list[str]:
    ids = _column(table, name)
    seen: dict[str, int] = {}
    for row_id, line in zip(ids, table.lines, strict=True):
        if not row_id or row_id in seen:
            problem = (
                f"stands twice, in lines {seen[row_id]} and {line}" if row_id else f"is empty in line {line}"
            )
            raise DataError(
                f"{table.where}: id {quoted(row_id)} {problem}; name a column of unique ids with --id"
            )
        seen[row_id] = line
    return ids


def _probabilities(
    table: SmallTable, id_column: str, classes: Sequence[str], wanted: set[str], truth: str
) -> dict[str, FloatArray]:
    """Return ``(c,)`` probabilities by id; NaN where the row has none."""
    given = [name.removeprefix(_PROBABILITY) for name in table.names if name.startswith(_PROBABILITY)]
    if not set(classes) <= set(given):
        raise DataError(
            f"{table.where}: probabilities of {listed(given) or 'no class (no column p_<class>)'}, but {truth} has the classes "
            f"{listed(classes)}; each needs its column"
        )
    ids = _ids(table, id_column)
    missing, foreign = sorted(wanted - set(ids)), sorted(set(ids) - wanted)
    if missing or foreign:
        where, lone = (table.where, missing) if missing else (truth, foreign)
        raise DataError(
            f"{where}: {len(lone)} ids are missing: {first_few(map(printable, lone))}; both tables need the same ids"
        )
    columns = [table.names.index(_PROBABILITY + name) for name in classes]
    return {
        row_id: _row_of_numbers([row[at] for at in columns], table.where, line)
        for row_id, row, line in zip(ids, table.rows, table.lines, strict=True)
    }


def _row_of_numbers(cells: Sequence[str], where: str, line: int) -> FloatArray:
    values = np.array([_number(cell, where, line) for cell in cells])
    if abs(values.sum() - 1) > _ROUNDED:  # not of a row without an answer, whose sum is NaN
        raise DataError(
            f"{where} line {line}: the probabilities of the classes add up to {values.sum():.4g}, not 1; correct them or leave them all empty"
        )
    return values


def _number(cell: str, where: str, line: int) -> float:
    if not cell:
        return float("nan")
    try:
        value = float(cell.replace(",", "."))  # a decimal comma: no probability needs a mark of thousands
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise DataError(
            f"{where} line {line}: {quoted(cell)} is no probability from 0 to 1; correct it or leave it empty"
        )
    return value
