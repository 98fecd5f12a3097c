"""What a model says of each spectrum and of each patient, and the two CSV files that keep it."""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from spectra_dl.spectra.table import TextArray
from spectra_dl.storage.atomic import write_text

# Stands as the last column's name: a comment line would break every plain CSV reader.
_DISCLAIMER_COLUMN = "research_use_only_not_for_diagnosis"
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, eq=False)
class SpectrumPredictions:
    """One verdict per input spectrum, in input order.

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
    unlikeness
        ``(n,)`` float64: how far a spectrum is beyond the limit of the training spectra, as a multiple of it; NaN in
        refused rows. See `spectra_dl.spectra.out_of_distribution`.
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
    unlikeness: NDArray[np.float64]
    damaged: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class PatientPredictions:
    """One verdict per patient, in order of first appearance: the mean logit over the patient's spectra.

    Attributes
    ----------
    patient
        ``(m,)`` text.
    n_spectra, n_used
        ``(m,)`` int: spectra in the input, and those that were not refused.
    status, reason
        ``(m,)`` text; refused when no spectrum could be used.
    classes
        The class names, in the order of the columns.
    probability
        ``(m, c)`` float64; NaN for refused patients.
    unlikeness
        ``(m,)`` float64: the median over the used spectra; NaN for refused patients.
    """

    patient: TextArray
    n_spectra: NDArray[np.int64]
    n_used: NDArray[np.int64]
    status: TextArray
    reason: TextArray
    classes: tuple[str, ...]
    probability: NDArray[np.float64]
    unlikeness: NDArray[np.float64]


def softmax(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return probabilities ``(n, c)`` from logits ``(n, c)``."""
    shifted = np.exp(logits - logits.max(axis=1, keepdims=True))
    result: NDArray[np.float64] = shifted / shifted.sum(axis=1, keepdims=True)
    return result


def by_patient(spectra: SpectrumPredictions, temperature: float) -> PatientPredictions:
    """Combine the spectra of each patient by their mean logit; without patients each spectrum stands for itself."""
    owner = spectra.sample_id if spectra.patient is None else spectra.patient
    rows_of: dict[str, list[int]] = {}
    for row, name in enumerate(owner):
        rows_of.setdefault(name, []).append(row)
    probability = np.full((len(rows_of), len(spectra.classes)), np.nan)
    unlikeness = np.full(len(rows_of), np.nan)
    n_used = np.zeros(len(rows_of), dtype=np.int64)
    status, reason = np.empty((2, len(rows_of)), dtype=object)
    for index, rows in enumerate(rows_of.values()):
        usable = [row for row in rows if spectra.status[row] != "refused"]
        warned = sum(spectra.status[row] == "warned" for row in rows)
        n_used[index] = len(usable)
        if usable:
            mean_logit = spectra.logits[usable].mean(axis=0, keepdims=True)
            probability[index] = softmax(mean_logit / temperature)[0]
            unlikeness[index] = np.median(spectra.unlikeness[usable])
        status[index] = "refused" if not usable else "warned" if warned or len(usable) < len(rows) else "ok"
        parts = (
            [f"{len(rows) - len(usable)} of {len(rows)} spectra refused"] if len(usable) < len(rows) else []
        )
        parts += [f"{warned} of {len(rows)} spectra warned"] if warned else []
        reason[index] = "; ".join(parts)
    n_spectra = np.array([len(rows) for rows in rows_of.values()], dtype=np.int64)
    patients = np.array(list(rows_of), dtype=object)
    return PatientPredictions(
        patients, n_spectra, n_used, status, reason, spectra.classes, probability, unlikeness
    )


def write_spectrum_predictions(path: Path, spectra: SpectrumPredictions, decided: Sequence[str]) -> None:
    """Write predictions.csv: one line per input spectrum, in input order; refused rows carry no probability."""
    header = ["row", "sample_id", "patient_id", "status", "reason", "predicted_class", "unlikeness"]
    patient = [""] * len(decided) if spectra.patient is None else spectra.patient
    rows = (
        [
            row + 1,
            spectra.sample_id[row],
            patient[row],
            spectra.status[row],
            spectra.reason[row],
            decided[row],
            _figure(spectra.unlikeness[row]),
        ]
        for row in range(len(decided))
    )
    write_text(path, _csv_text(header, spectra.classes, rows, spectra.probability))


def write_patient_predictions(
    path: Path, patients: PatientPredictions, decided: Sequence[str], sets: Sequence[Sequence[str]]
) -> None:
    """Write patients.csv: one line per patient; ``sets`` are the classes that can't be ruled out."""
    header = ["patient_id", "n_spectra", "n_used", "status", "reason", "predicted_class"]
    header += ["prediction_set", "unlikeness"]
    rows = (
        [
            patients.patient[index],
            patients.n_spectra[index],
            patients.n_used[index],
            patients.status[index],
            patients.reason[index],
            decided[index],
            "|".join(sets[index]),
            _figure(patients.unlikeness[index]),
        ]
        for index in range(len(decided))
    )
    write_text(path, _csv_text(header, patients.classes, rows, patients.probability))


def _figure(value: float) -> str:
    return "" if np.isnan(value) else f"{value:.3f}"


def _csv_text(
    header: list[str], classes: Sequence[str], rows: Iterable[list[object]], probability: NDArray[np.float64]
) -> str:
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow([*header, *(_harmless(f"p_{name}") for name in classes), _DISCLAIMER_COLUMN])
    for row, values in zip(rows, probability, strict=True):
        cells = [_harmless(cell) if isinstance(cell, str) else cell for cell in row]
        writer.writerow([*cells, *("" if np.isnan(value) else f"{value:.6f}" for value in values), ""])
    return stream.getvalue()


def _harmless(text: str) -> str:
    """Quote what a spreadsheet would run as a formula."""
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text
