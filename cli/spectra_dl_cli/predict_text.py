"""What predict prints for a person."""

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from spectra_dl_cli.output import table_text

if TYPE_CHECKING:
    from spectra_dl.classification.outcomes.predicted import PatientOutcome, PredictedOutcomes
    from spectra_dl.expression.study.predict import PredictedSection
    from spectra_dl.expression.study.predict_sections import PredictedSections
    from spectra_dl.spectra.patient_page.predicted import PredictedPatient
    from spectra_dl.spectra.study.predict import PredictedSpectra

_PATIENTS = 1_000
_GENES = 10


def spectra_text(result: "PredictedSpectra", model_name: str | None, folder: Path | None) -> str:
    """Return a line for each patient, and what was refused or needs a second look.

    Parameters
    ----------
    result
        Predictions of spectra.
    model_name
        The model file's; None for the model that ships with spectra-dl.
    folder
        Where files are written; None for none.
    """
    lines = list(_spectra_lines(result, model_name))
    if folder:
        lines += ["", f"The patients' cards: {folder / 'report.html'}"]
    return "\n".join(lines)


def outcomes_text(result: "PredictedOutcomes", model_name: str) -> str:
    """Return a line for each patient, and why there is no answer for some.

    Parameters
    ----------
    result
        What was predicted of patients.
    model_name
        The model file's.
    """
    return "\n".join(_outcome_lines(result, model_name))


def _outcome_lines(result: "PredictedOutcomes", model_name: str) -> Iterator[str]:
    training, part = result.predictor.header.training, result.predictor.outcome
    source = f"SIMULATED {result.predictor.words.rows}" if training.simulated else training.source
    yield f"Model {model_name}, trained on {source}. Research use only, not for diagnosis."
    for note in result.notes:
        yield f"Note: {note}"
    if part.kind == "number":
        yield f"{part.column} of each patient, with the interval that holds the true one of {result.coverage:.0%} of patients like those of training."
        said = ["predicted"]
    else:
        yield (
            f"p: the probability of no {part.event} by {part.time} {part.horizon:g}, with {result.coverage:.0%} limits over resampled training patients; they are of the "
            "probability, not of a patient's time. Hazard: relative to the mean training patient."
        )
        said = ["hazard", "p"]
    yield ""
    rows = [_outcome_row(one, len(said), of_time=part.kind == "time") for one in result.listed[:_PATIENTS]]
    yield table_text(
        ["patient", result.predictor.words.rows, "status", *said, "from", "to", *result.more], rows
    )
    if result.patients > _PATIENTS:
        yield f"and {result.patients - _PATIENTS:,} more; --out writes them all to patients.csv"
    remarks = [
        f"{one.patient}: {why}" for one in result.listed if (why := one.answer.abstains or one.answer.remark)
    ]
    if remarks:
        yield ""
        yield from first_of(remarks[:_GENES], len(remarks), "patients.csv")
    for reason in result.refused:
        yield f"refused: {reason}"


def _outcome_row(one: "PatientOutcome", figures: int, *, of_time: bool) -> list[str]:
    answer, decided = one.answer, "-" if one.status == "refused" else "abstains"
    said = (*([answer.hazard_ratio] if of_time else []), answer.predicted, answer.low, answer.high)
    cells = [decided, *[""] * (figures + 1)] if answer.abstains else [_four_figures(value) for value in said]
    return [one.patient, f"{one.used}/{one.rows}", one.status, *cells, *one.more]


def _four_figures(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.4g}"


def section_text(result: "PredictedSection", model_name: str, folder: Path) -> str:
    """Return what was predicted, and what to expect of the genes predicted best.

    Parameters
    ----------
    result
        Predictions of a section.
    model_name
        The model file's.
    folder
        Where the files were written.
    """
    return "\n".join(_section_lines(result, model_name, folder))


