"""Predict spectra block by block, from files of any length: a class for each spectrum and each patient.

This is the predicting half: it imports nothing of the training loop.
"""

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Optional

from spectra_dl.classification.abstention import coverage_notes
from spectra_dl.classification.decision import DecisionRule
from spectra_dl.classification.patient_pooling import PatientTally
from spectra_dl.classification.predictions import (
    RowPredictions,
    patient_predictions_file,
    row_predictions_file,
)
from spectra_dl.execution.available_memory import keep_freed_memory
from spectra_dl.execution.run import Execution
from spectra_dl.execution.stream import StreamedJobs
from spectra_dl.spectra.patient_page.predicted import Answered, PredictionCounts
from spectra_dl.spectra.predictor import SpectraPredictor
from spectra_dl.spectra.study.place_map import COLUMNS, PlaceMap, place_columns
from spectra_dl.spectra.table import SpectraTable
from spectra_dl.storage.run_folder import PAGE_NAME, RunResult, make_run_folder

if TYPE_CHECKING:
    from spectra_dl.spectra.patient_page.page import PageInputs

MAP_FILE = "map.svg"

WriteSpectra = Callable[[SpectraTable, RowPredictions], list[str]]


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
    page
        What the page is made of; None where no folder was named.
    """

    predictor: SpectraPredictor
    counts: PredictionCounts
    coverage: float
    map_svg: str | None = None
    page: Optional["PageInputs"] = None

    def files(self, report: Mapping[str, object]) -> Mapping[str, str]:
        """Return the page of patients, and the picture of a map, if the spectra are one.

        Parameters
        ----------
        report
            The whole report, with its provenance.
        """
        files = {} if self.map_svg is None else {MAP_FILE: self.map_svg}
        if self.page is not None:
            from spectra_dl.spectra.patient_page.page import patient_page

            files[PAGE_NAME] = patient_page(self.predictor, self.counts, self.page, report)
        return files

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
    keep_freed_memory()
    rule = predictor.decision if coverage is None else predictor.decision_at(coverage)
    counts = PredictionCounts(model_notes=coverage_notes(rule.conformal, rule.classes, rule.patients))
    stream = StreamedJobs(_predict, (predictor, batch_size), "block of spectra")
    predicted = stream.run(blocks, execution or Execution())
    first = next(predicted)
    places = PlaceMap(rule.classes, rule.positive)
    page = None if folder is None else _page(rule)
    with _writers(folder, predictor, rule, first[0]) as (write_spectra, write_patients):
        tally = PatientTally(rule.classes, rule.words)
        for table, (spectra, notes, seen) in chain([first], predicted):
            places.add(table, spectra, write_spectra(table, spectra))
            counts.add(spectra, notes, seen=seen)
            if page is not None:
                page.kept.add(table, spectra)
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
    return PredictedSpectra(predictor, counts, rule.conformal.coverage, picture, page)


def _page(rule: DecisionRule) -> "PageInputs":
    """Return what a page is made of; a prediction without one does not import it."""
    from spectra_dl.spectra.patient_page.kept_spectra import KeptSpectra
    from spectra_dl.spectra.patient_page.page import PageInputs

    return PageInputs(rule, KeptSpectra())


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
