"""What is said of each patient by a model of an outcome, or why nothing is, and the two CSV files that keep it."""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import exp, isnan, nan
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray, TextArray
from spectra_dl.classification.abstention import Measured, nothing_usable, unlike_training
from spectra_dl.classification.outcomes.limits import ScaledRisk
from spectra_dl.classification.patient_pooling import PooledRows
from spectra_dl.classification.predictions import DISCLAIMER_COLUMN, OOD_LIMIT
from spectra_dl.evaluation.context import Words
from spectra_dl.storage.text.csv_rows import csv_rows

if TYPE_CHECKING:
    from spectra_dl.models.header import Outcome, PredictedNumber


@dataclass(frozen=True)
class OutcomeAnswer:
    """What is predicted of one patient; NaN where nothing is.

    Attributes
    ----------
    predicted, low, high
        The number with its interval, or the probability of no event by the horizon with its limits; an interval is NaN where there were too few training
        patients for one.
    hazard_ratio
        The hazard relative to that of the mean training patient; NaN where a number is predicted.
    abstains
        Why there is no answer and what would help; empty where there is one.
    remark
        What is to be known of an answer.
    """

    predicted: float
    low: float
    high: float
    hazard_ratio: float = nan
    abstains: str = ""
    remark: str = ""


@dataclass(frozen=True, eq=False)
class RowOutcomes:
    """What is said of input rows, in input order.

    Attributes
    ----------
    sample_id, patient
        ``(n,)`` text; patient is None where the input named none.
    status
        ``(n,)`` text: ok, warned or refused.
    reason
        ``(n,)`` text: why a status is not ok, or a remark.
    said
        ``(n,)`` float64 the number, or the risk; NaN in refused rows.
    ood_score
        ``(n,)`` float64: how far a row is beyond the limit of the training rows, as a multiple of it; NaN in refused rows.
    damaged
        ``(n,)`` bool: what was measured is missing or broken in part.
    attention
        ``(n,)`` how much each row counts in the answer of its patient, where rows are pooled by a network; NaN of those that were not. None elsewhere.
    """

    sample_id: TextArray
    patient: TextArray | None
    status: TextArray
    reason: TextArray
    said: FloatArray
    ood_score: FloatArray
    damaged: NDArray[np.bool_]
    attention: FloatArray | None = None


def number_answers(
    patients: PooledRows, part: "PredictedNumber", width: float | None, words: Words
) -> list[OutcomeAnswer]:
    """Return each patient's number with its interval.

    Parameters
    ----------
    patients
        With the number in ``mean[:, 0]``.
    part
        What is predicted.
    width
        How far intervals reach to each side; None without intervals.
    words
        What rows are called.
    """

    def answer(row: int) -> OutcomeAnswer:
        value, reach = float(patients.mean[row, 0]), nan if width is None else width
        beyond = not part.lowest <= value <= part.highest
        remark = f"beyond the training patients' {part.lowest:.4g} to {part.highest:.4g}" if beyond else ""
        return OutcomeAnswer(value, value - reach, value + reach, remark=remark)

    return _answers(patients, words, answer)


def time_answers(
    patients: PooledRows, scaled: ScaledRisk, coverage: float, words: Words
) -> list[OutcomeAnswer]:
    """Return each patient's hazard ratio and probability of no event by the horizon, with its limits.

    Parameters
    ----------
    patients
        With the risk in ``mean[:, 0]``.
    scaled
        From risks to probabilities.
    coverage
        Of the limits.
    words
        What rows are called.
    """
    risk = patients.mean[:, 0]
    each = np.stack([scaled.log_hazard_ratio(risk), *scaled.survival(risk, coverage)], axis=1).tolist()

    def answer(row: int) -> OutcomeAnswer:
        log_ratio, value, low, high = each[row]
        return OutcomeAnswer(value, low, high, exp(log_ratio))

    return _answers(patients, words, answer)


