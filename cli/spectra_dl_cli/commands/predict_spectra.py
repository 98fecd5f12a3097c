"""spectra-dl predict with a model of spectra: a verdict on each spectrum and each patient, from files of any length."""

import contextlib
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from spectra_dl_cli.counting import counting
from spectra_dl_cli.output import say, say_warning, table_text

if TYPE_CHECKING:
    from spectra_dl.classification.decision import Answer
    from spectra_dl.classification.patient_pooling import PatientTally
    from spectra_dl.classification.predictions import PatientPredictions, SpectrumPredictions
    from spectra_dl.spectra.predictor import SpectraPredictor
    from spectra_dl.spectra.table import SpectraTable

_PARTIAL = 6
_LISTED = 10_000  # patients in report.json; patients.csv has all
_SHOWN = 1_000  # patients on the terminal
_FEW = 10


def predict_spectra(
    predictor: "SpectraPredictor",
    blocks: "Iterator[SpectraTable]",
    inputs: list[Path],
    folder: Path | None,
    *,
    model_name: str | None,
    batch_size: int,
    as_json: bool,
) -> int:
    """Judge spectra block by block, write the tables and report.json to ``folder`` if there is one, and return the exit code.

    ``model_name`` is None for the model that ships with spectra-dl.
    """
    from spectra_dl.classification.patient_pooling import PatientTally
    from spectra_dl.storage.run_folder import json_text, write_report

    done = _Done()
    judged = ((table, *predictor.predict(table, batch_size=batch_size)) for table in blocks)
    first = next(judged)
    with _writers(folder, predictor) as (write_spectra, write_patients), counting("predicting") as count:
        tally = PatientTally(tuple(predictor.classification.classes))
        for table, spectra, notes in chain([first], judged):
            write_spectra(spectra)
            done.add(table, spectra, notes, seen=predictor.seen_in_training(table))
            tally.add(spectra)
            if table.patient is None:  # each spectrum stands for itself
                done.add_patients(write_patients(tally))
                tally = PatientTally(tally.classes)
            count(done.spectra)
        done.add_patients(write_patients(tally))
    if done.seen:
        say_warning(
            f"{done.seen} of {done.spectra} spectra were used in training this model; these results are too good"
        )
    if folder or as_json:
        report = _report(predictor, inputs, done)
    if folder:
        write_report(folder, report)
    if as_json:
        say(json_text(report).rstrip())
    else:
        _print(predictor, model_name, done)
    return _PARTIAL if done.damaged else 0


@dataclass(frozen=True)
class _Patient:
    """What report.json says of a patient."""

    patient: str
    spectra: int
    used: int
    status: str
    reason: str
    predicted_class: str
    prediction_set: tuple[str, ...]
    abstains: str
    ood_score: float
    probability: dict[str, float]

    @classmethod
    def of(cls, patients: "PatientPredictions", row: int, answer: "Answer") -> "_Patient":
        shares = zip(patients.classes, map(float, patients.probability[row]), strict=True)
        return cls(
            patients.patient[row],
            int(patients.n_spectra[row]),
            int(patients.n_used[row]),
            patients.status[row],
            patients.reason[row],
            answer.predicted_class,
            answer.prediction_set,
            answer.abstains,
            float(patients.ood_score[row]),
            dict(shares),
        )


@dataclass
class _Done:
    """What has been judged so far: counts, and the first of everything that is listed."""

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
    listed: list[_Patient] = field(default_factory=list)

    @property
    def notes(self) -> tuple[str, ...]:
        rays = f"cosmic rays: spikes removed from {self.despiked} of {self.spectra} spectra"
        return (*self.reader_notes, *self.model_notes, *((rays,) if self.despiked else ()))

    def add(
        self, table: "SpectraTable", spectra: "SpectrumPredictions", notes: tuple[str, ...], *, seen: int
    ) -> None:
        from spectra_dl.spectra.predictor import NOT_CONVERGED, SPIKES_REMOVED

        for row, status in enumerate(spectra.status):
            self.status[status] += 1
            if status != "ok" and len(self.flagged) < _FEW:
                place = f"row {self.spectra + row + 1} ({spectra.sample_id[row]})"
                self.flagged.append(f"{place} {status}: {spectra.reason[row]}")
        self.spectra += len(table)
        self.damaged += int(spectra.damaged.sum())
        self.not_converged += sum(NOT_CONVERGED in one for one in spectra.reason)
        self.despiked += sum(SPIKES_REMOVED in one for one in spectra.reason)
        self.seen += seen
        self.reader_notes = table.notes  # the last block carries all
        self.model_notes = tuple(dict.fromkeys((*self.model_notes, *notes)))

    def add_patients(self, answered: "Iterator[tuple[PatientPredictions, list[Answer]]]") -> None:
        for patients, answers in answered:
            self.patients += len(answers)
            for row, answer in enumerate(answers):
                if answer.abstains:
                    self.abstained += 1
                    if len(self.abstentions) < _FEW:
                        self.abstentions.append(f"{patients.patient[row]}: {answer.abstains}")
                if len(self.listed) < _LISTED:
                    self.listed.append(_Patient.of(patients, row, answer))