def _spectra_lines(result: "PredictedSpectra", model_name: str | None) -> Iterator[str]:
    counts, header = result.counts, result.predictor.header
    training = header.training
    source = "SIMULATED spectra" if training.simulated else training.source
    name = (
        f"Model {model_name}"
        if model_name
        else "No --model given: using the model that ships with spectra-dl"
    )
    yield f"{name}, trained on {source}. Research use only, not for diagnosis."
    for note in counts.notes:
        yield f"Note: {note}"
    yield f"Answers at {result.coverage:.0%} coverage."
    yield ""
    columns = [
        "patient",
        "spectra",
        "status",
        "predicted",
        *(f"p({each})" for each in result.predictor.classification.classes),
    ]
    yield table_text(columns, [_patient_row(patient) for patient in counts.listed[:_PATIENTS]])
    if counts.patients > _PATIENTS:
        yield f"and {counts.patients - _PATIENTS:,} more; --out writes them all to patients.csv"
    if counts.abstained:
        yield ""
        yield f"No answer for {counts.abstained} of {counts.patients} patients:"
        yield from first_of(counts.abstentions, counts.abstained, "report.json")
    if flagged := counts.spectra - counts.status["ok"]:
        yield ""
        yield f"{flagged} of {counts.spectra} spectra were refused or need a second look:"
        yield from first_of(counts.flagged, flagged, "predictions.csv")


def first_of(first: Sequence[str], total: int, file: str) -> Iterator[str]:
    """Yield the first of some lines, and how many more there are in a file.

    Parameters
    ----------
    first
        That are shown.
    total
        How many there are.
    file
        That has them all.
    """
    for line in first:
        yield f"  {line}"
    if total > len(first):
        yield f"  and {total - len(first)} more; --out writes them all to {file}"


def _patient_row(patient: "PredictedPatient") -> list[str]:
    decided = patient.predicted_class or ("-" if patient.status == "refused" else "abstains")
    shares = map(_three_digits, patient.probability.values())
    return [patient.patient, f"{patient.used}/{patient.spectra}", patient.status, decided, *shares]


def sections_text(result: "PredictedSections", folder: Path) -> str:
    """Return what was predicted of several sections, for a terminal.

    Parameters
    ----------
    result
        The sections.
    folder
        That of their folders.
    """
    notes = [f"Note: {note}" for note in result.notes]
    rows = [
        [
            summary.folder,
            f"{summary.line.spots - summary.line.refused}/{summary.line.spots}",
            _three_digits(summary.line.reached),
        ]
        for summary in result.summaries
    ]
    table = table_text(["section", "spots predicted", "mean measured r"], rows)
    page = f"The sections' maps: {folder / 'report.html'}"
    return "\n".join([*notes, "", f"Wrote a folder for each section to {folder}.", "", table, "", page])


def _section_lines(result: "PredictedSection", model_name: str, folder: Path) -> Iterator[str]:
    from spectra_dl.evaluation.wording import first_few
    from spectra_dl.expression.study.predict import PREDICTIONS_FILE

    section, known, written = result.section, result.known_pearson, result.prediction
    yield f"Model {model_name}, trained on {result.predictor.header.training.source}. Research use only, not for diagnosis."
    for note in section.notes:
        yield f"Note: {note}"
    yield ""
    yield (
        f"{len(section) - result.refused} of {len(section)} spots predicted, {len(written.genes)} genes: {folder / PREDICTIONS_FILE} "
        f"and {len(result.maps)} maps: {first_few(result.maps)}."
    )
    if result.exports:
        yield f"Exported to {', '.join(result.exports)}."
    if known.size:
        where = " and the spots without a warning" if "warned" in written.status else ""
        yield f"This section was counted: predictions correlate with its counts at {known.mean():.3f}, mean over {known.size} genes{where}."
    measured = result.measured_pearson
    rows = [
        [
            written.names[at],
            _three_digits(float(written.expected[at])),
            _three_digits(None if measured is None else float(measured[at])),
        ]
        for at in result.best_first[:_GENES]
    ]
    yield ""
    yield table_text(["gene", "expected r", "measured r"], rows)
    if len(written.genes) > _GENES:
        yield f"and {len(written.genes) - _GENES:,} more; report.json lists them all"
    yield ""
    yield f"The section's maps: {folder / 'report.html'}"


def _three_digits(value: float | None) -> str:
    return "-" if value is None or math.isnan(value) else f"{value:.3f}"
