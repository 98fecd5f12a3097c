"""Predict spectra block by block, from files of any length: a class for each spectrum and each patient.

This is the predicting half: it imports nothing of the training loop.
"""

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from math import isnan
from pathlib import Path

from spectra_dl.classification.abstention import coverage_notes
from spectra_dl.classification.decision import Answer, DecisionRule
from spectra_dl.classification.patient_pooling import PatientTally
from spectra_dl.classification.predictions import (
    PatientPredictions,
    RowPredictions,
    patient_predictions_file,
    row_predictions_file,
)
from spectra_dl.execution.run import Execution
from spectra_dl.execution.stream import StreamedJobs
from spectra_dl.spectra.predictor import NOT_CONVERGED, SPIKES_REMOVED, SpectraPredictor
from spectra_dl.spectra.study.place_map import COLUMNS, PlaceMap, place_columns
from spectra_dl.spectra.table import SpectraTable
from spectra_dl.storage.run_folder import RunResult, make_run_folder

_LISTED = 10_000  # patients in report.json; patients.csv has all
_FEW = 10
MAP_FILE = "map.svg"

WriteSpectra = Callable[[SpectraTable, RowPredictions], list[str]]
Answered = Iterator[tuple[PatientPredictions, list[Answer]]]


@dataclass(frozen=True)
class PredictedPatient:
    """What report.json says of a patient.

    Attributes
    ----------
    patient
        The id.
    spectra, used
        Spectra in all, and those that were not refused.
    status, reason
        ``"ok"``, ``"warned"`` or ``"refused"``, and why.
    predicted_class, prediction_set, abstains
        See `spectra_dl.classification.decision.Answer`.
    ood_score
        Median out-of-distribution score, as a multiple of the limit.
    probability
        By class; None where none is stated.
    """

    patient: str
    spectra: int
    used: int
    status: str
    reason: str
    predicted_class: str
    prediction_set: tuple[str, ...]
    abstains: str
    ood_score: float
    probability: dict[str, float | None]

    @classmethod
    def of(cls, patients: PatientPredictions, row: int, answer: Answer) -> "PredictedPatient":
        """Return one patient.

        Parameters
        ----------
        patients
            Predictions of some patients.
        row
            Which of them.
        answer
            The decision on this one.
        """
        stated = patients.stated_probability[row].tolist()
        shares = {name: None if isnan(p) else p for name, p in zip(patients.classes, stated, strict=True)}
        return cls(
            patients.patient[row],
            int(patients.n_rows[row]),
            int(patients.n_used[row]),
            patients.status[row],
            patients.reason[row],
            answer.predicted_class,
            answer.prediction_set,
            answer.abstains,
            float(patients.ood_score[row]),
            shares,
        )


@dataclass
class PredictionCounts:
    """What has been predicted so far: counts, and the first of everything that is listed.

    Attributes
    ----------
    spectra, status
        Spectra in all, and by status.
    damaged, not_converged, despiked, seen
        Spectra that were refused, clipped or had gaps; whose baseline did not converge; from which spikes were removed; and that the
        model was trained on.
    reader_notes, model_notes
        Of the reader and of the model's cleaning.
    flagged
        The first spectra that were refused or need a second look.
    patients, abstained, abstentions
        Patients in all, those without an answer, and the first of these.
    listed
        The first patients.
    """

    spectra: int = 0
    status: dict[str, int] = field(default_factory=lambda: dict.fromkeys(("ok", "warned", "refused"), 0))
    damaged: int = 0
    not_converged: int = 0
    despiked: int = 0
    seen: int = 0
    reader_notes: tuple[str, ...] = ()
    model_notes: tuple[str, ...] = ()
    flagged: list[str] = field(default_factory=list)
    patients: int = 0
    abstained: int = 0
    abstentions: list[str] = field(default_factory=list)
    listed: list[PredictedPatient] = field(default_factory=list)

    @property
    def notes(self) -> tuple[str, ...]:
        """Every note."""
        rays = f"cosmic rays: spikes removed from {self.despiked} of {self.spectra} spectra"
        return (*self.reader_notes, *self.model_notes, *((rays,) if self.despiked else ()))

    def add(self, spectra: RowPredictions, notes: tuple[str, ...], *, seen: int) -> None:
        """Count a block of spectra in.

        Parameters
        ----------
        spectra
            Its predictions.
        notes
            Of the model's cleaning.
        seen
            How many of them the model was trained on.
        """
        for row, status in enumerate(spectra.status):
            self.status[status] += 1
            if status != "ok" and len(self.flagged) < _FEW:
                place = f"row {self.spectra + row + 1} ({spectra.sample_id[row]})"
                self.flagged.append(f"{place} {status}: {spectra.reason[row]}")
        self.spectra += len(spectra.status)
        self.damaged += int(spectra.damaged.sum())
        self.not_converged += sum(NOT_CONVERGED in reason for reason in spectra.reason)
        self.despiked += sum(SPIKES_REMOVED in reason for reason in spectra.reason)
        self.seen += seen
        self.model_notes = tuple(dict.fromkeys((*self.model_notes, *notes)))

    def add_patients(self, answered: Answered) -> None:
        """Count patients in, with their answers."""
        for patients, answers in answered:
            self.patients += len(answers)
            for row, answer in enumerate(answers):
                if answer.abstains:
                    self.abstained += 1
                    if len(self.abstentions) < _FEW:
                        self.abstentions.append(f"{patients.patient[row]}: {answer.abstains}")
                if len(self.listed) < _LISTED:
                    self.listed.append(PredictedPatient.of(patients, row, answer))