_WriteSpectra = Callable[["SpectrumPredictions"], None]
_WritePatients = Callable[["PatientTally"], "Iterator[tuple[PatientPredictions, list[Answer]]]"]


@contextlib.contextmanager
def _writers(
    folder: Path | None, predictor: "SpectraPredictor"
) -> Iterator[tuple[_WriteSpectra, _WritePatients]]:
    """Yield what appends spectra and patients to the two tables, if there is a folder; patients are given on with their answers."""
    from spectra_dl.classification.predictions import patient_predictions_file, spectrum_predictions_file
    from spectra_dl.storage.run_folder import make_run_folder

    rule, temperature = predictor.decision, predictor.classification.calibration.temperature

    def answered(tally: "PatientTally") -> "Iterator[tuple[PatientPredictions, list[Answer]]]":
        for patients in tally.patients(temperature):
            yield patients, rule.of_patients(patients)

    if folder is None:
        yield lambda spectra: None, answered
        return
    make_run_folder(folder)
    classes = tuple(predictor.classification.classes)
    with (
        spectrum_predictions_file(folder / "predictions.csv", classes) as append_spectra,
        patient_predictions_file(folder / "patients.csv", classes) as append_patients,
    ):

        def write_patients(tally: "PatientTally") -> "Iterator[tuple[PatientPredictions, list[Answer]]]":
            for patients, answers in answered(tally):
                decided = [answer.predicted_class for answer in answers]
                append_patients(patients, decided, [answer.prediction_set for answer in answers])
                yield patients, answers

        yield lambda spectra: append_spectra(spectra, rule.of_spectra(spectra)), write_patients


def _report(predictor: "SpectraPredictor", inputs: list[Path], done: _Done) -> dict[str, object]:
    from spectra_dl_cli.provenance import provenance

    more = done.patients - len(done.listed)
    note = (f"the first {len(done.listed)} of {done.patients} patients are listed; patients.csv has all",)
    return {
        **provenance(inputs),
        "model_sha256": predictor.sha256,
        "trained_on": predictor.header.training.source,
        "notes": [*done.notes, *(note if more else ())],
        "results": {
            "spectra": done.status,
            "baselines_not_converged": done.not_converged,
            "patients_total": done.patients,
            "patients": [vars(one) for one in done.listed],
        },
    }


def _print(predictor: "SpectraPredictor", model_name: str | None, done: _Done) -> None:
    training = predictor.header.training
    name = (
        f"Model {model_name}"
        if model_name
        else "No --model given: using the model that ships with spectra-dl"
    )
    say(
        f"{name}, trained on {'SIMULATED spectra' if training.simulated else training.source}. Research use only, not for diagnosis."
    )
    for note in done.notes:
        say(f"Note: {note}")
    say()
    header = ["patient", "spectra", "status", "predicted"]
    header += [f"p({name})" for name in predictor.classification.classes]
    say(table_text(header, [_line(one) for one in done.listed[:_SHOWN]]))
    if done.patients > _SHOWN:
        say(f"and {done.patients - _SHOWN:,} more; --out writes them all to patients.csv")
    if done.abstained:
        say()
        say(f"No answer for {done.abstained} of {done.patients} patients:")
        _say_first(done.abstentions, done.abstained, "report.json")
    flagged = done.spectra - done.status["ok"]
    if flagged:
        say()
        say(f"{flagged} of {done.spectra} spectra were refused or need a second look:")
        _say_first(done.flagged, flagged, "predictions.csv")
    sys.stdout.flush()


def _say_first(first: list[str], total: int, file: str) -> None:
    for one in first:
        say(f"  {one}")
    if total > len(first):
        say(f"  and {total - len(first)} more; --out writes them all to {file}")


def _line(one: _Patient) -> list[str]:
    """Return a patient's row of the printed table."""
    decided = one.predicted_class or ("abstains" if one.abstains else "-")
    shares = ("-" if value != value else f"{value:.3f}" for value in one.probability.values())
    return [one.patient, f"{one.used}/{one.spectra}", one.status, decided, *shares]
