"""Rows of any number become answers of patients: two tables, and what a report says of them."""

import contextlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from math import isnan
from pathlib import Path
from typing import Any

import numpy as np

from spectra_dl.arrays import FloatArray
from spectra_dl.classification.outcomes.answers import (
    OutcomeAnswer,
    RowOutcomes,
    patient_outcomes_file,
    row_outcomes_file,
)
from spectra_dl.classification.outcomes.predictor import OutcomePredictor
from spectra_dl.classification.patient_pooling import PooledRows, RowTally
from spectra_dl.storage.run_folder import RunResult, make_run_folder

ROWS_FILE, PATIENTS_FILE = "predictions.csv", "patients.csv"
LISTED = 10_000  # patients in report.json; patients.csv has all
_REFUSED = 1_000  # rows whose refusal is kept

Block = tuple[RowOutcomes, Sequence[Sequence[str]]]


@dataclass(frozen=True)
class PatientOutcome:
    """A patient's answer.

    Attributes
    ----------
    patient
        The id.
    rows, used
        In the input, and those that were not refused.
    status
        ok, warned or refused.
    answer
        What is predicted.
    more
        Further cells of the table that is printed.
    """

    patient: str
    rows: int
    used: int
    status: str
    answer: OutcomeAnswer
    more: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class PredictedOutcomes(RunResult):
    """What was predicted of patients.

    Attributes
    ----------
    predictor
        The model.
    coverage
        Of the intervals.
    status
        How many rows were ok, warned and refused.
    damaged
        How many rows were broken, whatever the model thinks of the rest.
    listed
        The first patients.
    patients
        How many there are.
    refused
        Why rows were refused, the first of them.
    notes
        Of the reader, the model and the ids.
    seen
        How many of the rows the model was trained on.
    more
        Names of the further columns that are printed.
    """

    predictor: OutcomePredictor[Any]
    coverage: float
    status: dict[str, int]
    damaged: int
    listed: tuple[PatientOutcome, ...]
    patients: int
    refused: tuple[str, ...]
    notes: tuple[str, ...] = ()
    seen: int = 0
    more: tuple[str, ...] = ()

    @property
    def report(self) -> dict[str, object]:
        """The model's digest and source, notes, and the first patients, ready for JSON."""
        part, words = self.predictor.outcome, self.predictor.words
        asked = (
            {"target": part.column}
            if part.kind == "number"
            else {"time": part.time, "event": part.event, "horizon": part.horizon}
        )
        return {
            "model_sha256": self.predictor.sha256,
            "trained_on": self.predictor.header.training.source,
            "notes": list(self.notes),
            "results": {
                **asked,
                "coverage": self.coverage,
                words.rows: self.status,
                "patients_total": self.patients,
                "patients": [_json(one, words.rows, of_time=part.kind == "time") for one in self.listed],
            },
        }


def predicted_outcomes(
    predictor: OutcomePredictor[Any],
    blocks: Iterable[Block],
    folder: Path | None,
    *,
    more: Sequence[str] = (),
    coverage: float | None = None,
) -> PredictedOutcomes:
    """Put rows together by patient, and write a line for each row and each patient.

    Parameters
    ----------
    predictor
        The model.
    blocks
        Rows some at a time, with their cells in the further columns.
    folder
        Where ``predictions.csv`` and ``patients.csv`` are written, which is made once the first block is predicted; None writes nothing.
    more
        Names of further columns of rows.
    coverage
        Of the intervals; None takes the model's own.

    Raises
    ------
    UsageError
        The model has no intervals for this coverage.
    EnvironmentFault
        A file can't be written.
    """
    reaches, counts = predictor.coverage(coverage), _Counts()
    tally = RowTally(1, predictor.words)
    with contextlib.ExitStack() as files:
        append: _Appends | None = None
        for rows, cells in blocks:
            if folder is not None and append is None:
                append = _opened(files, folder, predictor, more, reaches)
            if append is not None:
                append[0](rows, cells)
            tally.add_rows(rows, rows.said[:, None])
            counts.add(rows)
        for some in tally.pooled():
            answers = predictor.answers(some, reaches)
            if append is not None:
                append[1](some, answers, ())
            counts.patients += len(answers)
            counts.listed += listed_outcomes(some, answers)[: LISTED - len(counts.listed)]
    return PredictedOutcomes(
        predictor,
        reaches,
        counts.status,
        counts.damaged,
        tuple(counts.listed),
        counts.patients,
        tuple(counts.refused),
        notes=tally.notes(),
    )


_Appends = tuple[
    Callable[[RowOutcomes, Sequence[Sequence[str]]], None],
    Callable[[PooledRows, Sequence[OutcomeAnswer], Sequence[Sequence[str]]], None],
]


@dataclass
class _Counts:
    status: dict[str, int] = field(default_factory=lambda: {"ok": 0, "warned": 0, "refused": 0})
    damaged: int = 0
    patients: int = 0
    listed: list[PatientOutcome] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    def add(self, rows: RowOutcomes) -> None:
        for name in self.status:
            self.status[name] += int((rows.status == name).sum())
        self.damaged += int(rows.damaged.sum())
        refused = np.flatnonzero(rows.status == "refused")[: _REFUSED - len(self.refused)]
        self.refused += [rows.reason[row] or rows.sample_id[row] for row in refused]


def _opened(
    files: contextlib.ExitStack,
    folder: Path,
    predictor: OutcomePredictor[Any],
    more: Sequence[str],
    coverage: float,
) -> _Appends:
    """Open both tables."""
    make_run_folder(folder)
    part, words, (name, shown) = predictor.outcome, predictor.words, _column(predictor)
    rows = files.enter_context(row_outcomes_file(folder / ROWS_FILE, more, name, shown))
    return rows, files.enter_context(patient_outcomes_file(folder / PATIENTS_FILE, part, coverage, words))


def _column(predictor: OutcomePredictor[Any]) -> tuple[str, Callable[[FloatArray], FloatArray]]:
    """Return what is written of a row: the name of the column, and how it comes of what members say."""
    if predictor.outcome.kind == "number":
        return "predicted", lambda said: said

    def hazard_ratio(risk: FloatArray) -> FloatArray:
        return np.asarray(np.exp(predictor.scaled.log_hazard_ratio(risk)))

    return "hazard_ratio", hazard_ratio


def listed_outcomes(
    some: PooledRows, answers: Sequence[OutcomeAnswer], more: Sequence[tuple[str, ...]] = ()
) -> list[PatientOutcome]:
    """Return patients with their answers.

    Parameters
    ----------
    some
        Patients.
    answers
        To each.
    more
        Further cells of each; none where empty.
    """
    columns = (
        some.patient,
        some.n_rows.tolist(),
        some.n_used.tolist(),
        some.status,
        answers,
        more or [()] * len(answers),
    )
    return [PatientOutcome(*each) for each in zip(*columns, strict=True)]


def _json(one: PatientOutcome, rows: str, *, of_time: bool) -> dict[str, object]:
    answer = one.answer
    figures = {
        "p_no_event" if of_time else "predicted": answer.predicted,
        "low": answer.low,
        "high": answer.high,
    }
    if of_time:
        figures["hazard_ratio"] = answer.hazard_ratio
    return {
        "patient": one.patient,
        rows: one.rows,
        "used": one.used,
        "status": one.status,
        "abstains": answer.abstains,
        "remark": answer.remark,
        **{name: None if isnan(value) else value for name, value in figures.items()},
    }