@dataclass(frozen=True, eq=False)
class PredictedSpectra(RunResult):
    """Predictions of an input.

    Attributes
    ----------
    predictor
        The model.
    counts
        What became of spectra and patients.
    coverage
        How often sets of classes shall hold the true one.
    map_svg
        Class and score at each place, where the spectra are a map.
    """

    predictor: SpectraPredictor
    counts: PredictionCounts
    coverage: float
    map_svg: str | None = None

    def files(self, report: Mapping[str, object]) -> Mapping[str, str]:
        """Return the picture of a map, if the spectra are one.

        Parameters
        ----------
        report
            The whole report, with its provenance.
        """
        return {} if self.map_svg is None else {MAP_FILE: self.map_svg}

    @property
    def report(self) -> dict[str, object]:
        """The model's digest and source, notes, and the first patients, ready for JSON."""
        counts = self.counts
        more = counts.patients - len(counts.listed)
        note = (
            f"the first {len(counts.listed)} of {counts.patients} patients are listed; patients.csv has all"
        )
        return {
            "model_sha256": self.predictor.sha256,
            "trained_on": self.predictor.header.training.source,
            "notes": [*counts.notes, *((note,) if more else ())],
            "results": {
                "coverage": self.coverage,
                "spectra": counts.status,
                "baselines_not_converged": counts.not_converged,
                "patients_total": counts.patients,
                "patients": [vars(patient) for patient in counts.listed],
            },
        }


def predict_study(
    predictor: SpectraPredictor,
    blocks: Iterable[SpectraTable],
    folder: Path | None = None,
    *,
    coverage: float | None = None,
    batch_size: int = 256,
    execution: Execution | None = None,
    progress: Callable[[int], None] | None = None,
) -> PredictedSpectra:
    """Predict spectra block by block, and write a line for each spectrum and each patient.

    Parameters
    ----------
    predictor
        The model.
    blocks
        From `spectra_dl.spectra.readers.iter_spectra`.
    folder
        Where ``predictions.csv`` and ``patients.csv`` are written; it is made once the first block is predicted. None writes nothing.
    coverage
        How often sets of classes shall hold the true one; None takes the one that the model was stored with.
    batch_size
        Spectra at a time; changes no result.
    execution
        Where blocks are predicted; in this process if None.
    progress
        Takes how many spectra are done.

    Raises
    ------
    DataError
        The input can't be read, or its axis does not cover the model's.
    EnvironmentFault
        A file can't be written.
    UsageError
        The model has no limits for this coverage.
    """
    rule = predictor.decision if coverage is None else predictor.decision_at(coverage)
    counts = PredictionCounts(model_notes=coverage_notes(rule.conformal, rule.classes, rule.patients))
    stream = StreamedJobs(_predict, (predictor, batch_size), "block of spectra")
    predicted = stream.run(blocks, execution or Execution())
    first = next(predicted)
    places = PlaceMap(rule.classes, rule.positive)
    with _writers(folder, predictor, rule, first[0]) as (write_spectra, write_patients):
        tally = PatientTally(rule.classes, rule.words)
        for table, (spectra, notes, seen) in chain([first], predicted):
            places.add(table, spectra, write_spectra(table, spectra))
            counts.add(spectra, notes, seen=seen)
            counts.reader_notes = table.notes  # the last block carries all
            tally.add(spectra)
            if table.patient is None:  # each spectrum stands for itself
                counts.add_patients(write_patients(tally))
                tally = PatientTally(tally.classes, tally.words)
            if progress:
                progress(counts.spectra)
        counts.reader_notes = (*counts.reader_notes, *tally.notes())
        counts.add_patients(write_patients(tally))
    picture = places.svg()
    if folder is not None and picture is None:
        (folder / MAP_FILE).unlink(missing_ok=True)  # of an earlier run, under --overwrite
    return PredictedSpectra(predictor, counts, rule.conformal.coverage, picture)


def _predict(
    shared: tuple[SpectraPredictor, int], table: SpectraTable
) -> tuple[RowPredictions, tuple[str, ...], int]:
    """Return the predictions of a block, notes on it, and how many of its spectra the model was trained on."""
    predictor, batch_size = shared
    return (*predictor.predict(table, batch_size=batch_size), predictor.seen_in_training(table))


@contextlib.contextmanager
def _writers(
    folder: Path | None, predictor: SpectraPredictor, rule: DecisionRule, first: SpectraTable
) -> Iterator[tuple[WriteSpectra, Callable[[PatientTally], Answered]]]:
    """Yield what appends spectra and patients to the two tables, if there is a folder; both give on what was decided."""
    temperature = predictor.classification.calibration.temperature

    def answered(tally: PatientTally) -> Answered:
        for patients in tally.patients(temperature):
            yield patients, rule.of_patients(patients)

    if folder is None:
        yield lambda table, spectra: rule.of_rows(spectra), answered
        return
    make_run_folder(folder)
    classes, coverage = rule.classes, rule.conformal.coverage
    more = COLUMNS if place_columns(first) else ()
    with (
        row_predictions_file(folder / "predictions.csv", classes, more) as append_spectra,
        patient_predictions_file(folder / "patients.csv", classes, coverage, rule.words) as append_patients,
    ):

        def write_patients(tally: PatientTally) -> Answered:
            for patients, answers in answered(tally):
                append_patients(patients, answers)
                yield patients, answers

        def write_spectra(table: SpectraTable, spectra: RowPredictions) -> list[str]:
            decided = rule.of_rows(spectra)
            append_spectra(spectra, decided, _place_cells(table) if more else ())
            return decided

        yield write_spectra, write_patients


def _place_cells(table: SpectraTable) -> list[list[str]]:
    places = place_columns(table)
    return [list(column) for column in places] if places else [[""] * len(table)] * len(COLUMNS)
