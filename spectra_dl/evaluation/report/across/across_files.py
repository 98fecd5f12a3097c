"""The files of an evaluation of one profile per patient, beside its report."""

import math

from spectra_dl.evaluation.profiles.across.results import AcrossEvaluation
from spectra_dl.storage.text.csv_rows import csv_text

_DIGITS = 6


def across_files(evaluation: AcrossEvaluation) -> dict[str, str]:
    """Return ``genes.csv`` or the like and ``predictions.csv`` by name."""
    word = evaluation.context.words.target
    return {
        f"{word}s.csv": _targets(evaluation, word),
        "predictions.csv": _predictions(evaluation, word),
    }


def _targets(evaluation: AcrossEvaluation, word: str) -> str:
    """Return a line for each target: its ceiling, and of each model the correlation with its interval."""
    results = evaluation.models
    header = [
        word,
        "ceiling",
        *(f"{name}: {end}" for name in results for end in ("pearson", "low", "high")),
    ]
    rows = [
        [
            name,
            _cell(evaluation.ceiling[at]),
            *(
                _cell(end)
                for result in results.values()
                for target in [result.targets[at]]
                for end in (target.value, target.low, target.high)
            ),
        ]
        for at, name in enumerate(evaluation.names)
    ]
    return csv_text([header, *rows])


def _predictions(evaluation: AcrossEvaluation, word: str) -> str:
    """Return a line for each patient and target: what was measured, and what each model predicts of the left-out patient."""
    results = evaluation.models
    rows = [
        [
            str(patient),
            name,
            _cell(evaluation.measured[row, at]),
            *(_cell(result.predicted[row, at]) for result in results.values()),
        ]
        for row, patient in enumerate(evaluation.patient)
        for at, name in enumerate(evaluation.names)
    ]
    return csv_text([["patient_id", word, "measured", *results], *rows])


def _cell(value: float) -> str:
    return "" if math.isnan(value) else f"{value:.{_DIGITS}g}"
