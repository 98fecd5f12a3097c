"""Train a fusion that predicts a number or the time to an event on all patients, and write one model file."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from spectra_dl.arrays import FloatArray, IndexArray, text_array
from spectra_dl.classification.assembly import TrainingProvenance
from spectra_dl.classification.out_of_distribution import OutOfDistribution
from spectra_dl.classification.outcomes.assembly import FittedOutcome, fitted_outcome
from spectra_dl.errors import DataError, UsageError
from spectra_dl.evaluation.outcomes.folds import inner_outcome_folds
from spectra_dl.evaluation.outcomes.survival.pooled_cox import time_order
from spectra_dl.evaluation.outcomes.survival.values import Survival
from spectra_dl.evaluation.outcomes.values import Outcomes
from spectra_dl.fusion.cohort import FusionCohort
from spectra_dl.fusion.estimators.model_names import STORED_OUTCOMES
from spectra_dl.fusion.estimators.outcomes.late import LateNumber, LateRisk
from spectra_dl.fusion.outcomes.input_part import FusionOutcomeInput
from spectra_dl.fusion.outcomes.predictor import FusionOutcomePredictor, agreement, fused_tensors
from spectra_dl.fusion.rows import FusionRows
from spectra_dl.fusion.study.audit import fusion_audit_inputs
from spectra_dl.fusion.study.described_blocks import described_block
from spectra_dl.fusion.study.evaluate_outcome import FusedOutcomeSettings
from spectra_dl.fusion.study.features import fusion_rows
from spectra_dl.fusion.study.outcome_models import outcome_block_model
from spectra_dl.imaging.features.store import FeatureStore
from spectra_dl.models.trained import TrainedModel

_WORDS = {"number": "a number", "survival": "the time to an event"}


@dataclass(frozen=True, eq=False, kw_only=True)
class TrainedFusedOutcome(TrainedModel[FusionOutcomePredictor, FusionCohort]):
    """A trained fusion of a number or of the time to an event; attributes as of `TrainedModel`.

    Attributes
    ----------
    estimator
        What it was made of.
    """

    estimator: LateNumber | LateRisk
    unreported: ClassVar[Any] = {
        "input": {"blocks": {"__all__": {"training": True, "preprocessing": True, "images": {"training"}}}}
    }


def train_outcome_study(
    cohort: FusionCohort,
    settings: FusedOutcomeSettings | None = None,
    *,
    folder: Path | None = None,
    store: FeatureStore | None = None,
) -> TrainedFusedOutcome:
    """Train a fusion of all blocks on every patient, and write the model file.

    Scores and intervals are those of fusions, one for each fold of the patients, that had not learned from the patients of the fold.

    Parameters
    ----------
    cohort
        Patients with numbers, or times and events, from `spectra_dl.fusion.cohort.read_cohort`.
    settings
        The default if None; the audit has the same folds.
    folder
        Where ``model.safetensors`` is written; None writes nothing.
    store
        Where features of images are looked up and kept.

    Raises
    ------
    UsageError
        There is one block, nothing came of the patients, or the model of a block can't be stored.
    DataError
        Too few patients have a block.
    """
    settings = settings or FusedOutcomeSettings()
    refuse_what_no_file_holds(cohort)
    rows, seed = fusion_rows(cohort, store), settings.seed
    kind = LateNumber if isinstance(cohort.came, Outcomes) else LateRisk
    late = kind([(part.read.name, outcome_block_model(part, seed)) for part in cohort.blocks], seed)
    target = _target(cohort)
    late.fit(rows, target)
    for part, block in zip(cohort.blocks, late.fitted_, strict=True):
        if block.model is None:
            raise DataError(
                f"block {part.read.name!r:.60}: too few patients who have it to learn from; leave it out"
            )
    held_out = _HeldOut.of(late, rows, target, settings.folds)
    fitted = _fitted(cohort, held_out, _reference(cohort, late, rows), settings)
    predictor = _assembled(cohort, late, fitted, settings.seed, store)
    return TrainedFusedOutcome.written(folder, predictor, cohort, estimator=late)


def refuse_what_no_file_holds(cohort: FusionCohort) -> None:
    """Refuse a study of which no model file could be written, before anything is fitted.

    Parameters
    ----------
    cohort
        The study.

    Raises
    ------
    UsageError
        As of `train_outcome_study`.
    """
    if cohort.came is None or len(cohort.blocks) < 2:
        raise UsageError(
            "a fusion is trained on patients of whom a number or a time is known and on two blocks or more; with one, train spectra or train tissue"
        )
    kind = cohort.study.outcome.kind
    for block in cohort.study.blocks:
        stored = STORED_OUTCOMES[kind][block.kind]
        if block.model not in stored:
            raise UsageError(
                f"block {block.name!r:.60}: {block.model} can't be written as a model of {_WORDS[kind]} from {block.kind}; evaluate it, or choose from {', '.join(stored)}"
            )


@dataclass(frozen=True, eq=False)
class _HeldOut:
    """What fusions of other patients say of each training patient.

    Attributes
    ----------
    said
        ``(m,)`` number or log risk.
    fold
        ``(m,)`` number of the fusion that says it.
    """

    said: FloatArray
    fold: IndexArray
    members_: tuple[None, ...] = (None,)
    scale_: tuple[tuple[float, float], ...] = ((0.0, 1.0),)

    @classmethod
    def of(cls, late: LateNumber | LateRisk, rows: FusionRows, target: FloatArray, folds: int) -> "_HeldOut":
        order = target if target.ndim == 1 else time_order(target[:, 0], target[:, 1] > 0)
        said, number = np.zeros(len(rows)), np.zeros(len(rows), dtype=np.intp)
        for fold in inner_outcome_folds(order, text_array(rows.patients), late.seed, most=folds):
            copy = type(late)(late.blocks, late.seed).fit(rows[fold.train], target[fold.train])
            said[fold.test], number[fold.test] = copy.predict(rows[fold.test]), fold.number
        return cls(said, number)

    @property
    def leaves_out(self) -> bool:
        return len(np.unique(self.fold)) > 1

    def held_out(self, X: Any) -> tuple[FloatArray, IndexArray]:
        return self.said, self.fold


def _target(cohort: FusionCohort) -> FloatArray:
    came = cohort.came
    if isinstance(came, Outcomes):
        return came.value_of_row
    assert isinstance(came, Survival)
    return came.target


def _reference(cohort: FusionCohort, late: LateNumber | LateRisk, rows: FusionRows) -> OutOfDistribution:
    """Return what blocks say of training patients: the stored models, which agree too well, and copies, which spread less."""
    came = cohort.came
    unseen = np.stack([block.unseen for block in late.fitted_])
    unit = float(np.ptp(came.value)) if isinstance(came, Outcomes) else 1.0
    both = np.concatenate([unseen, late.block_predictions(rows)], axis=1)
    return OutOfDistribution.fit(agreement(both, late.stack_, unit), [*cohort.patients, *cohort.patients])


def _fitted(
    cohort: FusionCohort, held_out: _HeldOut, reference: OutOfDistribution, settings: FusedOutcomeSettings
) -> FittedOutcome:
    """Return limits, scores and the audit."""
    assert isinstance(cohort.came, Outcomes | Survival)
    patients: Any = cohort.patients  # a row is a patient
    fitted = fitted_outcome(
        held_out,
        patients,
        cohort.came,
        reference,
        audit_inputs=fusion_audit_inputs(cohort),
        settings=settings.of(cohort.study.outcome),
    )
    scores_from = (
        f"Scores of {len(cohort.patients)} patients, each predicted by a fusion that had not learned from it (95 % interval over patients; "
        "intervals and limits of answers were fitted on the same predictions):"
    )
    return replace(fitted, scores_from=scores_from)


def _assembled(
    cohort: FusionCohort,
    late: LateNumber | LateRisk,
    fitted: FittedOutcome,
    seed: int,
    store: FeatureStore | None,
) -> FusionOutcomePredictor:
    """Return the fusion with its description."""
    described = [
        described_block(part, block.model, store, clips=isinstance(late, LateRisk))
        for part, block in zip(cohort.blocks, late.fitted_, strict=True)
    ]
    tensors = {**fitted.tensors(), **fused_tensors([model for _, model in described], late.stack_)}
    header = fitted.header(
        TrainingProvenance(cohort.study.source, False, cohort.notes),
        FusionOutcomeInput(blocks=[block for block, _ in described]),
        tensors,
        seed,
    )
    return FusionOutcomePredictor.from_tensors(header, tensors)
