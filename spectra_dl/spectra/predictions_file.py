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
_QUOTED = ("'=", "'+", "'-", "'@")  # as predict writes ids that a spreadsheet would run


@dataclass(frozen=True, eq=False)
class JoinedPredictions:
    """Predictions beside the truth, on the rows that all of them answered.

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
    known = read_small_table(truth)
    ids = _ids(known, id_column)
    labels = dict(zip(ids, _column(known, label), strict=True))
    patients = dict(zip(ids, _column(known, patient), strict=True))
    if unlabelled := [one for one, name in labels.items() if not name]:
        raise DataError(
            f"{known.where}: no class for {first_few(map(printable, unlabelled))}; fill it in or leave the row out"
        )
    classes = sorted(set(labels.values()))
    told = {}
    for path, name in zip(predictions, _names(predictions), strict=True):
        told[name] = _probabilities(read_small_table(path), id_column, classes, set(ids), known.where)
    answered = [one for one in ids if all(not np.isnan(each[one]).any() for each in told.values())]
    if not answered:
        raise DataError(f"{known.where}: no row was answered by all predictions; nothing can be judged")
    lost = set(patients.values()) - {patients[one] for one in answered}
    notes = []
    if len(answered) < len(ids):
        notes.append(f"{len(ids) - len(answered)} of {len(ids)} rows without an answer were left out")
    if lost:
        notes.append(f"{len(lost)} patients have no answer at all: {first_few(sorted(lost))}")
    return JoinedPredictions(
        {name: np.array([each[one] for one in answered]) for name, each in told.items()},
        text_array([labels[one] for one in answered]),
        text_array([patients[one] for one in answered]),
        tuple(notes),
    )


def _names(predictions: Sequence[Path]) -> list[str]:
    """Return the shortest ends of the paths that tell the files apart."""
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
    ids = [one[1:] if one.startswith(_QUOTED) else one for one in _column(table, name)]
    seen: dict[str, int] = {}
    for one, line in zip(ids, table.lines, strict=True):
        if not one or one in seen:
            problem = f"stands twice, in lines {seen[one]} and {line}" if one else f"is empty in line {line}"
            raise DataError(
                f"{table.where}: id {quoted(one)} {problem}; name a column of unique ids with --id"
            )
        seen[one] = line
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
        one: np.array([_number(row[at], table.where, line) for at in columns])
        for one, row, line in zip(ids, table.rows, table.lines, strict=True)
    }


def _number(cell: str, where: str, line: int) -> float:
    if not cell:
        return float("nan")
    try:
        value = float(cell)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise DataError(
            f"{where} line {line}: {quoted(cell)} is no probability from 0 to 1; correct it or leave it empty"
        )
    return value
