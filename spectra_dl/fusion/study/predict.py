"""Predict patients by whatever blocks they have, and say what each block says."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spectra_dl.classification.abstention import coverage_notes
from spectra_dl.classification.decision import Answer
from spectra_dl.classification.predictions import patient_predictions_file
from spectra_dl.errors import DataError
from spectra_dl.fusion.clinical.reader import StatedColumn
from spectra_dl.fusion.cohort import read_cohort
from spectra_dl.fusion.predictor import FusedPredictions, FusionPredictor
from spectra_dl.fusion.readers.stated import StatedBlock, StatedStudy
from spectra_dl.imaging.features.store import FeatureStore
from spectra_dl.storage.run_folder import PAGE_NAME, RunResult, make_run_folder
from spectra_dl.storage.text.csv_rows import csv_text

if TYPE_CHECKING:
    from spectra_dl.fusion.input_part import FusedColumn

BLOCKS_FILE = "blocks.csv"
_LISTED = 10_000  # patients in report.json; patients.csv has all


@dataclass(frozen=True, eq=False)
class PredictedFusion(RunResult):
    """Predictions of patients.

    Attributes
    ----------
    predictor
        The model.
    predicted
        Of each patient, with what each block says.
    answers
        To each patient.
    coverage
        How often sets of classes shall hold the true one.
    seen
        By block: how many spectra or images the model was trained on, of how many.
    notes
        Of the readers and the model.
    """

    predictor: FusionPredictor
    predicted: FusedPredictions
    answers: Sequence[Answer]
    coverage: float
    seen: Mapping[str, tuple[int, int]]
    notes: tuple[str, ...]

    @property
    def report(self) -> dict[str, object]:
        """The model's digest and source, notes, and the first patients, ready for JSON."""
        patients = self.predicted.patients
        listed = [
            {
                "patient": patients.patient[row],
                "status": patients.status[row],
                "reason": patients.reason[row],
                "predicted_class": answer.predicted_class,
                "prediction_set": list(answer.prediction_set),
                "abstains": answer.abstains,
                "probability": {
                    name: None if isnan(share) else share
                    for name, share in zip(
                        patients.classes, patients.stated_probability[row].tolist(), strict=True
                    )
                },
                "blocks": dict(zip(self.predicted.blocks, self.says(row), strict=True)),
            }
            for row, answer in enumerate(self.answers[:_LISTED])
        ]
        return {
            "model_sha256": self.predictor.sha256,
            "trained_on": self.predictor.header.training.source,
            "notes": list(self.notes),
            "seen_in_training": {block: seen for block, (seen, _) in self.seen.items()},
            "results": {"coverage": self.coverage, "patients_total": len(self.answers), "patients": listed},
        }

    def says(self, row: int) -> list[dict[str, object]]:
        """Return for each block whether a patient has it, and what it adds to the logit of each class."""
        predicted = self.predicted
        return [
            {"has": bool(has), "adds": dict(zip(predicted.patients.classes, each.tolist(), strict=True))}
            for has, each in zip(predicted.has[:, row], predicted.says[:, row], strict=True)
        ]

    def files(self, report: Mapping[str, object]) -> dict[str, str]:
        """Return the page, and ``blocks.csv``: what each block adds to the logits of each patient."""
        from spectra_dl.fusion.patients_page.page import patients_page

        classes, predicted = self.predicted.patients.classes, self.predicted
        rows: list[list[object]] = [
            ["patient_id", "block", "has_block", *(f"adds_{name}" for name in classes)]
        ]
        for row, patient in enumerate(predicted.patients.patient):
            for at, block in enumerate(predicted.blocks):
                says = [f"{value:.6f}" for value in predicted.says[at, row].tolist()]
                rows.append([patient, block, "yes" if predicted.has[at, row] else "no", *says])
        return {BLOCKS_FILE: csv_text(rows), PAGE_NAME: patients_page(self.predictor, report, seen=self.seen)}


