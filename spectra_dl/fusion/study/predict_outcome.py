"""Predict a number or the time to an event of patients by whatever blocks they have, and say what each block adds."""

from dataclasses import dataclass
from math import isnan
from pathlib import Path

from spectra_dl.classification.outcomes.answers import OutcomeAnswer, patient_outcomes_file
from spectra_dl.classification.outcomes.predicted import (
    LISTED,
    PATIENTS_FILE,
    PredictedOutcomes,
    listed_outcomes,
)
from spectra_dl.fusion.cohort import read_cohort
from spectra_dl.fusion.outcomes.predictor import FusedOutcomes, FusionOutcomePredictor
from spectra_dl.fusion.readers.stated import StatedStudy
from spectra_dl.fusion.study.predict import as_trained
from spectra_dl.imaging.features.store import FeatureStore
from spectra_dl.storage.run_folder import make_run_folder


@dataclass(frozen=True, eq=False, kw_only=True)
class PredictedFusedOutcomes(PredictedOutcomes):
    """What was predicted of patients, and what each block adds; attributes as of `PredictedOutcomes`.

    Attributes
    ----------
    fused
        Of each patient, with what each block adds.
    seen_of_block
        By block: how many spectra or images the model was trained on, of how many.
    """

    fused: FusedOutcomes
    seen_of_block: dict[str, tuple[int, int]]

    @property
    def report(self) -> dict[str, object]:
        """What `PredictedOutcomes` says, with what each block adds, ready for JSON."""
        whole = super().report
        fused, results = self.fused, whole["results"]
        assert isinstance(results, dict)
        for row, patient in enumerate(results["patients"]):
            patient["blocks"] = {
                name: {"has": bool(fused.has[at, row]), "adds": float(fused.adds[at, row])}
                for at, name in enumerate(fused.blocks)
            }
        return {**whole, "seen_in_training": {name: seen for name, (seen, _) in self.seen_of_block.items()}}


def predict_outcome_study(
    predictor: FusionOutcomePredictor,
    study: StatedStudy,
    folder: Path | None = None,
    *,
    coverage: float | None = None,
    encoders: tuple[str, ...] = (),
    store: FeatureStore | None = None,
) -> PredictedFusedOutcomes:
    """Predict the patients of a study, and write a line for each.

    Parameters
    ----------
    predictor
        The model.
    study
        Names at least one of the model's blocks; its clinical columns are read as the model's were.
    folder
        Where ``patients.csv`` is written; None writes nothing.
    coverage
        Of the intervals of numbers; None takes the model's own.
    encoders
        Those of images that a model file alone may not call for.
    store
        Where features of images are looked up and kept.

    Raises
    ------
    UsageError
        The model has no intervals for this coverage, or a column is missing.
    DataError
        A block can't be read, or is none of the model's, or something else is said of it than is so in the model.
    EnvironmentFault
        A file can't be written.
    """
    reaches = predictor.coverage(coverage)
    cohort = read_cohort(as_trained(study, predictor.header.input.blocks), labelled=False)
    fused = predictor.predict(cohort, (encoders, store))
    answers = predictor.answers(fused.patients, reaches)
    if folder is not None:
        _write(folder, predictor, fused, answers, reaches)
    shown = [tuple(cells) for cells in zip(*_cells(fused, "+.3g", brackets=True), strict=True)]
    listed = listed_outcomes(fused.patients, answers, shown)[:LISTED]
    status = fused.patients.status
    seen = predictor.seen_in_training(cohort)
    return PredictedFusedOutcomes(
        predictor,
        reaches,
        {name: int((status == name).sum()) for name in ("ok", "warned", "refused")},
        0,
        tuple(listed),
        len(answers),
        (),
        notes=(*cohort.notes, *fused.notes, _meaning(predictor)),
        more=fused.blocks,
        fused=fused,
        seen_of_block=seen,
    )


def _write(
    folder: Path,
    predictor: FusionOutcomePredictor,
    fused: FusedOutcomes,
    answers: list[OutcomeAnswer],
    coverage: float,
) -> None:
    make_run_folder(folder)
    names = [f"{kind}_{name}" for name in fused.blocks for kind in ("has", "adds")]
    figures = _cells(fused, ".6g", brackets=False)
    columns = [
        column
        for has, said in zip(fused.has.tolist(), figures, strict=True)
        for column in (["yes" if each else "no" for each in has], said)
    ]
    path, part = folder / PATIENTS_FILE, predictor.outcome
    with patient_outcomes_file(path, part, coverage, predictor.words, names) as append:
        append(fused.patients, answers, [list(cells) for cells in zip(*columns, strict=True)])


def _cells(fused: FusedOutcomes, digits: str, *, brackets: bool) -> list[list[str]]:
    """Return for each block what it adds to each patient as text."""

    def cell(value: float, has: bool) -> str:
        text = "" if isnan(value) else format(value, digits)
        return f"({text})" if brackets and not has else text

    return [
        [cell(value, has) for value, has in zip(adds, there, strict=True)]
        for adds, there in zip(fused.adds.tolist(), fused.has.tolist(), strict=True)
    ]


def _meaning(predictor: FusionOutcomePredictor) -> str:
    part = predictor.outcome
    what = (
        f"{part.column}, beside {predictor.stack.bias:.4g} that everybody has"
        if part.kind == "number"
        else "the log of the hazard"
    )
    return f"columns of blocks say what each adds to {what}; in brackets: the patient lacks it"