def _answers(
    patients: PooledRows, words: Words, answer: Callable[[int], OutcomeAnswer]
) -> list[OutcomeAnswer]:
    """Return answers, or why there is none."""
    answers = []
    for row, (rows, used, score) in enumerate(
        zip(patients.n_rows.tolist(), patients.n_used.tolist(), patients.ood_score.tolist(), strict=True)
    ):
        measured = Measured(patients.mean[row], rows, used, score)
        why = "" if used else nothing_usable(measured, words)
        if used and score > OOD_LIMIT:
            why = unlike_training(measured, words)
        answers.append(OutcomeAnswer(nan, nan, nan, abstains=why) if why else answer(row))
    return answers


@contextlib.contextmanager
def row_outcomes_file(
    path: Path, more: Sequence[str], said: str, shown: Callable[[FloatArray], FloatArray]
) -> Iterator[Callable[[RowOutcomes, Sequence[Sequence[str]]], None]]:
    """Yield a function that appends what is said of some rows to predictions.csv; it has its name once all are written.

    Parameters
    ----------
    path
        The file; one that is there is replaced.
    more
        Names of further columns; the function takes one sequence of texts for each.
    said
        Name of the column of what is said, which is empty in rows that were refused or are unlike the training rows.
    shown
        From what members say to what is written.

    Raises
    ------
    EnvironmentFault
        The file can't be written.
    """
    with csv_rows(path) as write_row:
        write_row(
            [
                "row",
                "sample_id",
                "patient_id",
                "status",
                "reason",
                "ood_score",
                *more,
                said,
                DISCLAIMER_COLUMN,
            ]
        )
        count = 0

        def append(rows: RowOutcomes, cells: Sequence[Sequence[str]] = ()) -> None:
            nonlocal count
            patient = [""] * len(rows.said) if rows.patient is None else rows.patient
            stated = np.where(rows.ood_score > OOD_LIMIT, nan, shown(rows.said)).tolist()
            scores = (_figure(score, ".3f") for score in rows.ood_score.tolist())
            columns = (rows.sample_id, patient, rows.status, rows.reason, scores, *cells)
            for value, *texts in zip(stated, *columns, strict=True):
                count += 1
                write_row([count, *texts, _figure(value), ""])

        yield append


@contextlib.contextmanager
def patient_outcomes_file(
    path: Path, part: "Outcome", coverage: float, words: Words, more: Sequence[str] = ()
) -> Iterator[Callable[[PooledRows, Sequence[OutcomeAnswer], Sequence[Sequence[str]]], None]]:
    """Yield a function that appends some patients and their answers to patients.csv; it has its name once all are written.

    Parameters
    ----------
    path
        The file; one that is there is replaced.
    part
        What is predicted.
    coverage
        Of the intervals; stands in every line.
    words
        What rows are called, as in the name of the second column.
    more
        Names of further columns; the function takes one sequence of texts for each patient.

    Raises
    ------
    EnvironmentFault
        The file can't be written.
    """
    of_time = part.kind == "time"
    said = ["hazard_ratio", "horizon", "p_no_event"] if of_time else ["predicted"]
    horizon = f"{part.horizon:.10g}" if part.kind == "time" else ""
    with csv_rows(path) as write_row:
        names = [*said, "low", "high", "coverage", "ood_score", *more, DISCLAIMER_COLUMN]
        write_row(["patient_id", f"n_{words.rows}", "n_used", "status", "reason", *names])

        def append(
            patients: PooledRows, answers: Sequence[OutcomeAnswer], cells: Sequence[Sequence[str]] = ()
        ) -> None:
            counts = patients.n_rows.tolist(), patients.n_used.tolist()
            columns = patients.reason, answers, patients.ood_score.tolist(), cells or [()] * len(answers)
            for own, one, score, further, *texts in zip(
                *columns, patients.patient, *counts, patients.status, strict=True
            ):
                reason = "; ".join(why for why in (own, one.abstains, one.remark) if why)
                before = [_figure(one.hazard_ratio), horizon] if of_time else []
                limits = map(_figure, (one.predicted, one.low, one.high))
                figures = [*before, *limits, f"{coverage:g}", _figure(score, ".3f")]
                write_row([*texts, reason, *figures, *further, ""])

        yield append


def _figure(value: float, digits: str = ".6g") -> str:
    return "" if isnan(value) else format(value, digits)