def predict_study(
    predictor: FusionPredictor,
    study: StatedStudy,
    folder: Path | None = None,
    *,
    coverage: float | None = None,
    encoders: tuple[str, ...] = (),
    store: FeatureStore | None = None,
) -> PredictedFusion:
    """Predict the patients of a study, and write a line for each, and one for each of a patient's blocks.

    Parameters
    ----------
    predictor
        The model.
    study
        Names at least one of the model's blocks; its clinical columns are read as the model's were.
    folder
        Where ``patients.csv`` is written; None writes nothing.
    coverage
        How often sets of classes shall hold the true one; None takes the one that the model was stored with.
    encoders
        Those of images that a model file alone may not call for.
    store
        Where features of images are looked up and kept.

    Raises
    ------
    UsageError
        The model has no limits for this coverage, or a column is missing.
    DataError
        A block can't be read, or is none of the model's, or something else is said of it than is so in the model.
    EnvironmentFault
        A file can't be written.
    """
    rule = predictor.decision if coverage is None else predictor.decision_at(coverage)
    cohort = read_cohort(as_trained(study, predictor.header.input.blocks), labelled=False)
    predicted = predictor.predict(cohort, encoders=encoders, store=store)
    answers = rule.of_patients(predicted.patients)
    if folder is not None:
        make_run_folder(folder)
        path, wanted = folder / "patients.csv", rule.conformal.coverage
        with patient_predictions_file(path, rule.classes, wanted, rule.words) as append:
            append(predicted.patients, answers)
    notes = (
        *cohort.notes,
        *predicted.notes,
        *coverage_notes(rule.conformal, rule.classes, rule.patients),
    )
    seen = predictor.seen_in_training(cohort)
    return PredictedFusion(predictor, predicted, answers, rule.conformal.coverage, seen, notes)


def as_trained(study: StatedStudy, blocks: Iterable[Any]) -> StatedStudy:
    """Return a study whose clinical columns are read as those of the training patients were.

    Parameters
    ----------
    study
        What is said of the new patients.
    blocks
        As the model describes them.

    Raises
    ------
    DataError
        A block is of another kind than the model's, or a column has another kind, unit or levels.
    """
    described = {block.name: block for block in blocks}

    def block_as_trained(block: StatedBlock) -> StatedBlock:
        trained = described.get(block.name)
        if trained is None:
            return block
        if trained.kind != block.kind:
            raise DataError(
                f"block {block.name!r:.60} is {block.kind} here and {trained.kind} in the model; correct its kind or its name"
            )
        if trained.kind != "clinical":
            return block
        said = block.columns or {}
        columns = {each.name: _column_as_trained(each, said.get(each.name)) for each in trained.columns}
        return replace(block, columns=columns)

    return replace(study, blocks=tuple(map(block_as_trained, study.blocks)), patients=None)


def _column_as_trained(trained: "FusedColumn", said: StatedColumn | None) -> StatedColumn:
    """Return how a column is read; refuse what is said of it and is not so in the model."""
    kind = "date" if trained.date else trained.kind
    unit = "" if trained.date else trained.unit
    said = said or StatedColumn()
    in_order = tuple if kind == "ordinal" else sorted
    same = {
        "kind": said.kind in (None, kind),
        "unit": not (said.unit and unit) or said.unit == unit,
        "levels": not said.levels or in_order(said.levels) == in_order(trained.levels),
    }
    here = {"kind": said.kind, "unit": said.unit, "levels": list(said.levels)}
    there = {"kind": kind, "unit": unit, "levels": trained.levels}
    for what in same:
        if not same[what]:
            raise DataError(
                f"column {trained.name!r:.80} has {what} {here[what]!r:.200} here and {there[what]!r:.200} in the model; correct the study file"
            )
    return StatedColumn(kind, tuple(trained.levels), unit)
