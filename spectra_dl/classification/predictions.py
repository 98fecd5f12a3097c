"""Predictions for each row and each patient, and the two CSV files that keep them."""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import TextArray
from spectra_dl.evaluation.context import Words
from spectra_dl.storage.text.csv_rows import csv_rows

if TYPE_CHECKING:
    from spectra_dl.classification.decision import Answer

OOD_LIMIT = 1.0  # of the limit of the training rows

# Stands as the last column's name: a comment line would break every plain CSV reader.
DISCLAIMER_COLUMN = "research_use_only_not_for_diagnosis"


class _Stated:
    """What is said of rows or patients for which there are probabilities."""

    probability: NDArray[np.float64]
    ood_score: NDArray[np.float64]

    @cached_property
    def stated_probability(self) -> NDArray[np.float64]:
        """The probabilities that a person is shown: those of ``probability``, NaN too for what the model knows nothing of."""
        return np.where((self.ood_score > OOD_LIMIT)[:, np.newaxis], np.nan, self.probability)


@dataclass(frozen=True, eq=False)
class RowPredictions(_Stated):
    """One prediction per input row, in input order.

    Attributes
    ----------
    sample_id, patient
        ``(n,)`` text; patient is None where the input named none.
    status
        ``(n,)`` text: ok, warned or refused.
    reason
        ``(n,)`` text: why a status is not ok, or a remark.
    classes
        The class names, in the order of the columns.
    logits, probability
        ``(n, c)`` float64; NaN in refused rows.
    ood_score
        ``(n,)`` float64: how far a row is beyond the limit of the training rows, as a multiple of it; NaN in
        refused rows. See `spectra_dl.classification.out_of_distribution`.
    damaged
        ``(n,)`` bool: what was measured is missing or broken in part, whatever the model thinks of the rest.
    """

    sample_id: TextArray
    patient: TextArray | None
    status: TextArray
    reason: TextArray
    classes: tuple[str, ...]
    logits: NDArray[np.float64]
    probability: NDArray[np.float64]
    ood_score: NDArray[np.float64]
    damaged: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class PatientPredictions(_Stated):
    """One prediction per patient, in order of first appearance: the mean logit over the patient's rows.

    Attributes
    ----------
    patient
        ``(m,)`` text.
    n_rows, n_used
        ``(m,)`` int: rows in the input, and those that were not refused.
    status, reason
        ``(m,)`` text; refused when no row could be used.
    classes
        The class names, in the order of the columns.
    probability
        ``(m, c)`` float64; NaN for refused patients.
    ood_score
        ``(m,)`` float64: the median over the used rows; NaN for refused patients.
    """

    patient: TextArray
    n_rows: NDArray[np.int64]
    n_used: NDArray[np.int64]
    status: TextArray
    reason: TextArray
    classes: tuple[str, ...]
    probability: NDArray[np.float64]
    ood_score: NDArray[np.float64]


def softmax(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return probabilities ``(n, c)`` from logits ``(n, c)``."""
    shifted = np.exp(logits - logits.max(axis=1, keepdims=True))
    result: NDArray[np.float64] = shifted / shifted.sum(axis=1, keepdims=True)
    return result


@contextlib.contextmanager
def row_predictions_file(
    path: Path, classes: Sequence[str], more: Sequence[str] = ()
) -> Iterator[Callable[[RowPredictions, Sequence[str], Sequence[Sequence[str]]], None]]:
    """Yield a function that appends the predictions of some rows to predictions.csv, with the class decided for each.

    One line per input row, in input order; refused rows and those unlike the training rows carry no probability. The file has its name once all are written.

    Parameters
    ----------
    path
        The file; one that is there is replaced.
    classes
        The class names, in the order of the probability columns.
    more
        Names of further columns; the function takes one sequence of texts for each.

    Raises
    ------
    EnvironmentFault
        The file can't be written.
    """
    header = ["row", "sample_id", "patient_id", "status", "reason", "predicted_class", "ood_score", *more]
    with csv_rows(path) as write_row:
        write_row(_header(header, classes))
        count = 0

        def append(rows: RowPredictions, decided: Sequence[str], cells: Sequence[Sequence[str]] = ()) -> None:
            nonlocal count
            patient = [""] * len(decided) if rows.patient is None else rows.patient
            scores, shares = rows.ood_score.tolist(), rows.stated_probability.tolist()
            columns = (
                rows.sample_id,
                patient,
                rows.status,
                rows.reason,
                decided,
                map(_figure, scores),
                *cells,
            )
            for share, *texts in zip(shares, *columns, strict=True):
                count += 1
                write_row([count, *texts, *_shares(share)])

        yield append


@contextlib.contextmanager
def patient_predictions_file(
    path: Path, classes: Sequence[str], coverage: float, words: Words | None = None
) -> Iterator[Callable[[PatientPredictions, "Sequence[Answer]"], None]]:
    """Yield a function that appends predictions of patients to patients.csv, with the answer for each.

    The set holds the classes that can't be ruled out. The file has its name once all are written.

    Parameters
    ----------
    path
        The file; one that is there is replaced.
    classes
        The class names, in the order of the probability columns.
    coverage
        How often sets shall hold the true class; stands in every line.
    words
        What rows are called: the second column is ``n_spectra`` where they are spectra.

    Raises
    ------
    EnvironmentFault
        The file can't be written.
    """
    rows = (words or Words()).rows
    header = ["patient_id", f"n_{rows}", "n_used", "status", "reason", "predicted_class"]
    header += ["prediction_set", "coverage", "ood_score"]
    with csv_rows(path) as write_row:
        write_row(_header(header, classes))

        def append(patients: PatientPredictions, answers: "Sequence[Answer]") -> None:
            scores, shares = patients.ood_score.tolist(), patients.stated_probability.tolist()
            counts = patients.n_rows.tolist(), patients.n_used.tolist()
            columns = (patients.patient, *counts, patients.status)
            for own, answer, score, share, *texts in zip(
                patients.reason, answers, scores, shares, *columns, strict=True
            ):
                write_row(
                    [
                        *texts,
                        "; ".join(reason for reason in (own, answer.abstains) if reason),
                        answer.predicted_class,
                        "|".join(answer.prediction_set),
                        f"{coverage:g}",
                        _figure(score),
                        *_shares(share),
                    ]
                )

        yield append


def _header(names: Sequence[str], classes: Sequence[str]) -> list[str]:
    return [*names, *(f"p_{name}" for name in classes), DISCLAIMER_COLUMN]


def _shares(probability: list[float]) -> list[str]:
    """Return the cells of the probabilities and of the last column, which is empty."""
    return ["" if isnan(value) else f"{value:.6f}" for value in probability] + [""]


def _figure(value: float) -> str:
    return "" if isnan(value) else f"{value:.3f}"
